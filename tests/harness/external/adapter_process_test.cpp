// SPDX-License-Identifier: Apache-2.0
#include "harness/external/adapter_process.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <system_error>

namespace regatta::test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

adapter_command shell(const std::string& script) { return {"sh", {"-c", script}}; }

std::string fault_of(auto action) {
  try {
    action();
  } catch (const adapter_fault& fault) {
    return fault.what();
  }
  return "none";
}

TEST(AdapterProcess, LinesGoInAndComeOut) {
  adapter_process adapter(shell("while read -r line; do echo \"heard $line\"; done"), -1);
  adapter.send("one\n");
  EXPECT_EQ(adapter.receive(), "heard one");
  adapter.send("two\nthree\n");
  EXPECT_EQ(adapter.receive(), "heard two");
  EXPECT_EQ(adapter.receive(10s), "heard three");
}

TEST(AdapterProcess, ALineMayComeInPieces) {
  adapter_process adapter(shell("printf 'half'; sleep 0.02; printf ' of it\\nnext\\n'; read x"),
                          -1);
  EXPECT_EQ(adapter.receive(), "half of it");
  EXPECT_EQ(adapter.receive(), "next");
}

TEST(AdapterProcess, AnEndIsToldWithTheLastWords) {
  adapter_process adapter(shell("echo first >&2; echo 'no such module' >&2; exit 3"), -1);
  EXPECT_EQ(fault_of([&] { adapter.receive(); }),
            "exited with code 3; its last words: no such module");
}

TEST(AdapterProcess, AnEndBySignalIsToldByItsName) {
  adapter_process adapter(shell("kill -SEGV $$"), -1);
  EXPECT_EQ(fault_of([&] { adapter.receive(); }), "was killed by SIGSEGV");
}

TEST(AdapterProcess, WritingToADeadAdapterIsAFaultNotASignal) {
  adapter_process adapter(shell("exit 0"), -1);
  const std::string much(1 << 20, 'x');
  EXPECT_EQ(fault_of([&] {
              for (int i = 0; i < 10; ++i) adapter.send(much);
            }),
            "exited with code 0");
}

TEST(AdapterProcess, SilenceIsToldByItsLength) {
  adapter_process adapter(shell("read x"), -1);
  EXPECT_EQ(fault_of([&] { adapter.receive(20ms); }), "was silent for 0.02 s");
}

TEST(AdapterProcess, AProgramThatIsMissingIsNamed) {
  try {
    adapter_process({"no-such-program-here", {}}, -1);
    FAIL();
  } catch (const std::system_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("cannot start no-such-program-here"));
  }
}

}  // namespace
}  // namespace regatta::test
