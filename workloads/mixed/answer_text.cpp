// SPDX-License-Identifier: Apache-2.0
#include "workloads/mixed/answer_text.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "harness/service/framed_answer.hpp"
#include "workloads/mixed/retrieval_text.hpp"

namespace regatta {
namespace {

using json = nlohmann::json;

constexpr std::size_t passage_words = 40;
constexpr std::size_t passage_step = 8;
constexpr std::size_t passages_kept = 8;
constexpr std::size_t passages_asked = 4;
constexpr std::size_t passages_cited = 3;
constexpr std::size_t stretch_bytes = 1000;  // of a text that has no words to cut at

std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

std::string in_one_line(std::string_view text) {
  std::string line(text);
  std::replace_if(
      line.begin(), line.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return line;
}

// The beginning, and no half of a UTF-8 character.
std::string_view first_stretch(std::string_view text) {
  std::size_t end = std::min(text.size(), stretch_bytes);
  while (end > 0 && end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) {
    --end;
  }
  return text.substr(0, end);
}

std::string text_of(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

// Null if the body has it as text that is not empty; else what is wrong.
const char* check_text(const json& body, const char* field, const char* complaint) {
  const auto found = body.find(field);
  const bool good =
      found != body.end() && found->is_string() && !found->get_ref<const std::string&>().empty();
  return good ? nullptr : complaint;
}

const char* check_request(const json& body) {
  if (body.is_discarded()) return "the body is not JSON in UTF-8";
  if (!body.is_object()) return "the body must be a JSON object";
  if (const char* const wrong = check_text(body, "document", "\"document\" must be a text")) {
    return wrong;
  }
  return check_text(body, "question", "\"question\" must be a text");
}

}  // namespace

buffer framed_error(unsigned status, std::string_view why) {
  return frame_answer(status, text_of(json{{"error", why}}));
}

buffer prepare_question(bytes_view, bytes_view body) {
  const std::string_view received = as_text(body);
  const json request = json::parse(received.begin(), received.end(), nullptr, false);
  if (const char* const wrong = check_request(request)) {
    return framed_error(400,
                        std::string(wrong) + R"(; send {"document": "...", "question": "..."})");
  }
  const std::string text = strip_markup(request["document"].get_ref<const std::string&>());
  const auto& question = request["question"].get_ref<const std::string&>();
  std::string prepared = in_one_line(question);
  const auto passages = overlapping_passages(text, passage_words, passage_step);
  for (const auto passage : closest_passages(passages, question, passages_kept)) {
    prepared.append("\n").append(passage);
  }
  if (passages.empty()) {
    const std::string_view stretch = first_stretch(text);
    if (stretch.find_first_not_of(' ') == std::string_view::npos) {
      return framed_error(400, "\"document\" has no text but markup");
    }
    prepared.append("\n").append(stretch);
  }
  return frame_answer(200, prepared);
}

std::string answer_prompt(std::string_view prepared) {
  const std::string question(take_line(prepared));
  std::string prompt = "Answer the question from these passages only.\n";
  for (std::size_t i = 0; i < passages_asked && !prepared.empty(); ++i) {
    prompt.append(take_line(prepared)) += '\n';
  }
  return prompt + "Question: " + question;
}

std::string with_passages(std::string answer, std::string_view prepared) {
  take_line(prepared);  // the question
  return in_one_line(answer).append("\n").append(prepared);
}

buffer cite_passages(bytes_view, bytes_view answer_and_passages) {
  std::string_view rest = as_text(answer_and_passages);
  const std::string_view answer = take_line(rest);
  std::vector<std::string_view> passages;
  while (!rest.empty()) passages.push_back(take_line(rest));
  json body;
  body["answer"] = answer;
  body["passages"] = closest_passages(passages, answer, passages_cited);
  return frame_answer(200, text_of(body));
}

}  // namespace regatta
