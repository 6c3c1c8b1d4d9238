// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "harness/workload.hpp"
#include "workloads/counter_random.hpp"
#include "workloads/dataset_parts.hpp"
#include "workloads/generated_text.hpp"
#include "workloads/servers/text_files.hpp"

namespace regatta {
namespace {

constexpr std::size_t search_count = 256;

std::size_t occurrences(std::string_view text, std::string_view word) {
  std::size_t count = 0;
  for (std::size_t at = text.find(word); at != text.npos; at = text.find(word, at + word.size())) {
    ++count;
  }
  return count;
}

// The words of an item's input, separated by spaces.
std::string_view take_word(std::string_view& text) {
  const std::size_t end = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return word;
}

std::size_t number_of(std::string_view digits) {
  std::size_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

/// Some files, read one after the other and searched.
class file_scan {
 public:
  static workload_info describe() {
    workload_info info;
    info.name = "file-scan";
    info.kind = work_kind::io_bound;
    info.summary = "small files, read and searched for a word, one after the other";
    info.needs = {"files"};
    info.in_flight = 32;
    // usual, least, most
    info.parameters = {{"files", "files of an item", 8, 1, 256}};
    return info;
  }

  // An item's input is the word, then the numbers of the files.
  static buffer build(const workload_options& options) {
    const std::size_t there_are = text_file_count(options.scale);
    std::vector<std::string> searches;
    for (std::size_t i = 0; i < search_count; ++i) {
      counter_random random(options.seed, i);
      std::string search(random_topic(random));
      for (auto left = parameter_of(describe(), options, "files"); left > 0; --left) {
        search += ' ' + std::to_string(random.below(there_are));
      }
      searches.push_back(std::move(search));
    }
    std::vector<bytes_view> parts;
    for (const std::string& search : searches) parts.push_back(as_bytes(search));
    return pack_parts(parts);
  }

  explicit file_scan(bytes_view dataset) : searches_(dataset) {}
  std::uint64_t distinct_items() const { return search_count; }
  bytes_view input(std::uint64_t index) const { return searches_[index % search_count]; }

  template <class Context>
  typename Context::template task<buffer> run(Context& ctx, item it) const {
    const std::filesystem::path folder = ctx.endpoint("files");
    std::string_view rest = as_text(it.input);
    const std::string_view word = take_word(rest);
    std::string found;
    while (!rest.empty()) {
      const auto path = text_file_path(folder, number_of(take_word(rest)));
      const buffer text = co_await ctx.read_file(path);
      found += std::to_string(occurrences(as_text(text), word)) + ' ';
    }
    co_return to_buffer(found);
  }

 private:
  dataset_parts searches_;
};

const workload_registration<file_scan> registered;

}  // namespace
}  // namespace regatta
