// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "harness/workload_info.hpp"

namespace regatta {

// What the service "database" holds, whichever database it is: rows as functions of the seed.
//
//   authors(id, name)
//   documents(id, title, author_id, year, body)      year 1950 … 2024
//   keywords(document_id, keyword, weight)           4 a document, weight 1 … 1000
//
// with primary keys on id and an index on keywords(keyword, weight DESC, document_id).

struct library_author {
  std::int64_t id = 0;
  std::string name;
};

struct library_keyword {
  std::string_view keyword;
  std::int64_t weight = 0;
};

struct library_document {
  std::int64_t id = 0;
  std::string title;
  std::int64_t author_id = 0;
  std::int64_t year = 0;
  std::string body;
  std::array<library_keyword, 4> keywords;
};

std::int64_t library_documents(dataset_scale scale);
/// How many authors so many documents have.
std::int64_t library_authors(std::int64_t documents);

library_author make_library_author(std::uint64_t seed, std::int64_t id);
library_document make_library_document(std::uint64_t seed, std::int64_t id, std::int64_t authors);

}  // namespace regatta
