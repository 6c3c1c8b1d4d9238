// SPDX-License-Identifier: Apache-2.0
#include "harness/diagnostics/loop_monitor/run_frame.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "harness/diagnostics/loop_monitor/run_note.hpp"

namespace regatta::internal {
namespace {

// Of linker's names: scheduler::run_one(), io_context::run_one_until(), ….
constexpr std::array<std::string_view, 7> running_one{
    "9scheduler7run_one",         "9scheduler8poll_one",   "9scheduler8wait_one",
    "10io_context7run_one",       "10io_context8poll_one", "10io_context11run_one_for",
    "10io_context13run_one_until"};

bool runs_one_handler(std::string_view name) {
  return std::any_of(running_one.begin(), running_one.end(),
                     [&](std::string_view each) { return name.find(each) != name.npos; });
}

bool counts_handlers(std::string_view name) {
  if (name.find(".isra") != name.npos) return false;  // nobody wanted its result, so it has none
  // boost::asio::detail::scheduler::run(…), ::poll(…)
  return name.find("9scheduler3runE") != name.npos || name.find("9scheduler4pollE") != name.npos;
}

// The frame that `mark` lies in, and the one that called it.
std::optional<std::pair<unwound_frame, unwound_frame>> frame_around(
    const std::vector<unwound_frame>& frames, std::uintptr_t mark) {
  for (std::size_t i = 0; i + 1 < frames.size(); ++i) {
    if (frames[i].stack <= mark && mark < frames[i + 1].stack) {
      return std::pair(frames[i], frames[i + 1]);
    }
  }
  return std::nullopt;
}

}  // namespace

same_handler run_frame_reader::compare(const run_frame& earlier, const run_frame& later) {
  const unwound_frame &a = earlier.frame, &b = later.frame;
  if (a.code == 0 || b.code == 0) return same_handler::cannot_tell;
  if (a.code != b.code || a.stack != b.stack) return same_handler::no;
  unsigned known = 0;
  bool equal = earlier.words == later.words;
  for (std::size_t i = 0; i < a.preserved.size(); ++i) {
    if (!a.preserved[i] || !b.preserved[i]) continue;
    known |= 1U << i;
    equal = equal && *a.preserved[i] == *b.preserved[i];
  }
  if (!equal) {
    counting_.emplace(a.code, known);
    return same_handler::no;
  }
  const bool all_known = known + 1 == 1U << a.preserved.size();
  const function_kind kind = kind_at(a.code);
  // What differs there is what its caller left in registers.
  if (kind == function_kind::runs_one) return same_handler::cannot_tell;
  if (counting_.contains({a.code, known})) return same_handler::yes;
  return all_known && kind == function_kind::counts ? same_handler::yes : same_handler::cannot_tell;
}

run_frame_reader::result run_frame_reader::read(const stack_copy& copy, pid_t thread,
                                                const watched_loop& loop) {
  if (!unwinder_) unwinder_.emplace();
  const std::uintptr_t mark = find_run(loop, thread, copy);
  if (mark < copy.begin) return {};
  constexpr std::size_t callers_too = 64 * 1024;
  const std::size_t needed = mark - copy.begin + callers_too;
  const auto information = copy.word(mark + sizeof(std::uintptr_t));
  if (!information) return {std::nullopt, needed <= most_stack_bytes ? needed : 0};
  const auto around = frame_around(unwinder_->frames(copy), mark);
  if (!around) return {};
  run_frame found{around->first, {}};
  for (std::uintptr_t at = around->first.stack; at < around->second.stack; at += 8) {
    if (at >= *information && at < *information + loop.thread_info_size) continue;
    const auto word = copy.word(at);
    if (!word) return {};
    found.words.push_back(*word);
  }
  return {std::move(found), 0};
}

run_frame_reader::function_kind run_frame_reader::kind_at(std::uintptr_t code) {
  const auto [entry, is_new] = kinds_.try_emplace(code, function_kind::other);
  if (is_new) {
    const char* const found = unwinder_->linker_name(code - 1);
    const std::string_view name = found != nullptr ? found : "";
    if (counts_handlers(name)) entry->second = function_kind::counts;
    if (runs_one_handler(name)) entry->second = function_kind::runs_one;
  }
  return entry->second;
}

void run_frame_reader::warm_up() {
  if (unwinder_) return;
  unwinder_.emplace();
  const thread_probe main_thread(::getpid());
  const auto copied = copy_stack(main_thread);
  if (const auto* const copy = std::get_if<stack_copy>(&copied)) unwinder_->frames(*copy);
}

}  // namespace regatta::internal
