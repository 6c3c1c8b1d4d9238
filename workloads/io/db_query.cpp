// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/workload.hpp"
#include "workloads/counter_random.hpp"
#include "workloads/dataset_parts.hpp"
#include "workloads/generated_text.hpp"
#include "workloads/io/sql_text.hpp"

namespace regatta {
namespace {

constexpr std::size_t query_count = 256;

// Who wrote most about a keyword, among its 100 weightiest documents: so the cost of an answer does
// not grow with the database. The tables are those of servers/library_rows.hpp.
constexpr const char* leading_authors = R"(
  SELECT authors.name, count(*), sum(top.weight), avg(documents.year), max(documents.title)
  FROM (SELECT document_id, weight FROM keywords WHERE keyword = ?
        ORDER BY weight DESC, document_id LIMIT 100) AS top
  JOIN documents ON documents.id = top.document_id
  JOIN authors ON authors.id = documents.author_id
  WHERE documents.year >= ?
  GROUP BY authors.id
  ORDER BY sum(top.weight) DESC, authors.id
  LIMIT 10)";

// An item's input is "keyword year".
sql_query query_of(std::string_view input) {
  const std::size_t space = input.find(' ');
  const std::string_view year = input.substr(space + 1);
  std::int64_t first_year = 0;
  std::from_chars(year.data(), year.data() + year.size(), first_year);
  sql_query query;
  query.text = leading_authors;
  query.parameters.emplace_back(std::string(input.substr(0, space)));
  query.parameters.emplace_back(first_year);
  return query;
}

class db_query {
 public:
  static workload_info describe() {
    workload_info info;
    info.name = "db-query";
    info.kind = work_kind::io_bound;
    info.summary = "a join with aggregation over indexed tables of SQLite, or of PostgreSQL";
    info.needs = {"database"};
    return info;
  }

  static buffer build(const workload_options& options) {
    std::vector<std::string> inputs;
    for (std::size_t i = 0; i < query_count; ++i) {
      counter_random random(options.seed, i);
      const std::string keyword(random_topic(random));
      inputs.push_back(keyword + ' ' + std::to_string(1950 + random.below(50)));
    }
    std::vector<bytes_view> parts;
    for (const std::string& input : inputs) parts.push_back(as_bytes(input));
    return pack_parts(parts);
  }

  explicit db_query(bytes_view dataset) : inputs_(dataset) {}
  std::uint64_t distinct_items() const { return query_count; }
  bytes_view input(std::uint64_t index) const { return inputs_[index % query_count]; }

  template <class Context>
  typename Context::template task<buffer> run(Context& ctx, item it) const {
    sql_query query = query_of(as_text(it.input));
    const sql_rows rows = co_await ctx.query(std::move(query));
    co_return to_buffer(sql_text(rows));
  }

 private:
  dataset_parts inputs_;
};

const workload_registration<db_query> registered;

}  // namespace
}  // namespace regatta
