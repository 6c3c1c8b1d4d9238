// SPDX-License-Identifier: Apache-2.0
#include "reports/matrix_report.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "reports/figures.hpp"
#include "reports/markdown_text.hpp"
#include "reports/report_fields.hpp"
#include "reports/text_table.hpp"

namespace regatta {
namespace {

std::string lock_title(const std::string& lock) {
  return lock == "none" ? "measured, C++" : "measured, lock " + lock;
}

// "coroutine-mt, 1.31 ×", "thread (+2)", "–"
std::string answer_text(const matrix_answer& answer) {
  const recommendation& advice = answer.advice;
  if (!answer.failure.empty() || advice.choice.empty()) return "–";
  std::string text = advice.choice.front();
  if (advice.choice.size() > 1) return text + fmt::format(" (+{})", advice.choice.size() - 1);
  if (advice.lead) text += fmt::format(", {} ×", show_ratio(advice.lead->ratio));
  return text;
}

const char* mark(const matrix_scenario& scenario, const matrix_answer& answer) {
  switch (agreement_of(scenario, answer)) {
    case agreement::same:
      return "= ";
    case agreement::differs:
      return "≠ ";
    default:
      return "? ";
  }
}

constexpr const char* legend =
    "= the textbook's answer is the winner or in the tie set; ≠ it is not; ? undecided. (+4): four "
    "more cannot be told apart from it; 1.31 ×: ahead of the next.";

std::vector<std::string> locks_of(const matrix_result& result) {
  std::vector<std::string> locks;
  if (result.rows.empty()) return locks;
  for (const matrix_answer& answer : result.rows.front().answers) locks.push_back(answer.lock);
  return locks;
}

// "many LLM calls, lock gil: …", one for each answer that differs.
std::vector<std::string> differences(const matrix_result& result) {
  std::vector<std::string> sentences;
  for (const matrix_row& row : result.rows) {
    for (const matrix_answer& answer : row.answers) {
      const std::string text = difference(row.scenario, answer);
      if (text.empty()) continue;
      sentences.push_back(
          fmt::format("{}, {}: {}", row.scenario.name, lock_title(answer.lock), text));
    }
  }
  return sentences;
}

std::string closing(const matrix_result& result) {
  const auto locks = locks_of(result);
  std::string text;
  for (std::size_t i = 0; i < locks.size(); ++i) {
    std::size_t same = 0;
    std::size_t settled = 0;
    for (const matrix_row& row : result.rows) {
      if (i >= row.answers.size()) continue;
      same += agreement_of(row.scenario, row.answers[i]) == agreement::same ? 1 : 0;
      settled += row.answers[i].advice.settled ? 1 : 0;
    }
    if (!text.empty()) text += " ";
    text +=
        fmt::format("{}: the textbook's answer holds in {} of {}; {} settled within the budget.",
                    lock_title(locks[i]), same, result.rows.size(), settled);
  }
  if (result.interrupted) text += " Interrupted: rows are missing.";
  return text;
}

}  // namespace

std::string render_matrix(const matrix_result& result, const terminal_style& style) {
  table_column scenario{"scenario", false, 0, {}};
  table_column textbook{"textbook", false, 2, {}};
  table_column workload{"workload", false, 3, {}};
  std::vector<table_column> answers;
  for (const std::string& lock : locks_of(result)) {
    answers.push_back({lock_title(lock), false, 1, {}});
  }
  for (const matrix_row& row : result.rows) {
    scenario.cells.push_back(row.scenario.name);
    textbook.cells.push_back(row.scenario.textbook);
    workload.cells.push_back(row.workload);
    for (std::size_t i = 0; i < answers.size(); ++i) {
      answers[i].cells.push_back(i < row.answers.size() ? mark(row.scenario, row.answers[i]) +
                                                              answer_text(row.answers[i])
                                                        : "–");
    }
  }
  std::vector<table_column> columns{scenario, textbook};
  columns.insert(columns.end(), answers.begin(), answers.end());
  columns.push_back(workload);
  std::string text;
  for (const std::string& line : render_table(std::move(columns), style.columns)) {
    text += line + "\n";
  }
  text += "\n" + wrap(legend, "  ", style.columns) + "\n";
  for (const std::string& sentence : differences(result)) {
    text += "\n" + wrap(sentence, "  - ", style.columns) + "\n";
  }
  return text + "\n" + wrap(closing(result), "  ", style.columns) + "\n";
}

std::string render_matrix_markdown(const matrix_result& result) {
  std::vector<std::string> head = {"scenario", "textbook"};
  std::vector<std::string> rule = {"---", "---"};
  for (const std::string& lock : locks_of(result)) {
    head.push_back(lock_title(lock));
    rule.push_back("---");
  }
  std::string text = markdown_row(head) + markdown_row(rule);
  for (const matrix_row& row : result.rows) {
    std::vector<std::string> cells = {
        markdown_text(row.scenario.name) + "<br>" + markdown_code(row.workload),
        markdown_text(row.scenario.textbook + ": " + row.scenario.why)};
    for (const matrix_answer& answer : row.answers) {
      cells.push_back(markdown_text(mark(row.scenario, answer) + answer_text(answer)));
    }
    text += markdown_row(cells);
  }
  text += "\n" + markdown_text(legend) + "\n\n";
  const auto sentences = differences(result);
  for (const std::string& sentence : sentences) text += "- " + markdown_text(sentence) + "\n";
  if (!sentences.empty()) text += "\n";
  return text + markdown_text(closing(result)) + "\n";
}

nlohmann::ordered_json make_matrix_json(const matrix_result& result) {
  using json = nlohmann::ordered_json;
  json file;
  file["kind"] = "decision-matrix";
  file["complete"] = !result.interrupted;
  file["seconds"] = result.seconds;
  file["environment"] = json_fields::write(result.where);
  file["warnings"] = result.warnings;
  file["rows"] = json::array();
  for (const matrix_row& row : result.rows) {
    json entry;
    entry["scenario"] = row.scenario.name;
    entry["textbook"] = row.scenario.textbook;
    entry["textbook_backends"] = row.scenario.advice;
    entry["why"] = row.scenario.why;
    entry["workload"] = row.workload;
    entry["answers"] = json::array();
    for (const matrix_answer& answer : row.answers) {
      json one;
      one["lock"] = answer.lock;
      const agreement found = agreement_of(row.scenario, answer);
      one["agrees"] =
          found == agreement::undecided ? json(nullptr) : json(found == agreement::same);
      const std::string text = difference(row.scenario, answer);
      one["difference"] = text.empty() ? json(nullptr) : json(text);
      one["failure"] = answer.failure.empty() ? json(nullptr) : json(answer.failure);
      one["recommendation"] = json_fields::write(answer.advice);
      entry["answers"].push_back(std::move(one));
    }
    file["rows"].push_back(std::move(entry));
  }
  return file;
}

}  // namespace regatta
