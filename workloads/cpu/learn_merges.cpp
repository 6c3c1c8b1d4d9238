// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <queue>
#include <unordered_map>
#include <utility>

#include "harness/digest.hpp"
#include "workloads/cpu/byte_pair.hpp"

namespace regatta {
namespace {

struct word {
  std::vector<token> tokens;
  std::int64_t count = 0;
};

// Distinct words in order of first appearance, so that nothing depends on a hash table's order.
std::vector<word> count_words(std::span<const std::string_view> texts) {
  std::unordered_map<std::string_view, std::size_t> index;
  std::vector<word> words;
  for (std::string_view text : texts) {
    while (!text.empty()) {
      const std::string_view next = text.substr(0, first_word_length(text));
      text.remove_prefix(next.size());
      const auto [found, is_new] = index.emplace(next, words.size());
      if (is_new) {
        word& added = words.emplace_back();
        for (const char byte : next) added.tokens.push_back(static_cast<unsigned char>(byte));
      }
      ++words[found->second].count;
    }
  }
  return words;
}

struct pair_hash {
  std::size_t operator()(token_pair pair) const {
    return mix64((std::uint64_t{pair.left} << 32U) | pair.right);
  }
};

struct pair_use {
  std::int64_t count = 0;
  std::vector<std::size_t> words;  // where it occurs, or once did
};

struct candidate {
  std::int64_t count = 0;
  token_pair pair;
  // std::priority_queue puts the largest first: many, then the smaller pair.
  bool operator<(const candidate& other) const {
    return std::pair(count, other.pair) < std::pair(other.count, pair);
  }
};

// Keeps the counts of all pairs while merges are applied: a merge touches only the words that hold
// its pair. The queue is lazy: an entry whose count is out of date is dropped when it surfaces.
class merge_learner {
 public:
  explicit merge_learner(std::vector<word> words) : words_(std::move(words)) {
    for (std::size_t i = 0; i < words_.size(); ++i) count_pairs(i, +1);
    for (const auto& [pair, use] : uses_) queue_.push({use.count, pair});
  }

  bool next(token merged, token_pair& learned) {
    while (!queue_.empty()) {
      const candidate best = queue_.top();
      queue_.pop();
      if (best.count != uses_[best.pair].count) continue;
      if (best.count < 2) return false;
      learned = best.pair;
      apply(best.pair, merged);
      return true;
    }
    return false;
  }

 private:
  void count_pairs(std::size_t index, int sign) {
    const word& counted = words_[index];
    for (std::size_t i = 0; i + 1 < counted.tokens.size(); ++i) {
      pair_use& use = uses_[{counted.tokens[i], counted.tokens[i + 1]}];
      use.count += sign * counted.count;
      const bool listed = !use.words.empty() && use.words.back() == index;
      if (sign > 0 && !listed) use.words.push_back(index);
    }
  }

  void apply(token_pair pair, token merged) {
    std::vector<token_pair> touched;
    const std::vector<std::size_t> holders = std::move(uses_[pair].words);
    for (const std::size_t index : holders) {
      std::vector<token>& tokens = words_[index].tokens;
      count_pairs(index, -1);
      collect_pairs(tokens, touched);
      std::size_t kept = 0;
      for (std::size_t i = 0; i < tokens.size(); ++i) {
        const bool here = i + 1 < tokens.size() && token_pair{tokens[i], tokens[i + 1]} == pair;
        tokens[kept++] = here ? merged : tokens[i];
        if (here) ++i;
      }
      tokens.resize(kept);
      count_pairs(index, +1);
      collect_pairs(tokens, touched);
    }
    std::sort(touched.begin(), touched.end());
    touched.erase(std::unique(touched.begin(), touched.end()), touched.end());
    for (const token_pair changed : touched) queue_.push({uses_[changed].count, changed});
  }

  static void collect_pairs(const std::vector<token>& tokens, std::vector<token_pair>& out) {
    for (std::size_t i = 0; i + 1 < tokens.size(); ++i) out.push_back({tokens[i], tokens[i + 1]});
  }

  std::vector<word> words_;
  std::unordered_map<token_pair, pair_use, pair_hash> uses_;
  std::priority_queue<candidate> queue_;
};

}  // namespace

std::vector<token_pair> learn_merges(std::span<const std::string_view> texts, std::size_t limit) {
  merge_learner learner(count_words(texts));
  std::vector<token_pair> merges;
  token_pair learned;
  while (merges.size() < limit &&
         learner.next(byte_tokens + static_cast<token>(merges.size()), learned)) {
    merges.push_back(learned);
  }
  return merges;
}

}  // namespace regatta
