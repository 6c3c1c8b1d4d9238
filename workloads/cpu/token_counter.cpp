// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "harness/digest.hpp"
#include "harness/workload.hpp"
#include "workloads/counter_random.hpp"
#include "workloads/cpu/counted_words.hpp"
#include "workloads/generated_text.hpp"

namespace regatta {

buffer word_counters(bytes_view, bytes_view text) {
  buffer words;
  std::uint64_t letters = 0;  // 0: between words
  const auto end_word = [&] {
    if (letters != 0) words.push_back(static_cast<std::byte>(mix64(letters) % counter_count));
    letters = 0;
  };
  for (const char c : as_text(text)) {
    const auto lower = static_cast<unsigned char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    if (lower >= 'a' && lower <= 'z') {
      letters = letters * 31 + lower;
    } else {
      end_word();
    }
  }
  end_word();
  return words;
}

namespace {

constexpr std::size_t item_count = 16;

enum class method : std::uint64_t { mutex, atomic, sharded };
enum part { method_part, first_item };

/// State that many branches write: what a metrics counter or a token budget is in a service.
class token_counter {
 public:
  static workload_info describe() {
    workload_info info;
    info.name = "token-counter";
    info.kind = work_kind::cpu_bound;
    info.summary = "counts the words of 8 texts in parallel into counters that they share";
    info.in_flight = 4;
    // usual, least, most
    info.parameters = {
        choice_parameter("method", "how counters are shared", {"mutex", "atomic", "sharded"}),
        {"texts", "texts of an item, one a branch", 8, 1, 1000},
        {"payload", "bytes of a text, in whole sentences", 16384, 100, 1 << 20}};
    return info;
  }

  static buffer build(const workload_options& options) {
    const auto chosen = static_cast<method>(parameter_of(describe(), options, "method"));
    const auto count = static_cast<std::size_t>(parameter_of(describe(), options, "texts"));
    const auto size = static_cast<std::size_t>(parameter_of(describe(), options, "payload"));
    std::vector<buffer> items;
    for (std::size_t i = 0; i < item_count; ++i) {
      counter_random random(options.seed, i);
      std::vector<std::string> texts;
      for (std::size_t k = 0; k < count; ++k) texts.push_back(generated_text(random, size));
      std::vector<bytes_view> parts;
      for (const std::string& text : texts) parts.push_back(as_bytes(text));
      items.push_back(pack_parts(parts));
    }
    std::vector<bytes_view> parts = {std::as_bytes(std::span(&chosen, 1))};
    parts.insert(parts.end(), items.begin(), items.end());
    return pack_parts(parts);
  }

  explicit token_counter(bytes_view dataset) : parts_(dataset) {}
  std::uint64_t distinct_items() const { return item_count; }
  bytes_view input(std::uint64_t index) const { return parts_[first_item + index % item_count]; }

  template <class Context>
  typename Context::template task<buffer> run(Context& ctx, item it) const {
    const dataset_parts texts(it.input);
    switch (read_as<method>(parts_[method_part])) {
      case method::mutex:
        return count_words<mutex_counters>(ctx, texts);
      case method::atomic:
        return count_words<atomic_counters>(ctx, texts);
      case method::sharded:
        break;
    }
    return count_words<sharded_counters>(ctx, texts);
  }

 private:
  dataset_parts parts_;
};

const workload_registration<token_counter> registered;

}  // namespace
}  // namespace regatta
