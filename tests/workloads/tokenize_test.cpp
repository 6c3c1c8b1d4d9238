// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/workloads/opened_workload.hpp"
#include "tests/workloads/temporary_directory.hpp"
#include "workloads/cpu/byte_pair.hpp"
#include "workloads/dataset_parts.hpp"
#include "workloads/generated_text.hpp"

namespace regatta::test {
namespace {

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    words.emplace_back(text.substr(0, first_word_length(text)));
    text.remove_prefix(words.back().size());
  }
  return words;
}

using tokens = std::vector<token>;

void apply_merge(tokens& word, token_pair pair, token merged) {
  for (std::size_t i = 0; i + 1 < word.size(); ++i) {
    if (token_pair{word[i], word[i + 1]} != pair) continue;
    word[i] = merged;
    word.erase(word.begin() + static_cast<std::ptrdiff_t>(i) + 1);
  }
}

tokens bytes_of(const std::string& word) {
  tokens bytes;
  for (const char c : word) bytes.push_back(static_cast<unsigned char>(c));
  return bytes;
}

// By the definition: every merge in the order learned, over the whole word.
tokens naive_encode(const std::vector<token_pair>& merges, std::string_view text) {
  tokens all;
  for (const std::string& word : words_of(text)) {
    tokens encoded = bytes_of(word);
    for (std::size_t rank = 0; rank < merges.size(); ++rank) {
      apply_merge(encoded, merges[rank], byte_tokens + static_cast<token>(rank));
    }
    all.insert(all.end(), encoded.begin(), encoded.end());
  }
  return all;
}

// By the definition: count all pairs anew before each merge.
std::vector<token_pair> naive_learn(std::string_view text, std::size_t limit) {
  std::vector<tokens> words;
  for (const std::string& word : words_of(text)) words.push_back(bytes_of(word));
  std::vector<token_pair> merges;
  while (merges.size() < limit) {
    std::map<token_pair, int> counts;
    for (const tokens& word : words) {
      for (std::size_t i = 0; i + 1 < word.size(); ++i) ++counts[{word[i], word[i + 1]}];
    }
    token_pair best;
    int most = 1;
    for (const auto& [pair, count] : counts) {
      if (count > most) {
        most = count;
        best = pair;
      }
    }
    if (most < 2) break;
    for (tokens& word : words) {
      apply_merge(word, best, byte_tokens + static_cast<token>(merges.size()));
    }
    merges.push_back(best);
  }
  return merges;
}

std::string sample_text() {
  counter_random random(7);
  return generated_text(random, 6000) +
         "aaaa aaaaaaa  bananana\t\tGrüße, 12345 12 (c) 2004--2026\n\n";
}

TEST(Words, SplitTextAtSpacesDigitsAndPunctuation) {
  EXPECT_EQ(words_of("The  end, of\n2024's"),
            (std::vector<std::string>{"The", " ", " end", ",", " of", "\n", "2024", "'", "s"}));
  EXPECT_EQ(words_of("  "), std::vector<std::string>{"  "});
  EXPECT_EQ(words_of(std::string(100, 'x')).front().size(), 64u);
}

TEST(LearnMerges, AgreesWithCountingAllPairsAnew) {
  const std::string text = sample_text();
  const std::vector<std::string_view> texts = {text};
  EXPECT_EQ(learn_merges(texts, 200), naive_learn(text, 200));
}

TEST(LearnMerges, EndsWhenNothingRepeats) {
  const std::vector<std::string_view> texts = {"abcdef"};
  EXPECT_TRUE(learn_merges(texts, 10).empty());
}

TEST(Encode, AgreesWithApplyingMergesInOrder) {
  const std::string text = sample_text();
  const std::vector<std::string_view> texts = {text};
  const auto merges = learn_merges(texts, 300);
  EXPECT_EQ(encode(make_merge_table(merges), text), naive_encode(merges, text));
}

TEST(Encode, WithoutMergesGivesTheBytes) {
  EXPECT_EQ(encode(make_merge_table({}), "hi"), (tokens{'h', 'i'}));
}

TEST(Decode, RefusesATokenThatNothingMakes) {
  const tokens unknown = {byte_tokens};
  EXPECT_THROW(decode(make_merge_table({}), unknown), std::out_of_range);
}

TEST(Tokenize, AnswersDecodeToTheirInput) {
  opened_workload workload("tokenize", quick_options());
  const bytes_view table = dataset_parts(workload.dataset())[0];
  ASSERT_GT(workload.instance().distinct_items(), 0u);
  for (std::uint64_t i = 0; i < workload.instance().distinct_items(); ++i) {
    const buffer answer = workload.answer(i);
    EXPECT_LT(answer.size() / sizeof(token), workload.input(i).size() * 6 / 10) << "hardly merged";
    EXPECT_EQ(decode(table, view_as<token>(answer)), as_text(workload.input(i)));
  }
}

TEST(Tokenize, IsAFunctionOfTheSeed) {
  const auto build = workloads().at("tokenize").build;
  EXPECT_EQ(build(quick_options(1)), build(quick_options(1)));
  EXPECT_NE(build(quick_options(1)), build(quick_options(2)));
}

TEST(Tokenize, AnswersTheSameFromACopyOfItsDataset) {
  opened_workload workload("tokenize", quick_options());
  const buffer copy = workload.dataset();
  const auto moved = workloads().at("tokenize").open(copy);
  EXPECT_GE(moved->input(0).data(), copy.data());
  EXPECT_LE(moved->input(0).data() + moved->input(0).size(), copy.data() + copy.size());
  EXPECT_EQ(as_text(moved->input(3)), as_text(workload.input(3)));
}

TEST(Tokenize, ReadsTheUsersDocuments) {
  const temporary_directory directory;
  directory.write("b.txt", "second ");
  directory.write("a/one.txt", "first ");
  directory.write("copy.txt", "first ");
  directory.write("empty.txt", "");
  workload_options options = quick_options();
  options.input = directory.path();
  opened_workload workload("tokenize", options);
  ASSERT_EQ(workload.instance().distinct_items(), 1u);
  EXPECT_EQ(as_text(workload.input(0)), "first \nsecond \n");
}

TEST(Tokenize, CoversTextWithoutAnyWhiteSpace) {
  const temporary_directory directory;
  directory.write("blob", std::string(100'000, 'x'));
  workload_options options = quick_options();
  options.input = directory.path();
  opened_workload workload("tokenize", options);
  EXPECT_EQ(decode(dataset_parts(workload.dataset())[0], view_as<token>(workload.answer(0))),
            as_text(workload.input(0)));
}

TEST(Tokenize, SaysThatAnInputDirectoryIsEmptyOrMissing) {
  const temporary_directory directory;
  workload_options options = quick_options();
  for (const auto& path : {directory.path(), directory.path() / "missing"}) {
    options.input = path;
    try {
      workloads().at("tokenize").build(options);
      ADD_FAILURE() << "accepted " << path;
    } catch (const std::invalid_argument& error) {
      EXPECT_NE(std::string(error.what()).find(path.string()), std::string::npos) << error.what();
    }
  }
}

}  // namespace
}  // namespace regatta::test
