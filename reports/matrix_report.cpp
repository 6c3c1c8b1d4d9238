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

// "coroutine-mt, 1.31 × the next", "tie: thread, tbb and 2 more", "–"
std::string answer_text(const matrix_answer& answer) {
  const recommendation& advice = answer.advice;
  if (!answer.failure.empty() || advice.choice.empty()) return "–";
  if (advice.choice.size() == 1) {
    std::string text = advice.choice.front();
    if (advice.lead) text += fmt::format(", {} × the next", show_ratio(advice.lead->ratio));
    return text;
  }
  std::string text = "tie: " + advice.choice[0] + ", " + advice.choice[1];
  if (advice.choice.size() > 2) text += fmt::format(" and {} more", advice.choice.size() - 2);
  return text;
}

const char* mark(const matrix_scenario& scenario, const matrix_answer& answer) {
  return agrees(scenario, answer) ? "= " : "≠ ";
}

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
    for (const matrix_row& row : result.rows) {
      same += i < row.answers.size() && agrees(row.scenario, row.answers[i]) ? 1 : 0;
    }
    text += fmt::format("{}: the textbook's answer is the winner or in the tie set in {} of {}. ",
                        lock_title(locks[i]), same, result.rows.size());
  }
  if (result.interrupted) text += "Interrupted: rows are missing. ";
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
  for (const std::string& sentence : differences(result)) {
    text += "\n" + wrap(sentence, "  ≠ ", style.columns);
  }
  return text + "\n" + wrap(closing(result), "", style.columns);
}

std::string render_matrix_markdown(const matrix_result& result) {
  std::vector<std::string> head = {"scenario", "textbook"};
  std::vector<std::string> rule = {"---", "---"};
  for (const std::string& lock : locks_of(result)) {
    head.push_back(lock_title(lock));
    rule.push_back("---");
  }
  std::string text = markdown_row(head) + "\n" + markdown_row(rule) + "\n";
  for (const matrix_row& row : result.rows) {
    std::vector<std::string> cells = {
        markdown_text(row.scenario.name) + "<br>" + markdown_code(row.workload),
        markdown_text(row.scenario.textbook + ": " + row.scenario.why)};
    for (const matrix_answer& answer : row.answers) {
      cells.push_back(markdown_text(mark(row.scenario, answer) + answer_text(answer)));
    }
    text += markdown_row(cells) + "\n";
  }
  text += "\n";
  for (const std::string& sentence : differences(result)) {
    text += "- " + markdown_text(sentence) + "\n";
  }
  return text + "\n" + markdown_text(closing(result)) + "\n";
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
      one["agrees"] = agrees(row.scenario, answer);
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
