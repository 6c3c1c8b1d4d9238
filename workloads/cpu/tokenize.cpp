// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/workload.hpp"
#include "workloads/counter_random.hpp"
#include "workloads/cpu/byte_pair.hpp"
#include "workloads/cpu/input_files.hpp"
#include "workloads/dataset_parts.hpp"
#include "workloads/generated_text.hpp"

namespace regatta {
namespace {

// English that every Debian has. Elsewhere the text is generated.
const std::filesystem::path licences = "/usr/share/common-licenses";

// All documents, one after the other.
std::string read_corpus(const workload_options& options) {
  if (!options.input && !std::filesystem::is_directory(licences)) {
    counter_random random(options.seed);
    return generated_text(random, std::size_t{256} << 10U);
  }
  std::string corpus;
  std::set<std::string> seen;  // links and copies count once
  for (const auto& file : input_files(options.input.value_or(licences))) {
    const auto [text, is_new] = seen.insert(read_input_file(file));
    if (is_new) corpus += *text + '\n';
  }
  return corpus;
}

// An item is a window: a part of the corpus that ends where a word does, if one ends nearby. They
// overlap, so that even a small corpus has many items of the same size.
struct window {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};
constexpr std::size_t usual_window_size = 32768;
constexpr std::size_t window_step = 8192;

// The last word that ends within `reach` before `near`.
std::size_t word_end(std::string_view corpus, std::size_t near, std::size_t reach) {
  if (near >= corpus.size()) return corpus.size();
  const std::size_t space = corpus.substr(near - reach, reach).find_last_of(" \n\t");
  return space == std::string_view::npos ? near : near - reach + space;
}

std::vector<window> windows_of(std::string_view corpus, std::size_t size) {
  constexpr std::size_t reach = 256;
  std::vector<window> windows;
  std::size_t end = 0;
  for (std::size_t begin = 0; begin < corpus.size() && end < corpus.size();
       begin = word_end(corpus, begin + window_step, reach)) {
    end = word_end(corpus, begin + size, std::min(reach, size / 2));
    windows.push_back({begin, end - begin});
  }
  return windows;
}

// 64 slices of a large corpus teach as much as the whole of it.
buffer learned_table(std::string_view corpus, std::size_t merges) {
  constexpr std::size_t slices = 64;
  constexpr std::size_t slice_size = 65536;
  std::vector<std::string_view> sample;
  if (corpus.size() <= slices * slice_size) {
    sample.push_back(corpus);
  } else {
    for (std::size_t i = 0; i < slices; ++i) {
      sample.push_back(corpus.substr(i * (corpus.size() / slices), slice_size));
    }
  }
  return make_merge_table(learn_merges(sample, merges));
}

std::size_t merge_limit(dataset_scale scale) {
  switch (scale) {
    case dataset_scale::quick:
      return 512;
    case dataset_scale::standard:
      return 1024;
    case dataset_scale::full:
      return 2048;
  }
  throw std::logic_error("unknown dataset scale");
}

enum part { merge_table_part, corpus_part, windows_part };

buffer encode_window(bytes_view dataset, bytes_view text) {
  const auto tokens = encode(dataset_parts(dataset)[merge_table_part], as_text(text));
  return to_buffer(std::as_bytes(std::span(tokens)));
}

class tokenize {
 public:
  static workload_info describe() {
    workload_info info;
    info.name = "tokenize";
    info.kind = work_kind::cpu_bound;
    info.summary = "byte-pair encoding of text documents, 32 KiB an item";
    info.takes_input = true;
    // usual, least, most
    info.parameters = {{"payload", "bytes of text in an item", usual_window_size, 16, 1 << 20}};
    return info;
  }

  static buffer build(const workload_options& options) {
    const std::string corpus = read_corpus(options);
    const buffer merge_table = learned_table(corpus, merge_limit(options.scale));
    const auto size = static_cast<std::size_t>(parameter_of(describe(), options, "payload"));
    std::vector<window> windows = windows_of(corpus, size);
    counter_random random(options.seed);
    for (std::size_t i = windows.size(); i > 1; --i) {
      std::swap(windows[i - 1], windows[random.below(i)]);
    }
    return pack_parts({merge_table, as_bytes(corpus), std::as_bytes(std::span(windows))});
  }

  explicit tokenize(bytes_view dataset)
      : corpus_(dataset_parts(dataset)[corpus_part]),
        windows_(view_as<window>(dataset_parts(dataset)[windows_part])) {}

  std::uint64_t distinct_items() const { return windows_.size(); }
  bytes_view input(std::uint64_t index) const {
    const window& place = windows_[index % windows_.size()];
    return corpus_.subspan(place.offset, place.size);
  }

  template <class Context>
  typename Context::template task<buffer> run(Context& ctx, item it) const {
    co_return co_await ctx.compute(encode_window, it.input);
  }

 private:
  bytes_view corpus_;
  std::span<const window> windows_;
};

const workload_registration<tokenize> registered;

}  // namespace
}  // namespace regatta
