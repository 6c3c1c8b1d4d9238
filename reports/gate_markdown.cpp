// SPDX-License-Identifier: Apache-2.0
#include "reports/gate_markdown.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "reports/figures.hpp"
#include "reports/gate_text.hpp"
#include "reports/markdown_text.hpp"
#include "reports/utf8.hpp"

namespace regatta {
namespace {

constexpr std::size_t most_bytes = 60'000;
constexpr std::size_t longest_name = 200;      // a command line may be a book
constexpr std::size_t longest_sentence = 600;  // so that ten of them leave room for the tables
constexpr std::size_t most_reasons = 20;

std::string cut(const std::string& text, std::size_t most) {
  if (text.size() <= most) return text;
  std::size_t end = most;  // not within a character
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end) + "…";
}

std::string prose(const std::string& text) { return markdown_text(cut(text, longest_sentence)); }
std::string code(const std::string& text) { return markdown_code(cut(text, longest_name)); }

// Grows to the limit and not beyond; what does not fit is left out whole.
class page {
 public:
  bool add(const std::string& piece, std::size_t kept_free = 0) {
    if (text_.size() + piece.size() + kept_free > most_bytes) return false;
    text_ += piece;
    return true;
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

std::string row_of(const gate_comparison& comparison, const gate_result& result) {
  const auto median = [&](std::optional<double> value) {
    return value ? show_value(*value, comparison.unit) : "–";
  };
  const std::string word = verdict_word(comparison);
  return markdown_row({fails_build(comparison, result) ? "**" + word + "**" : word,
                       code(name_of(comparison, result)),
                       markdown_text(effect(decisive(comparison))),
                       std::to_string(decisive(comparison).pairs.size()),
                       markdown_text(fmt::format("{} → {}", median(comparison.median_baseline),
                                                 median(comparison.median_candidate))),
                       fmt::format("{:.3g} %", 100 * comparison.rule.margin)});
}

constexpr std::size_t room_for_ends = 400;  // closing tags and the line about what was left out

void add_table(page& out, const std::vector<const gate_comparison*>& rows,
               const gate_result& result) {
  out.add(
      "| verdict | comparison | worse × [interval] | pairs | baseline → candidate | margin |\n"
      "|---|---|---|--:|---|--:|\n",
      room_for_ends);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (out.add(row_of(*rows[i], result), room_for_ends)) continue;
    out.add(fmt::format("\n… and {} more; the JSON report has them all.\n", rows.size() - i));
    break;
  }
}

void add_folded(page& out, const std::string& title, const std::string& body) {
  out.add("\n" + markdown_details(title, body));
}

std::string list(const std::vector<std::string>& sentences) {
  std::string lines;
  for (const std::string& each : sentences) lines += "- " + prose(each) + "\n";
  return lines;
}

std::string reasons(const std::vector<const gate_comparison*>& changed, const gate_result& result) {
  std::string lines;
  std::size_t left = most_reasons;
  for (const gate_comparison* each : changed) {
    if (each->reason.empty() || left == 0) continue;
    --left;
    lines += fmt::format("- {}: {}", code(name_of(*each, result)), prose(each->reason));
    if (!each->rule.reason.empty()) lines += fmt::format(" (rule: {})", prose(each->rule.reason));
    lines += "\n";
  }
  return lines;
}

std::string machine(const gate_result& result) {
  const environment& where = result.where;
  return list({fmt::format("{}, {} of {} CPUs usable, Linux {}", where.cpu_model, where.cpus.usable,
                           where.cpus.visible, where.kernel),
               fmt::format("began {}, took {:.0f} s of a budget of {:.0f} s; seed {}",
                           result.started_at, result.seconds, result.budget, result.seed),
               fmt::format("a false alarm in at most {:.3g} % of such runs, over all comparisons "
                           "together",
                           100 * result.alpha)});
}

}  // namespace

std::string render_gate_markdown(const gate_result& result) {
  page out;
  out.add(fmt::format("{}\n### {}\n\n", gate_comment_marker, prose(gate_headline(result))));
  out.add(fmt::format("{} against {}. {}\n\n", code(result.candidate.what),
                      code(result.baseline.what),
                      prose(fmt::format("{}", fmt::join(gate_summary(result), " ")))));
  std::vector<const gate_comparison*> changed = by_concern(result);
  const auto unchanged =
      std::stable_partition(changed.begin(), changed.end(), [](const gate_comparison* each) {
        return concerns(*each) ||
               (each->verdict == gate_verdict::improved && each->rule.mode != gate_mode::off);
      });
  const std::vector<const gate_comparison*> rest(unchanged, changed.end());
  changed.erase(unchanged, changed.end());

  if (!changed.empty()) {
    add_table(out, changed, result);
    const std::string why = reasons(changed, result);
    if (!why.empty()) add_folded(out, "Why", why);
  }
  if (!result.warnings.empty()) {
    add_folded(out, fmt::format("{} warning(s)", result.warnings.size()), list(result.warnings));
  }
  add_folded(out, "Machine and method", machine(result));
  if (!rest.empty() &&
      out.add(fmt::format("\n<details><summary>{} not changed</summary>\n\n", rest.size()),
              2 * room_for_ends)) {
    add_table(out, rest, result);
    out.add("\n</details>\n");
  }
  return out.take();
}

}  // namespace regatta
