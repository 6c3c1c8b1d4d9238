// SPDX-License-Identifier: Apache-2.0
#include "reports/profile_html.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "reports/figures.hpp"
#include "reports/html_assets.hpp"
#include "reports/html_data.hpp"
#include "reports/html_page.hpp"
#include "reports/profile_html_parts.hpp"
#include "reports/profile_report.hpp"
#include "reports/stack_exports.hpp"

namespace regatta {
namespace {

using namespace profiling;
using std::chrono::nanoseconds;

std::string moment(std::chrono::system_clock::time_point time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  return fmt::format("{:%Y-%m-%d %H:%M} UTC", fmt::gmtime(seconds));
}

std::string subject(const profile_result& profile) {
  return "Where the loops of " + profile.process.name + " block";
}

markup link(const char* section, const char* words, const markup& part) {
  return part.empty() ? markup() : element("a", {{"href", section}}, words);
}

markup raw_data(const profile_result& profile) {
  const std::string folded = folded_stacks(profile);
  markup content =
      element("p", {},
              profile.requests ? "This page carries the profile it was made of, but "
                                 "for its samples of single requests."
                               : "This page carries the profile it was made of, whole.");
  content += markup::raw(
      "<p class=\"needs-script\"><button type=\"button\" id=\"save-json\">Save as JSON</button> ");
  if (!folded.empty()) {
    content +=
        markup::raw("<button type=\"button\" id=\"save-folded\">Save folded stacks</button>");
  }
  content += markup::raw("</p>");
  if (!folded.empty()) {
    content += element("details", {},
                       element("summary", {}, "Folded stacks: microseconds blocked in each") +
                           element("pre", {{"id", "folded"}}, folded));
  }
  using nlohmann::ordered_json;
  ordered_json document = make_profile_json(profile);
  if (!document["requests"].is_null()) {
    for (auto& each : document["requests"]["classes"]) each["samples"] = ordered_json::array();
  }
  const std::string text = document.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
  return page_section("data", "Raw data",
                      content + element("script", {{"type", "text/plain"}, {"id", "profile"}},
                                        pack_for_page(text)));
}

}  // namespace

std::string profile_time(nanoseconds time) {
  return show_seconds(std::chrono::duration<double>(time).count());
}

std::string profile_share(double share) {
  return fmt::format("{:.{}f} %", 100 * share, share < 0.1 ? 1 : 0);
}

double share_of(nanoseconds part, nanoseconds whole) {
  return whole.count() > 0 ? static_cast<double>(part.count()) / static_cast<double>(whole.count())
                           : 0;
}

std::string place_text(const profile_frame& frame) {
  if (frame.file.empty()) return frame.function;
  const std::string file = frame.file.substr(frame.file.rfind('/') + 1);
  return frame.line != 0 ? fmt::format("{} at {}:{}", frame.function, file, frame.line)
                         : fmt::format("{} at {}", frame.function, file);
}

std::uint64_t stretch_count(const loop_profile& loop) {
  std::uint64_t count = 0;
  for (const blocked_stretch& stretch : loop.stretches) count += 1 + stretch.suppressed;
  return count;
}

nanoseconds blocked_time(const loop_profile& loop) {
  nanoseconds sum{};
  for (const blocked_stretch& stretch : loop.stretches) {
    sum += stretch.duration + stretch.suppressed_time;
  }
  return sum;
}

std::string render_profile_html(const profile_result& profile) {
  const markup timeline = profile_timeline(profile), flames = profile_flames(profile);
  const markup ledgers = profile_ledgers(profile), stretches = profile_stretches(profile);
  const markup requests = profile_requests(profile), loops = profile_loops(profile);
  const markup navigation =
      link("#timeline", "Timeline", timeline) + link("#flames", "Flame graph", flames) +
      link("#ledger", "Ledger", ledgers) + link("#stretches", "Stretches", stretches) +
      link("#requests", "Requests", requests) + link("#loops", "Loops", loops) +
      element("a", {{"href", "#method"}}, "Method");
  const std::string watched =
      fmt::format("process {}, watched for {} by {}, {}", profile.process.pid,
                  profile_time(profile.duration), to_string(profile.tier), moment(profile.started));
  markup head =
      element("div", {},
              element("span", {{"class", "wordmark"}}, "regatta") +
                  element("nav", {{"aria-label", "Page"}}, navigation) +
                  markup::raw("<button type=\"button\" id=\"theme\" class=\"needs-script\">"
                              "</button>")) +
      element("h1", {}, subject(profile)) +
      element("p", {{"class", "quiet"}}, profile.process.command_line) +
      element("p", {{"class", "quiet"}}, watched);
  if (profile.process_end) {
    head += element("p", {{"class", "notice"}},
                    "The process " + *profile.process_end + " while it was watched.");
  }
  const markup content = element("header", {{"class", "masthead"}}, head) + profile_worst(profile) +
                         timeline + flames + ledgers + stretches + requests + loops +
                         profile_method(profile) + raw_data(profile);
  return assemble_page({"regatta: " + subject(profile), profile_style(), {profile_script()}},
                       content);
}

}  // namespace regatta
