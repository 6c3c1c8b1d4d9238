// SPDX-License-Identifier: Apache-2.0
#include "tools/backend_choice.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tools/usage_error.hpp"

namespace regatta::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string complaint_about(const std::string& backend) {
  try {
    parse_backend(backend);
  } catch (const usage_error& error) {
    return error.what();
  }
  return "no usage_error";
}

TEST(ParseBackend, ResolvesEveryOption) {
  const auto plain = parse_backend("process");
  EXPECT_EQ(plain.backend, "process");
  EXPECT_EQ(plain.label, "process");
  EXPECT_EQ(plain.options.at("start"), "fork");
  EXPECT_EQ(plain.options.at("chunk"), "1");
  const auto chosen = parse_backend("process:start=spawn,chunk=8");
  EXPECT_EQ(chosen.label, "process:start=spawn,chunk=8");
  EXPECT_EQ(chosen.options.at("start"), "spawn");
  EXPECT_EQ(chosen.options.at("chunk"), "8");
  EXPECT_EQ(chosen.options.at("workers"), "auto");
}

TEST(ParseBackend, SuggestsTheNameThatWasMeant) {
  EXPECT_EQ(complaint_about("thraed"), "there is no backend 'thraed'; did you mean 'thread'?");
  EXPECT_THAT(complaint_about("green-threads-of-java"), HasSubstr("there are: "));
}

TEST(ParseBackend, SuggestsTheOptionThatWasMeant) {
  EXPECT_EQ(complaint_about("process:strat=spawn"),
            "backend process has no option 'strat'; did you mean 'start'?");
  EXPECT_THAT(complaint_about("serial:workers=2"), HasSubstr("it has none"));
  EXPECT_THAT(complaint_about("process:chunk"), HasSubstr("'chunk'"));
}

TEST(ParseBackend, ChecksTheValuesOfOptionsBeforeAnythingRuns) {
  EXPECT_EQ(complaint_about("process:start=spoon"),
            "option 'start' of backend process takes fork, forkserver, spawn, not 'spoon'");
  EXPECT_EQ(complaint_about("coroutine+process:start="),
            "option 'start' of backend coroutine+process takes fork, forkserver, spawn, not ''");
  for (const char* text : {"0", "-1", "2.5", "many", "8x", "99999999999", "auto", ""}) {
    EXPECT_THAT(complaint_about("process:chunk=" + std::string(text)),
                AllOf(HasSubstr("takes a whole number from 1,"),
                      HasSubstr("not '" + std::string(text) + "'")));
  }
  EXPECT_THAT(complaint_about("process:workers=0"), HasSubstr("a whole number from 1 or auto"));
  EXPECT_THAT(complaint_about("process:chunk"), HasSubstr("like chunk=1"));
}

std::vector<std::string> labels_for(const std::vector<std::string>& patterns) {
  std::vector<std::string> labels;
  for (const backend_choice& each : expand_backends(patterns)) labels.push_back(each.label);
  return labels;
}

TEST(ExpandBackends, OtherRuntimesAreNamedOnlyByPatternsThatBeginWithThem) {
  for (const char* const pattern : {"*", "p*", "*thread*"}) {
    EXPECT_THAT(labels_for({pattern}), testing::Not(testing::Contains(HasSubstr("python"))))
        << pattern;
  }
  EXPECT_THAT(labels_for({"python-*"}),
              testing::ElementsAre("python-asyncio", "python-process", "python-shared-memory",
                                   "python-thread"));
  EXPECT_THAT(labels_for({"python-thread"}), testing::ElementsAre("python-thread"));
  EXPECT_THAT(labels_for({"*"}), testing::Not(testing::Contains("external")));
}

TEST(ParseBackend, TakesTextsAsTheyAre) {
  EXPECT_EQ(parse_backend("python-thread:python=/usr/bin/python3.11").options.at("python"),
            "/usr/bin/python3.11");
}

TEST(ParseBackend, TakesEveryValueThatMakesSense) {
  for (const char* text :
       {"process:start=forkserver,workers=auto", "coroutine+process:start=spawn",
        "thread:workers=3", "shared-memory:spin=0", "shared-memory:spin=auto,workers=1"}) {
    EXPECT_EQ(complaint_about(text), "no usage_error") << text;
  }
}

}  // namespace
}  // namespace regatta::test
