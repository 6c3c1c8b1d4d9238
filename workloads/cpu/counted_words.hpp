// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include "harness/bytes.hpp"
#include "workloads/cpu/shared_counters.hpp"
#include "workloads/dataset_parts.hpp"

namespace regatta {

/// A kernel: for each word of a text, which counter is its own; one byte a word.
buffer word_counters(bytes_view dataset, bytes_view text);

namespace internal {

template <class Context, class Counters>
typename Context::template task<std::uint64_t> count_words_of(Context& ctx, bytes_view text,
                                                              Counters& counters,
                                                              std::size_t branch) {
  const buffer words = co_await ctx.compute(word_counters, text);
  for (const std::byte word : words) counters.add(branch, std::to_integer<std::size_t>(word));
  co_return words.size();
}

}  // namespace internal

/// Counts the words of all texts into counters that their branches share, one text a branch. The
/// answer: how many words there are, then the totals. The counting is done in the branches, not in
/// the kernels, which may run in other processes: so it is parallel where branches are threads.
template <class Counters, class Context>
typename Context::template task<buffer> count_words(Context& ctx, dataset_parts texts) {
  Counters counters(texts.size());
  const auto branch = [&](std::size_t i) {
    return internal::count_words_of(ctx, texts[i], counters, i);
  };
  const std::vector<std::uint64_t> words = co_await ctx.gather(texts.size(), branch);
  buffer answer;
  append(answer, std::accumulate(words.begin(), words.end(), std::uint64_t{0}));
  const counter_totals totals = counters.totals();
  append(answer, std::span<const std::uint64_t>(totals));
  co_return answer;
}

}  // namespace regatta
