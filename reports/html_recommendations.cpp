// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "reports/figures.hpp"
#include "reports/html_parts.hpp"
#include "reports/workload_words.hpp"

namespace regatta {
namespace {

bool decided(const recommendation& advice) {
  return advice.outcome == verdict::winner || advice.outcome == verdict::tie;
}

// The headline, with what to use made to stand out: "Use coroutine: …", "… Use coroutine, for …".
markup sentence(const workload_result& measured, const recommendation& advice) {
  if (measured.not_run) return "Not run: " + *measured.not_run;
  const std::string text = headline(advice);
  if (!decided(advice)) return text;
  const std::string& use = advice.choice.front();
  const std::string words = "se " + use;
  const bool is_winner = advice.outcome == verdict::winner;
  const std::size_t at = (is_winner ? text.find(words) : text.rfind(words)) + 3;
  return markup(text.substr(0, at)) + element("strong", {}, use) + text.substr(at + use.size());
}

std::string terms(const workload_result& measured, const recommendation& advice) {
  std::string text = "By " + advice.metric + ".";
  if (measured.race) text += " " + receipt_of(*measured.race) + ".";
  return text;
}

void add_reasons(markup& rows, const char* title, const std::vector<std::string>& sentences) {
  if (sentences.empty()) return;
  rows += element("dt", {}, title);
  for (const std::string& each : sentences) rows += element("dd", {}, each);
}

markup as_list(const markup& rows) {
  return rows.empty() ? markup() : element("dl", {{"class", "reasons"}}, rows);
}

// What is true of the run is said once, and not with each workload.
std::vector<std::string> common_caveats(const std::vector<recommendation>& advice) {
  if (advice.size() < 2) return {};
  std::vector<std::string> common = advice.front().caveats;
  std::erase_if(common, [&](const std::string& caveat) {
    return std::any_of(advice.begin(), advice.end(), [&](const recommendation& each) {
      return std::find(each.caveats.begin(), each.caveats.end(), caveat) == each.caveats.end();
    });
  });
  return common;
}

std::vector<std::string> without(std::vector<std::string> caveats,
                                 const std::vector<std::string>& common) {
  std::erase_if(caveats, [&](const std::string& caveat) {
    return std::find(common.begin(), common.end(), caveat) != common.end();
  });
  return caveats;
}

markup row(const markup& left, const markup& right) {
  return element("article", {{"class", "advice"}},
                 element("header", {}, left) + element("div", {}, right));
}

// With more workloads the reasons are folded: what to use should fit on a screen or two.
constexpr std::size_t most_unfolded = 4;

markup article(const run_result& run, const recommendation& advice, std::size_t index,
               const std::vector<std::string>& common) {
  const workload_result& measured = run.workloads[index];
  markup reasons;
  add_reasons(reasons, "because", advice.because);
  add_reasons(reasons, "excluded", exclusions(advice));
  add_reasons(reasons, "unless", advice.unless);
  add_reasons(reasons, "note", without(advice.caveats, common));
  markup body = element("p", {{"class", "sentence"}}, sentence(measured, advice));
  if (decided(advice)) body += element("p", {{"class", "terms"}}, terms(measured, advice));
  if (run.workloads.size() <= most_unfolded || reasons.empty()) {
    body += as_list(reasons);
  } else {
    body += element("details", {{"class", "why"}},
                    element("summary", {}, "Because, unless, notes") + as_list(reasons));
  }
  const std::string target = "#w" + std::to_string(index);
  const markup name = element("a", {{"href", target}}, html_title(run, index));
  return row(element("h3", {}, name) + element("p", {{"class", "quiet"}}, html_load(measured)),
             body);
}

}  // namespace

markup html_recommendations(const run_result& run, const std::vector<recommendation>& advice) {
  const std::vector<std::string> common = common_caveats(advice);
  markup articles;
  for (std::size_t i = 0; i < run.workloads.size(); ++i) {
    articles += article(run, advice[i], i, common);
  }
  if (!common.empty()) {
    markup notes;
    add_reasons(notes, "note", common);
    articles += row(element("h3", {}, "Of all workloads"), as_list(notes));
  }
  if (run.workloads.empty()) articles += element("p", {}, "Nothing was measured.");
  return element("section", {{"id", "recommendations"}, {"aria-label", "Recommendations"}},
                 articles);
}

std::string html_title(const run_result& run, std::size_t index) {
  const workload_plan& mine = run.workloads[index].plan;
  std::vector<const workload_plan*> same;
  for (const workload_result& each : run.workloads) {
    if (each.plan.workload == mine.workload) same.push_back(&each.plan);
  }
  std::string title = mine.workload;
  for (const auto& parameter : mine.options.parameters) {
    const bool is_everywhere = std::all_of(same.begin(), same.end(), [&](const auto* plan) {
      const auto found = plan->options.parameters.find(parameter.first);
      return found != plan->options.parameters.end() && *found == parameter;
    });
    if (!is_everywhere) title += fmt::format(", {} {:g}", parameter.first, parameter.second);
  }
  if (same.size() < 2) return title;
  return mine.rate ? fmt::format("{}, {}", title, show_rate(*mine.rate))
                   : fmt::format("{}, {} in flight", title, show_whole(mine.in_flight));
}

std::string html_load(const workload_result& measured) {
  const char* const kind = measured.info.kind == work_kind::cpu_bound  ? "CPU-bound"
                           : measured.info.kind == work_kind::io_bound ? "I/O-bound"
                                                                       : "Mixed";
  const workload_plan& plan = measured.plan;
  if (plan.rate) {
    return fmt::format("{}, open loop, {}, at most {} in flight", kind, show_rate(*plan.rate),
                       show_whole(plan.in_flight));
  }
  return fmt::format("{}, closed loop, {} in flight", kind, show_whole(plan.in_flight));
}

std::string html_value(const recommendation& advice, double value) {
  if (advice.metric == "throughput") return show_rate(value);
  if (advice.metric == "memory") return show_bytes(value);
  return show_seconds(value);
}

const standing* find_standing(const recommendation& advice, const std::string& label) {
  for (const standing& place : advice.standings) {
    if (place.label == label) return &place;
  }
  return nullptr;
}

}  // namespace regatta
