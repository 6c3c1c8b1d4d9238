// SPDX-License-Identifier: Apache-2.0
#include "harness/contexts/blocked_stretches.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "harness/diagnostics/symbols.hpp"

namespace regatta {
namespace {

double to_seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

// "41.2 ms", "9.31 s"
std::string shown(double seconds) {
  const double milliseconds = 1e3 * seconds;
  if (milliseconds < 999.5) return fmt::format("{:.3g} ms", milliseconds);
  return seconds < 999.5 ? fmt::format("{:.3g} s", seconds) : fmt::format("{:.0f} s", seconds);
}

void erase_all(std::string& text, std::string_view part) {
  for (auto at = text.find(part); at != text.npos; at = text.find(part))
    text.erase(at, part.size());
}

// "encode", for "regatta::(anonymous namespace)::encode(std::span<char>)": the cell's code is ours.
std::string name_of(const source_frame& frame) {
  if (frame.function.starts_with("0x")) return "";  // not even the symbol is known
  std::string name = short_function_name(frame.function);
  erase_all(name, "(anonymous namespace)::");
  erase_all(name, "regatta::");
  return name;
}

// "computing in encode at tokenize.cpp:88"
std::string doing(const finding& found) {
  std::string words = found.cause;
  if (!found.function.empty()) words += " in " + found.function;
  if (!found.place.empty())
    words += " at " + std::filesystem::path(found.place).filename().string();
  return words;
}

std::string sentence_of(const finding& found, bool unanimous) {
  const std::string times =
      found.stretches == 1 ? fmt::format("once, for {}", shown(found.longest))
                           : fmt::format("{} times, for up to {} and {} in all", found.stretches,
                                         shown(found.longest), shown(found.blocked));
  std::string sentence =
      fmt::format("An event loop was blocked for more than {} {}, while {} items were answered",
                  shown(found.threshold), times, found.items);
  if (!found.cause.empty()) sentence += (unanimous ? ": " : ": mostly ") + doing(found);
  return sentence + ".";
}

}  // namespace

unsigned blocked_stretches::begin_watch() {
  const std::lock_guard lock(mutex_);
  return watches_++;
}

void blocked_stretches::noticed(unsigned watch, const block_report& report) {
  culprit seen{to_string(report.cause), name_of(report.blocker), ""};
  if (report.blocker.place.known()) seen.place = to_string(report.blocker.place);
  const std::lock_guard lock(mutex_);
  in_force_ = report.threshold;
  longest_ = std::max(longest_, report.duration);
  culprits_[{watch, report.stretch}] = std::move(seen);
  reported_.notify_all();
}

void blocked_stretches::add(const loop_health& before, const loop_health& after) {
  const std::lock_guard lock(mutex_);
  stretches_ += after.stretches - before.stretches;
  blocked_ += after.blocked - before.blocked;
  if (after.longest > before.longest) longest_ = std::max(longest_, after.longest);
}

std::pair<blocked_stretches::culprit, std::uint64_t> blocked_stretches::most_frequent() const {
  std::map<culprit, std::uint64_t> counts;
  for (const auto& [stretch, seen] : culprits_) ++counts[seen];
  // Of some no stack could be had in time; a name says more than their number.
  const auto rank = [](const auto& entry) {
    return std::pair(!entry.first.function.empty(), entry.second);
  };
  const auto most =
      std::max_element(counts.begin(), counts.end(),
                       [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
  if (most == counts.end()) return {};
  return {most->first, most->second};
}

void blocked_stretches::await_report(std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  if (stretches_ == 0 || std::exchange(awaited_, true)) return;
  reported_.wait_for(lock, limit, [&] { return !culprits_.empty(); });
}

std::optional<std::vector<finding>> blocked_stretches::findings(std::uint64_t items) const {
  const std::lock_guard lock(mutex_);
  if (watches_ == 0) return std::nullopt;
  if (stretches_ == 0) return std::vector<finding>();
  const auto [most, times] = most_frequent();
  finding found{.kind = finding_kind::blocked_loop,
                .sentence = "",
                .threshold = to_seconds(in_force_.count() > 0 ? in_force_ : threshold_),
                .stretches = stretches_,
                .blocked = to_seconds(std::max(blocked_, longest_)),  // one may not have ended
                .longest = to_seconds(longest_),
                .items = items,
                .looked_at = culprits_.size(),
                .cause = most.cause,
                .function = most.function,
                .place = most.place};
  found.sentence = sentence_of(found, times == culprits_.size());
  return std::vector{found};
}

}  // namespace regatta
