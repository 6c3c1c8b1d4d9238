// SPDX-License-Identifier: Apache-2.0
#include "harness/gate/command_words.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "tests/workloads/temporary_directory.hpp"

namespace regatta {
namespace {

using words = std::vector<std::string>;

std::string refusal(std::string_view line) {
  try {
    split_command(line);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "accepted";
}

TEST(CommandWords, EndAtBlanks) {
  EXPECT_EQ(split_command("  ./app \t--fast  9\n"), (words{"./app", "--fast", "9"}));
}

TEST(CommandWords, AreHeldTogetherByQuotes) {
  EXPECT_EQ(split_command(R"(python3 -c 'print("a | $b")' x)"),
            (words{"python3", "-c", "print(\"a | $b\")", "x"}));
  EXPECT_EQ(split_command(R"(a "b 'c' d"'e'f)"), (words{"a", "b 'c' def"}));
  EXPECT_EQ(split_command(R"(a "" '')"), (words{"a", "", ""}));
}

TEST(CommandWords, TakeTheCharacterAfterABackslashAsItIs) {
  EXPECT_EQ(split_command(R"(a\ b \| \\ \")"), (words{"a b", "|", "\\", "\""}));
  EXPECT_EQ(split_command(R"("a\"b\\c\n")"), (words{"a\"b\\c\\n"}));
  EXPECT_EQ(split_command(R"('a\b')"), (words{"a\\b"}));
}

TEST(CommandWords, RefuseWhatOnlyAShellUnderstands) {
  for (const char* const line :
       {"a | b", "a && b", "a; b", "a > b", "a <b", "echo $HOME", "echo `b`", "a \"$b\""}) {
    EXPECT_NE(refusal(line).find("--shell"), std::string::npos) << line;
  }
  EXPECT_EQ(refusal("a '$b' '|' \"a;b\""), "accepted");
}

TEST(CommandWords, RefuseAQuoteWithoutItsEndAndNothingAtAll) {
  EXPECT_NE(refusal("a 'b").find("without its end"), std::string::npos);
  EXPECT_NE(refusal("a \"b").find("without its end"), std::string::npos);
  EXPECT_NE(refusal(" ").find("empty"), std::string::npos);
}

TEST(CommandWords, BeginWithAProgram) {
  const command_words words = parse_command("sh -c 'a b'");
  EXPECT_TRUE(words.program.ends_with("/sh"));
  EXPECT_EQ(words.arguments, (std::vector<std::string>{"-c", "a b"}));
  EXPECT_THROW(parse_command("no-such-program -c"), std::invalid_argument);

  const test::temporary_directory folder;
  const auto spaced = folder.write("my program", "#!/bin/sh\n");
  std::filesystem::permissions(spaced, std::filesystem::perms::owner_all);
  EXPECT_EQ(parse_command(spaced.string()).program, spaced.string());
}

}  // namespace
}  // namespace regatta
