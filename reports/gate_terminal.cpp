// SPDX-License-Identifier: Apache-2.0
#include "reports/gate_terminal.hpp"

#include <fmt/format.h>

#include "reports/figures.hpp"
#include "reports/gate_text.hpp"
#include "reports/terminal_style.hpp"
#include "reports/text_table.hpp"

namespace regatta {
namespace {

const char* color_of(const gate_comparison& comparison) {
  if (comparison.rule.mode == gate_mode::off) return "2";
  switch (comparison.verdict) {
    case gate_verdict::regressed:
    case gate_verdict::failed:
      return "31";
    case gate_verdict::inconclusive:
      return "33";
    case gate_verdict::improved:
      return "32";
    case gate_verdict::equivalent:
      return "0";
  }
  return "0";
}

// Names differ at either end: the middle goes.
std::string shortened(const std::string& text, std::size_t width) {
  const std::size_t size = display_width(text);
  if (size <= width) return text;
  const std::size_t head = (width - 1) / 2;
  const std::size_t tail = width - 1 - head;
  std::string result;
  std::size_t at = 0;
  for (const char byte : text) {
    const bool starts = (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;
    if (starts) ++at;
    if (at <= head || at > size - tail) result += byte;
    if (starts && at == head + 1) result += "…";
  }
  return result;
}

constexpr std::size_t shortest_name = 12;

std::vector<std::string> table_of(const std::vector<const gate_comparison*>& order,
                                  const gate_result& result, std::size_t width) {
  table_column verdict{"verdict", false, 0, {}};
  table_column name{"name", false, 0, {}};
  table_column effect_column{"worse × [interval]", false, 0, {}};
  table_column pairs{"pairs", true, 0, {}};
  table_column margin{"margin", true, 2, {}};
  table_column before{"baseline", true, 3, {}};
  table_column after{"candidate", true, 3, {}};
  for (const gate_comparison* each : order) {
    const auto median = [&](std::optional<double> value) {
      return value ? show_value(*value, each->unit) : "–";
    };
    verdict.cells.push_back(verdict_word(*each));
    effect_column.cells.push_back(effect(decisive(*each)));
    pairs.cells.push_back(std::to_string(decisive(*each).pairs.size()));
    margin.cells.push_back(fmt::format("{:.3g} %", 100 * each->rule.margin));
    before.cells.push_back(median(each->median_baseline));
    after.cells.push_back(median(each->median_candidate));
  }
  // What is left beside the columns that never go is for the names.
  const auto rest = render_table({verdict, effect_column, pairs}, 0);
  std::size_t taken = 0;
  for (const std::string& line : rest) taken = std::max(taken, display_width(line));
  const std::size_t left = width > taken + 2 + shortest_name ? width - taken - 2 : shortest_name;
  for (const gate_comparison* each : order) {
    name.cells.push_back(shortened(name_of(*each, result), left));
  }
  return render_table({verdict, name, effect_column, pairs, margin, before, after}, width);
}

}  // namespace

std::string render_gate(const gate_result& result, const terminal_style& style) {
  std::string out;
  const auto order = by_concern(result);
  const auto lines = table_of(order, result, style.columns);
  for (std::size_t i = 0; i < lines.size() && !order.empty(); ++i) {
    out += paint(style, i == 0 ? "2" : color_of(*order[i - 1]), lines[i]) + "\n";
  }
  bool any_reason = false;
  for (const gate_comparison* each : order) {
    if (!concerns(*each) || each->reason.empty()) continue;
    const std::string name = shortened(name_of(*each, result), style.columns - 4);
    if (!any_reason) out += "\n";
    any_reason = true;
    out += wrap(name + ": " + each->reason, "  ", style.columns) + "\n";
    if (!each->rule.reason.empty()) {
      out += wrap("(rule: " + each->rule.reason + ")", "    ", style.columns) + "\n";
    }
  }
  out += "\n" + paint(style, "1", wrap(gate_headline(result), "", style.columns)) + "\n";
  out += wrap(fmt::format("{}", fmt::join(gate_summary(result), " ")), "", style.columns) + "\n";
  return out;
}

}  // namespace regatta
