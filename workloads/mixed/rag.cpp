// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/workload.hpp"
#include "workloads/counter_random.hpp"
#include "workloads/dataset_parts.hpp"
#include "workloads/io/chat_completion.hpp"
#include "workloads/io/sql_text.hpp"
#include "workloads/mixed/retrieval_text.hpp"

namespace regatta {
namespace {

constexpr std::size_t item_count = 256;
constexpr std::size_t library_size = 1000;  // documents are drawn from so many
constexpr std::size_t passage_words = 40;
constexpr std::size_t passage_step = 8;
constexpr std::size_t search_words = 3;
constexpr unsigned max_tokens = 32;

enum part { model_part, repeats_part, first_document };

// The tables are those of servers/library_rows.hpp.
constexpr const char* related_documents = R"(
  SELECT documents.title, authors.name, documents.year, sum(found.weight)
  FROM (SELECT * FROM (SELECT document_id, weight FROM keywords WHERE keyword = ?
                       ORDER BY weight DESC, document_id LIMIT 50) AS first
        UNION ALL
        SELECT * FROM (SELECT document_id, weight FROM keywords WHERE keyword = ?
                       ORDER BY weight DESC, document_id LIMIT 50) AS second
        UNION ALL
        SELECT * FROM (SELECT document_id, weight FROM keywords WHERE keyword = ?
                       ORDER BY weight DESC, document_id LIMIT 50) AS third) AS found
  JOIN documents ON documents.id = found.document_id
  JOIN authors ON authors.id = documents.author_id
  GROUP BY documents.id, authors.id
  ORDER BY sum(found.weight) DESC, documents.id
  LIMIT 5)";

// What travels between the steps is text: a line of search words, then one line a passage.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

// HTML → search words and passages, those first that say most of what the document says.
buffer preprocess_once(bytes_view html) {
  const std::string text = strip_markup(as_text(html));
  std::string prepared;
  for (const std::string& word : frequent_words(text, search_words)) prepared += word + ' ';
  const auto passages = overlapping_passages(text, passage_words, passage_step);
  for (const auto passage : closest_passages(passages, text, passages.size())) {
    prepared += '\n';
    prepared += passage;
  }
  return to_buffer(prepared);
}

buffer preprocess(bytes_view dataset, bytes_view html) {
  buffer prepared;
  for (auto left = read_as<std::uint64_t>(dataset_parts(dataset)[repeats_part]); left > 0; --left) {
    prepared = preprocess_once(html);
  }
  return prepared;
}

// The LLM's answer in one line, then the passages → the answer with the passages that support it.
buffer postprocess(bytes_view, bytes_view input) {
  std::string_view rest = as_text(input);
  const std::string_view answer = take_line(rest);
  std::vector<std::string_view> passages;
  while (!rest.empty()) passages.push_back(take_line(rest));
  std::string cited(answer);
  int number = 0;
  for (const auto passage : closest_passages(passages, answer, 3)) {
    cited += "\n[" + std::to_string(++number) + "] ";
    cited += passage;
  }
  return to_buffer(cited);
}

sql_query search(std::string_view words) {
  sql_query query;
  query.text = related_documents;
  for (std::size_t i = 0; i < search_words; ++i) {
    const std::size_t end = std::min(words.find(' '), words.size());
    query.parameters.emplace_back(std::string(words.substr(0, end)));
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return query;
}

std::string question(std::string_view passages, const sql_rows& related) {
  std::string prompt = "Sum up these passages:\n";
  for (int i = 0; i < 4; ++i) prompt.append(take_line(passages)) += '\n';
  return prompt + "Related documents, their authors, years and weights:\n" + sql_text(related);
}

/// Retrieval-augmented generation: the item of a document service.
class rag {
 public:
  static workload_info describe() {
    workload_info info;
    info.name = "rag";
    info.kind = work_kind::mixed;
    info.summary = "fetch a document, preprocess it, query a database, ask an LLM, cite";
    info.needs = {"documents", "database", "llm"};
    info.in_flight = 32;
    // usual, least, most
    info.parameters = {{"preprocessing",
                        "times each document is preprocessed, for more CPU time an item", 1, 1,
                        1000}};
    return info;
  }

  // Documents are numbers, as text.
  static buffer build(const workload_options& options) {
    counter_random random(options.seed);
    std::vector<std::string> numbers;
    for (std::size_t i = 0; i < item_count; ++i) {
      numbers.push_back(std::to_string(random.below(library_size)));
    }
    const auto repeats =
        static_cast<std::uint64_t>(parameter_of(describe(), options, "preprocessing"));
    std::vector<bytes_view> parts = {as_bytes(options.model),
                                     std::as_bytes(std::span(&repeats, 1))};
    for (const std::string& number : numbers) parts.push_back(as_bytes(number));
    return pack_parts(parts);
  }

  explicit rag(bytes_view dataset) : parts_(dataset) {}
  std::uint64_t distinct_items() const { return item_count; }
  bytes_view input(std::uint64_t index) const {
    return parts_[first_document + index % item_count];
  }

  template <class Context>
  typename Context::template task<buffer> run(Context& ctx, item it) const {
    http_request fetch;
    fetch.target = "/documents/" + std::string(as_text(it.input));
    const http_response document = co_await ctx.http("documents", std::move(fetch));
    if (document.status != 200) {
      throw std::runtime_error("the document service answered " + std::to_string(document.status));
    }

    const buffer prepared = co_await ctx.compute(preprocess, as_bytes(document.body));
    std::string_view passages = as_text(prepared);
    const std::string_view words = take_line(passages);

    sql_query query = search(words);
    const sql_rows related = co_await ctx.query(std::move(query));

    http_request ask = chat_completion_request(as_text(parts_[model_part]),
                                               question(passages, related), max_tokens);
    const http_response completion = co_await ctx.http("llm", std::move(ask));
    std::string answer = chat_completion_content(completion);
    std::replace(answer.begin(), answer.end(), '\n', ' ');

    answer.append("\n").append(passages);
    co_return co_await ctx.compute(postprocess, as_bytes(answer));
  }

 private:
  dataset_parts parts_;
};

const workload_registration<rag> registered;

}  // namespace
}  // namespace regatta
