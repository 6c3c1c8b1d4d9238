// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "reports/figures.hpp"
#include "reports/html_page.hpp"
#include "reports/profile_html_parts.hpp"

namespace regatta {
namespace {

using namespace profiling;
using std::chrono::nanoseconds;

constexpr std::size_t most_rows = 200;    // of stretches: the longest are what one looks for
constexpr std::size_t most_figures = 12;  // of loops: those that blocked longest come first
constexpr std::size_t table_rows = 12;    // of a timeline, for those who do not see it

struct listed_stretch {
  const blocked_stretch* stretch;
  std::size_t index;  // over all loops, as the page's script counts
};

std::vector<listed_stretch> longest_first(const profile_result& profile) {
  std::vector<listed_stretch> listed;
  for (const loop_profile& loop : profile.loops) {
    for (const blocked_stretch& stretch : loop.stretches) {
      listed.push_back({&stretch, listed.size()});
    }
  }
  std::stable_sort(listed.begin(), listed.end(), [](const auto& a, const auto& b) {
    return a.stretch->duration > b.stretch->duration;
  });
  return listed;
}

std::string times(std::uint64_t count) {
  return count == 1 ? "once" : show_whole(count) + " times";
}

markup worst_sentence(const profile_result& profile) {
  const auto listed = longest_first(profile);
  if (profile.loops.empty()) {
    return "No loop was found: no thread waited for several descriptors by epoll, poll, select or "
           "io_uring while it was watched.";
  }
  if (listed.empty()) {
    return fmt::format("No loop was seen blocked for {} or longer.",
                       profile_time(profile.threshold));
  }
  const blocked_stretch& worst = *listed.front().stretch;
  std::string rest = fmt::format(" for {}{}: {}", profile_time(worst.duration),
                                 worst.ended ? "" : " and longer", worst.cause);
  if (!worst.detail.empty()) rest += fmt::format(" ({})", worst.detail);
  const std::string place = place_text(worst.blocker);
  markup sentence = element("strong", {}, worst.loop + " was blocked") + rest;
  if (!place.empty()) sentence += markup(", in ") + element("strong", {}, place);
  sentence += ".";
  if (worst.cost && worst.cost->held > 0) {
    sentence += fmt::format(
        " It held up {} {}, which waited {} in all.", show_whole(worst.cost->held),
        worst.cost->held == 1 ? "request" : "requests", profile_time(worst.cost->delay));
  }
  return sentence;
}

std::string loop_sentence(const profile_result& profile, const loop_profile& loop) {
  if (loop.stretches.empty()) {
    std::string text = fmt::format(
        "{} was saturated {} of the time: samples cannot tell long callbacks from "
        "many short ones.",
        loop.key, profile_share(loop.saturated.value_or(0)));
    if (!loop.saturated_in.empty() && !loop.saturated_in.front().blocker.function.empty()) {
      text += fmt::format(" It was found most often in {}.",
                          place_text(loop.saturated_in.front().blocker));
    }
    return text;
  }
  return fmt::format("{} was blocked {} for {} or longer, {} in all: {} of the time.", loop.key,
                     times(stretch_count(loop)), profile_time(profile.threshold),
                     profile_time(blocked_time(loop)),
                     profile_share(share_of(blocked_time(loop), profile.duration)));
}

// As many rows as a person reads, each of several neighbours.
markup timeline_table(const loop_profile& loop) {
  std::vector<std::vector<markup>> rows;
  const std::size_t count = loop.timeline.size();
  const std::size_t step = std::max<std::size_t>(1, (count + table_rows - 1) / table_rows);
  for (std::size_t first = 0; first < count; first += step) {
    const std::size_t last = std::min(first + step, count);
    loop_interval sum = loop.timeline[first];
    for (std::size_t i = first + 1; i < last; ++i) {
      const loop_interval& each = loop.timeline[i];
      sum.length = each.begin + each.length - sum.begin;
      sum.waiting += each.waiting;
      sum.working += each.working;
      if (each.iterations) sum.iterations = sum.iterations.value_or(0) + *each.iterations;
    }
    const nanoseconds end = sum.begin + sum.length;
    nanoseconds blocked{};
    for (const blocked_stretch& stretch : loop.stretches) {
      const nanoseconds from = std::max(stretch.begin, sum.begin);
      const nanoseconds to = std::min(stretch.begin + stretch.duration, end);
      blocked += std::max(to - from, nanoseconds(0));
    }
    const double seconds = std::chrono::duration<double>(sum.length).count();
    rows.push_back({fmt::format("{} to {}", profile_time(sum.begin), profile_time(end)),
                    sum.iterations && seconds > 0
                        ? show_rate(static_cast<double>(*sum.iterations) / seconds)
                        : std::string("–"),
                    profile_share(share_of(sum.working, sum.working + sum.waiting)),
                    blocked.count() > 0 ? profile_time(blocked) : std::string("–")});
  }
  return table("What " + loop.key + " did when",
               {{"Time"}, {"Iterations"}, {"Working"}, {"Blocked"}}, rows);
}

markup toolbar() {
  markup buttons;
  for (const auto& [action, words] : {std::pair("stall-before", "◀ Stall"),
                                      {"stall-after", "Stall ▶"},
                                      {"zoom-in", "Zoom in"},
                                      {"zoom-out", "Zoom out"},
                                      {"earlier", "Earlier"},
                                      {"later", "Later"},
                                      {"whole", "Whole"}}) {
    buttons += element("button", {{"type", "button"}, {"data-action", action}}, words);
  }
  return element("div", {{"class", "toolbar"}, {"role", "group"}, {"aria-label", "Timeline"}},
                 buttons) +
         element("output", {{"aria-live", "polite"}}, "");
}

double highest_rate(const loop_profile& loop) {
  double most = 0;
  for (const loop_interval& each : loop.timeline) {
    const double seconds = std::chrono::duration<double>(each.length).count();
    if (each.iterations && seconds > 0) {
      most = std::max(most, static_cast<double>(*each.iterations) / seconds);
    }
  }
  return most;
}

markup loop_figure(const profile_result& profile, std::size_t index) {
  const loop_profile& loop = profile.loops[index];
  const std::string threads = loop.threads.size() == 1
                                  ? std::string("one thread")
                                  : fmt::format("{} threads", loop.threads.size());
  std::string title = fmt::format("{}, {} by {}", loop.key, threads, loop.call);
  if (const double most = highest_rate(loop); most > 0) {
    title += fmt::format(", up to {}", show_rate(most));
  }
  return element("figure", {{"data-loop", std::to_string(index)}},
                 element("figcaption", {}, element("h3", {}, title)) +
                     markup::raw("<div class=\"plot\"></div>") +
                     element("details", {{"class", "numbers"}, {"open", ""}},
                             element("summary", {}, "Figures") + timeline_table(loop)));
}

markup stack_list(const blocked_stretch& stretch) {
  if (stretch.stack.empty()) {
    return stretch.stack_problem.empty() ? markup()
                                         : element("p", {}, "no stack: " + stretch.stack_problem);
  }
  markup frames;
  for (const profile_frame& frame : stretch.stack) {
    std::string text = place_text(frame);
    if (frame.file.empty() && !frame.module.empty()) {
      text += " in " + frame.module.substr(frame.module.rfind('/') + 1);
    }
    frames += element("li", {}, text + (frame.inlined ? " (inlined)" : ""));
  }
  markup list = element("ol", {{"class", "stack"}}, frames);
  if (!stretch.stack_problem.empty()) list += element("p", {}, stretch.stack_problem);
  return element("details", {},
                 element("summary", {}, fmt::format("{} frames", stretch.stack.size())) + list);
}

// What is less than a hundredth of it is only in the bar.
std::string ledger_words(const blocked_stretch& stretch, const std::vector<bar_share>& shares) {
  std::vector<std::string> parts;
  for (const bar_share& share : shares) {
    if (share.time * 100 < stretch.duration) continue;
    parts.push_back(fmt::format("{} {}", share.name, profile_time(share.time)));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::vector<markup> stretch_row(const listed_stretch& listed, bool with_cost) {
  const blocked_stretch& stretch = *listed.stretch;
  const auto shares = bar_shares(stretch.ledger, stretch.duration);
  const std::string words = ledger_words(stretch, shares);
  std::string length = profile_time(stretch.duration);
  if (!stretch.ended) length += " and longer";
  if (stretch.suppressed > 0) {
    length += fmt::format(" (and {} more like it)", show_whole(stretch.suppressed));
  }
  const std::string place = place_text(stretch.blocker);
  std::vector<markup> row{
      element("span", {{"id", fmt::format("stretch-{}", listed.index)}}, length),
      profile_time(stretch.begin),
      stretch.loop,
      fmt::format("{} ({})", stretch.tid, stretch.thread_name),
      stretch.cause,
      stretch.detail.empty() ? std::string("–") : stretch.detail,
      markup(place.empty() ? "unknown" : place) + stack_list(stretch),
      ledger_bar(shares, words) + element("span", {}, words)};
  if (with_cost) {
    row.emplace_back(stretch.cost ? show_whole(stretch.cost->held) : std::string("–"));
    row.emplace_back(stretch.cost ? profile_time(stretch.cost->delay) : std::string("–"));
  }
  return row;
}

}  // namespace

markup profile_worst(const profile_result& profile) {
  markup others;
  for (const loop_profile& loop : profile.loops) {
    if (loop.stretches.empty() && loop.saturated.value_or(0) < 0.01) continue;
    others += element("li", {}, loop_sentence(profile, loop));
  }
  return element("div", {{"class", "worst"}},
                 element("p", {{"class", "sentence"}}, worst_sentence(profile)) +
                     (others.empty() ? markup() : element("ul", {}, others)));
}

markup profile_timeline(const profile_result& profile) {
  markup figures;
  const std::size_t shown = std::min(profile.loops.size(), most_figures);
  for (std::size_t i = 0; i < shown; ++i) figures += loop_figure(profile, i);
  if (figures.empty()) return {};
  if (shown < profile.loops.size()) {
    figures += element(
        "p", {{"class", "quiet"}},
        fmt::format("And {} loops more, in the table of loops.", profile.loops.size() - shown));
  }
  if (profile.driven && !profile.driven->timeline.empty()) {
    nanoseconds longest{};
    for (const load_interval& each : profile.driven->timeline) {
      longest = std::max(longest, each.longest);
    }
    figures += element("figure", {{"data-lane", "load"}},
                       element("figcaption", {},
                               element("h3", {},
                                       fmt::format("The load's longest latency by intended start, "
                                                   "up to {}",
                                                   profile_time(longest)))) +
                           markup::raw("<div class=\"plot\"></div>"));
  }
  return page_section(
      "timeline", "What each loop did when",
      element("p", {{"class", "lead"}},
              "The area is the share of time a loop worked, the line its iterations; full-height "
              "marks are stretches in which it was blocked.") +
          toolbar() + figures);
}

markup profile_flames(const profile_result& profile) {
  const bool any = std::any_of(profile.loops.begin(), profile.loops.end(),
                               [](const loop_profile& loop) { return !loop.stretches.empty(); });
  if (!any) return {};
  return page_section(
      "flames", "Flame graph of blocked time",
      element("p", {{"class", "lead"}},
              "As wide as the time that was blocked in a function and in what it calls, callers "
              "above.") +
          markup::raw("<div class=\"needs-script\"><p><label>Find a function "
                      "<input type=\"search\" autocomplete=\"off\"></label> "
                      "<button type=\"button\">Whole</button></p>"
                      "<output class=\"found\" aria-live=\"polite\"></output>"
                      "<div id=\"flame-graph\"></div>"
                      "<output class=\"told\" aria-live=\"polite\"></output></div>") +
          element("p", {{"class", "quiet"}},
                  "The same as text: the folded stacks, at the end of this page."));
}

markup profile_stretches(const profile_result& profile) {
  const auto listed = longest_first(profile);
  if (listed.empty()) return {};
  const bool with_cost = std::any_of(listed.begin(), listed.end(), [](const auto& each) {
    return each.stretch->cost.has_value();
  });
  std::vector<html_column> columns{
      {"Length"},        {"At"},           {"Loop", false},    {"Thread", false}, {"Cause", false},
      {"Object", false}, {"Where", false}, {"Its time", false}};
  if (with_cost) {
    columns.push_back({"Requests held"});
    columns.push_back({"Their delay"});
  }
  std::vector<std::vector<markup>> rows;
  for (std::size_t i = 0; i < std::min(listed.size(), most_rows); ++i) {
    rows.push_back(stretch_row(listed[i], with_cost));
  }
  markup content = table("Blocked stretches, the longest first", columns, rows);
  if (listed.size() > most_rows) {
    content += element("p", {{"class", "quiet"}},
                       fmt::format("The longest {} of {}; the raw data has them all.", most_rows,
                                   show_whole(listed.size())));
  }
  return page_section("stretches", "Blocked stretches", content);
}

}  // namespace regatta
