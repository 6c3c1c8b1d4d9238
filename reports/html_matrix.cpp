// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "reports/figures.hpp"
#include "reports/html_parts.hpp"

namespace regatta {
namespace {

std::vector<std::string> labels_of(const run_result& run) {
  std::vector<std::string> labels;
  for (const workload_result& measured : run.workloads) {
    for (const cell_result& cell : measured.cells) {
      if (std::find(labels.begin(), labels.end(), cell.choice.label) == labels.end()) {
        labels.push_back(cell.choice.label);
      }
    }
  }
  return labels;
}

/// How a cell of the matrix looks and what it says. verdicts.js says the same of what it computes.
struct look {
  const char* style;
  const char* mark;
  std::string figure, word;
};

look look_of(const cell_result& cell, const recommendation& advice) {
  if (!cell.ok()) {
    const bool absent = cell.ended == outcome::unavailable;
    return {absent ? "absent" : "failed", absent ? "–" : "✕", "",
            std::string(to_string(cell.ended))};
  }
  const standing* const place = find_standing(advice, cell.choice.label);
  if (place == nullptr) return {"absent", "–", "", "no figure"};
  const std::string ratio = place->behind ? show_ratio(place->behind->ratio) : "";
  if (!place->excluded.empty()) return {"excluded", "⊘", ratio, "excluded"};
  if (advice.outcome == verdict::winner && place->tied) return {"winner", "●", "1", "winner"};
  if (place->tied && !advice.settled) {
    return {"undecided", "?", ratio.empty() ? "1" : ratio, "undecided"};
  }
  if (place->tied) return {"tied", "◆", ratio.empty() ? "1" : ratio, "tie"};
  const double behind = place->behind ? place->behind->ratio : 1;
  return {behind > 2 ? "behind far" : "behind", "○", ratio, "behind"};
}

markup cell_of(const look& what, const std::string& hint) {
  return element(
      "td", {{"class", what.style}, {"title", hint}},
      element("span", {{"class", "ratio"}}, what.figure) +
          element("span", {{"class", "word"}},
                  element("span", {{"aria-hidden", "true"}}, what.mark) + " " + what.word));
}

std::string hint_of(const cell_result& cell, const recommendation& advice) {
  if (!cell.ok()) return cell.reason;
  const standing* const place = find_standing(advice, cell.choice.label);
  return place == nullptr ? "" : place->excluded;
}

markup row_of(const run_result& run, const recommendation& advice, std::size_t index,
              const std::vector<std::string>& labels) {
  const workload_result& measured = run.workloads[index];
  markup row =
      element("th", {{"scope", "row"}},
              element("a", {{"href", "#w" + std::to_string(index)}}, html_title(run, index)));
  for (const std::string& label : labels) {
    const auto found =
        std::find_if(measured.cells.begin(), measured.cells.end(),
                     [&](const cell_result& cell) { return cell.choice.label == label; });
    row += found == measured.cells.end()
               ? cell_of({"absent", "–", "", measured.not_run ? "not run" : "not asked"}, "")
               : cell_of(look_of(*found, advice), hint_of(*found, advice));
  }
  return element("tr", {}, row);
}

// "coroutine+process" may break after the sign.
markup breakable(const std::string& label) {
  markup text;
  std::size_t begin = 0;
  while (begin < label.size()) {
    const std::size_t end = std::min(label.find_first_of("+:,", begin), label.size() - 1) + 1;
    text += markup(label.substr(begin, end - begin)) + markup::raw("<wbr>");
    begin = end;
  }
  return text;
}

markup slider(const char* id, const char* title, const char* hint) {
  return element("div", {{"class", "slider"}},
                 element("label", {{"for", id}}, title) +
                     markup::raw(fmt::format("<input type=\"range\" id=\"{0}\" aria-describedby=\""
                                             "{0}-hint\"><output for=\"{0}\"></output>",
                                             id)) +
                     element("p", {{"class", "quiet"}, {"id", std::string(id) + "-hint"}}, hint));
}

markup controls() {
  return element(
      "form", {{"id", "controls"}, {"class", "needs-script"}},
      slider("delta", "δ, the difference that matters",
             "Approaches nearer to each other than this count as equal.") +
          slider("confidence", "Confidence", "Of all verdicts on one workload together.") +
          markup::raw("<button type=\"reset\">Back to the report's</button>"
                      "<p id=\"recomputed\" role=\"status\"></p>"
                      "<ul id=\"recomputed-verdicts\"></ul>"));
}

}  // namespace

markup html_matrix(const run_result& run, const std::vector<recommendation>& advice) {
  const std::vector<std::string> labels = labels_of(run);
  if (labels.empty()) return {};
  markup head = element("th", {{"scope", "col"}}, "Workload");
  for (const std::string& label : labels) {
    head += element("th", {{"scope", "col"}, {"data-label", label}}, breakable(label));
  }
  markup body;
  for (std::size_t i = 0; i < run.workloads.size(); ++i) body += row_of(run, advice[i], i, labels);
  const char* const caption = "How many times ahead of each approach the leader is";
  const markup grid =
      element("table", {},
              element("caption", {{"class", "unseen"}}, caption) +
                  element("thead", {}, element("tr", {}, head)) + element("tbody", {}, body));
  return element(
      "section", {{"id", "matrix"}},
      element("h2", {}, "All workloads, all approaches") +
          element("p", {{"class", "lead"}},
                  "A figure says how many times better the leader is: 1 is as good, 2 is half as "
                  "good. A tie is known to be within δ; what is undecided may still be behind.") +
          controls() +
          element(
              "div",
              {{"class", "scroll"}, {"role", "region"}, {"tabindex", "0"}, {"aria-label", caption}},
              grid));
}

}  // namespace regatta
