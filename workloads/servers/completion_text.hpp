// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace regatta {

/// What the mock model says: a function of the model and the messages, never of time, seed,
/// sequence or connection, so that a client can compute the answer it must get.
///
///   const completion_text text("regatta-mock", R"([{"content":"Hi","role":"user"}])");
///   EXPECT_EQ(answer.content, text.first(16));
///
/// A longer answer begins with the shorter one. Plain ASCII without quotes: needs no JSON escapes.
class completion_text {
 public:
  /// `messages_json` in canonical form: no white space, keys in order (nlohmann::json's dump()).
  completion_text(std::string_view model, std::string_view messages_json);

  /// Token `index`, with the space before it: all tokens joined are the answer.
  std::string token(unsigned index) const;
  std::string first(unsigned tokens) const;

 private:
  std::uint64_t word(unsigned index) const;
  bool ends_sentence(unsigned index) const;

  std::uint64_t key_;
};

}  // namespace regatta
