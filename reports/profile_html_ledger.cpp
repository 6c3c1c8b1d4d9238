// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

#include "reports/figures.hpp"
#include "reports/html_page.hpp"
#include "reports/profile_html_parts.hpp"

namespace regatta {
namespace {

using namespace profiling;
using std::chrono::nanoseconds;

const char* class_of(share_kind kind) {
  switch (kind) {
    case share_kind::cpu:  // not divided
    case share_kind::user_cpu:
      return "share-user";
    case share_kind::kernel_cpu:
      return "share-kernel";
    case share_kind::system_call:
      return "share-call";
    case share_kind::lock:
      return "share-lock";
    case share_kind::condition:
      return "share-condition";
    case share_kind::page_fault:
      return "share-fault";
    case share_kind::run_queue:
      return "share-queue";
    case share_kind::stopped:
      return "share-stopped";
    case share_kind::unknown:
      break;
  }
  return "share-unknown";
}

std::string name_of(const ledger_share& share, bool with_object) {
  std::string name = to_string(share.kind);
  if (share.kind == share_kind::system_call) name = share.call;
  if (share.kind == share_kind::lock || share.kind == share_kind::condition) {
    name = fmt::format("{} ({})", share.call, name);
  }
  if (with_object && !share.object.empty()) name += fmt::format(" [{}]", share.object);
  return name;
}

nanoseconds sum_of(const std::vector<bar_share>& shares) {
  return std::accumulate(shares.begin(), shares.end(), nanoseconds(0),
                         [](nanoseconds sum, const bar_share& share) { return sum + share.time; });
}

void complete(std::vector<bar_share>& shares, nanoseconds whole) {
  std::stable_sort(shares.begin(), shares.end(),
                   [](const bar_share& a, const bar_share& b) { return a.time > b.time; });
  const nanoseconds left = whole - sum_of(shares);
  if (left.count() > 0) shares.push_back({share_kind::unknown, "not told apart", left});
}

// Of its listed stretches: of the others only the length is known.
std::vector<bar_share> shares_of(const loop_profile& loop) {
  std::map<std::pair<share_kind, std::string>, nanoseconds> times;
  nanoseconds whole{};
  for (const blocked_stretch& stretch : loop.stretches) {
    whole += stretch.duration;
    for (const ledger_share& share : stretch.ledger) {
      times[{share.kind, name_of(share, false)}] += share.time;
    }
  }
  std::vector<bar_share> shares;
  for (const auto& [key, time] : times) shares.push_back({key.first, key.second, time});
  complete(shares, whole);
  return shares;
}

}  // namespace

std::vector<bar_share> bar_shares(const std::vector<ledger_share>& ledger, nanoseconds whole) {
  std::vector<bar_share> shares;
  for (const ledger_share& share : ledger) {
    shares.push_back({share.kind, name_of(share, true), share.time});
  }
  complete(shares, whole);
  return shares;
}

markup kind_key(share_kind kind) {
  return markup::raw(fmt::format(
      "<svg class=\"key\" viewBox=\"0 0 1 1\" aria-hidden=\"true\"><rect class=\"{}\" width=\"1\" "
      "height=\"1\"></rect></svg>",
      class_of(kind)));
}

markup ledger_bar(const std::vector<bar_share>& shares, const std::string& label) {
  const nanoseconds whole = sum_of(shares);
  if (whole.count() <= 0) return {};
  markup parts;
  double at = 0;
  for (const bar_share& share : shares) {
    const double width = 1000 * share_of(share.time, whole);
    parts += element("rect",
                     {{"class", class_of(share.kind)},
                      {"x", fmt::format("{:.2f}", at)},
                      {"width", fmt::format("{:.2f}", width)},
                      {"height", "10"}},
                     element("title", {},
                             fmt::format("{}: {}, {}", share.name, profile_time(share.time),
                                         profile_share(width / 1000))));
    at += width;
  }
  return element("svg",
                 {{"class", "ledger"},
                  {"viewBox", "0 0 1000 10"},
                  {"preserveAspectRatio", "none"},
                  {"role", "img"},
                  {"aria-label", label}},
                 parts);
}

markup profile_ledgers(const profile_result& profile) {
  markup content;
  for (const loop_profile& loop : profile.loops) {
    if (loop.stretches.empty()) continue;
    const auto shares = shares_of(loop);
    const nanoseconds whole = sum_of(shares);
    std::vector<std::vector<markup>> rows;
    for (const bar_share& share : shares) {
      if (share.time * 1000 < whole) break;  // the longest come first
      rows.push_back({kind_key(share.kind) + share.name, profile_time(share.time),
                      profile_share(share_of(share.time, whole))});
    }
    const std::string title = fmt::format("{}: {} blocked", loop.key, profile_time(whole));
    content += element("h3", {}, title) +
               ledger_bar(shares, "Where the blocked time went; the table below has it in words") +
               table("Where the blocked time of " + loop.key + " went",
                     {{"What it did or waited for"}, {"Time"}, {"Share"}}, rows);
  }
  if (content.empty()) return {};
  return page_section(
      "ledger", "Where the blocked time went",
      element("p", {{"class", "lead"}}, "The parts of each stretch add up to its whole length.") +
          content);
}

}  // namespace regatta
