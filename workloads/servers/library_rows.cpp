// SPDX-License-Identifier: Apache-2.0
#include "workloads/servers/library_rows.hpp"

#include <algorithm>
#include <set>
#include <stdexcept>

#include "workloads/counter_random.hpp"
#include "workloads/generated_text.hpp"

namespace regatta {
namespace {

std::int64_t drawn(counter_random& random, std::uint64_t bound) {
  return static_cast<std::int64_t>(random.below(bound));
}

std::string capitalised(std::string_view word) {
  std::string text(word);
  text[0] = static_cast<char>(text[0] - 'a' + 'A');  // the vocabulary is lower case
  return text;
}

}  // namespace

std::int64_t library_documents(dataset_scale scale) {
  switch (scale) {
    case dataset_scale::quick:
      return 20'000;
    case dataset_scale::standard:
      return 100'000;
    case dataset_scale::full:
      return 400'000;
  }
  throw std::logic_error("unknown dataset scale");
}

std::int64_t library_authors(std::int64_t documents) {
  return std::max<std::int64_t>(1, documents / 100);
}

library_author make_library_author(std::uint64_t seed, std::int64_t id) {
  counter_random random(seed, mix64(static_cast<std::uint64_t>(id)));
  const std::string first = capitalised(random_word(random));
  const std::string last = capitalised(random_topic(random));
  return {id, first + ' ' + last};
}

library_document make_library_document(std::uint64_t seed, std::int64_t id, std::int64_t authors) {
  counter_random random(seed, static_cast<std::uint64_t>(id));
  library_document document;
  document.id = id;
  std::set<std::string_view> topics;
  while (topics.size() < document.keywords.size()) topics.insert(random_topic(random));
  std::size_t at = 0;
  for (const std::string_view topic : topics) {
    document.keywords[at++] = {topic, 1 + drawn(random, 1000)};
  }
  document.title = capitalised(*topics.begin()) + " and " + std::string(*topics.rbegin());
  document.author_id = drawn(random, static_cast<std::uint64_t>(authors));
  document.year = 1950 + drawn(random, 75);
  document.body = generated_text(random, 160);
  return document;
}

}  // namespace regatta
