// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/python_frames.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/profiling/culprit.hpp"
#include "harness/profiling/process_symbols.hpp"
#include "harness/profiling/waiting_capture.hpp"
#include "tests/harness/profiling/stacks/temporary_folder.hpp"
#include "tests/harness/profiling/stacks/watched_child.hpp"

namespace regatta::profiling {
namespace {

using test::watched_child;

// The lines are what the tests expect.
constexpr const char* script = R"(import sys, threading, time

def wait_long():
    value = [
        1,
        time.sleep(1000),
    ]
    return value

class service:
    def handle(self, request):
        return list(map(lambda item: wait_long(), [request]))  # through C code

def outer():
    def größe():  # names need not be ASCII
        yield service().handle(1)
    return list(größe())

print("ready", flush=True)
if sys.argv[1] == "thread":
    worker = threading.Thread(target=outer, daemon=True)
    worker.start()
    worker.join()
else:
    outer()
)";

// Of that version: Debian's, or one of pyenv's.
std::optional<std::string> interpreter(const std::string& version) {
  std::vector<std::string> found;
  for (const char* const folder : {"/usr/bin/", "/usr/local/bin/"}) {
    found.push_back(folder + ("python" + version));
  }
  const char* const home = std::getenv("HOME");
  std::error_code error;
  const std::filesystem::path versions =
      std::string(home != nullptr ? home : "") + "/.pyenv/versions";
  for (const auto& entry : std::filesystem::directory_iterator(versions, error)) {
    if (entry.path().filename().string().starts_with(version + ".")) {
      found.push_back(entry.path() / "bin/python3");
    }
  }
  for (const std::string& path : found) {
    if (::access(path.c_str(), X_OK) == 0) return path;
  }
  return std::nullopt;
}

struct python_place {
  std::string function;
  unsigned line = 0;
  bool operator==(const python_place&) const = default;
};
void PrintTo(const python_place& place, std::ostream* out) {
  *out << place.function << ":" << place.line;
}

std::vector<python_place> python_places(const named_stack& stack, const std::string& file) {
  std::vector<python_place> places;
  for (const profile_frame& frame : stack.frames) {
    if (frame.module == python_module && frame.file == file) {
      places.push_back({frame.function, frame.line});
    }
  }
  return places;
}

class PythonFrames : public testing::TestWithParam<std::string> {
 protected:
  // nullopt after a failure or a skip.
  std::optional<named_stack> stack_of(const std::string& how) {
    const auto program = interpreter(GetParam());
    if (!program) {
      skipped_ = "there is no Python " + GetParam();
      return std::nullopt;
    }
    std::ofstream(file_) << script;
    watched_child child(*program, {file_, how});
    EXPECT_TRUE(child.is_ready());
    const auto thread = child.thread_in(SYS_clock_nanosleep);
    EXPECT_TRUE(thread);
    process_symbols names(child.pid());
    std::optional<captured_stack> captured;
    EXPECT_TRUE(test::eventually([&] {
      return (captured = capture_waiting_thread(child.pid(), thread.value_or(0))).has_value();
    }));
    return names.stack(captured.value_or(captured_stack{}));
  }

  test::temporary_folder folder_;
  std::string file_ = folder_.file("service.py");
  std::string skipped_;
};

TEST_P(PythonFrames, ReplaceThoseOfTheInterpreter) {
  const auto stack = stack_of("main");
  if (!stack) GTEST_SKIP() << skipped_;
  EXPECT_EQ(stack->note, "");
  EXPECT_TRUE(stack->complete);
  EXPECT_EQ(python_places(*stack, file_),
            (std::vector<python_place>{{"wait_long", 6},
                                       {"service.handle.<locals>.<lambda>", 12},
                                       {"service.handle", 12},
                                       {"outer.<locals>.größe", 16},
                                       {"outer", 17},
                                       {"<module>", 25}}));
  EXPECT_TRUE(std::none_of(stack->frames.begin(), stack->frames.end(), is_python_evaluation));
  const profile_frame* const blocker = culprit(stack->frames);
  ASSERT_NE(blocker, nullptr);
  EXPECT_EQ(blocker->function, "wait_long");
}

TEST_P(PythonFrames, AreThoseOfTheThread) {
  const auto stack = stack_of("thread");
  if (!stack) GTEST_SKIP() << skipped_;
  EXPECT_EQ(stack->note, "");
  EXPECT_TRUE(stack->complete);
  const auto places = python_places(*stack, file_);
  ASSERT_EQ(places.size(), 5U);
  EXPECT_EQ(places.front(), (python_place{"wait_long", 6}));
  EXPECT_EQ(places.back(), (python_place{"outer", 17}));
}

INSTANTIATE_TEST_SUITE_P(Of, PythonFrames, testing::Values("3.11", "3.12", "3.13"),
                         [](const auto& instance) {
                           return "Version3_" + instance.param.substr(2);
                         });

TEST(PythonFramesOfAnotherVersion, AreNotKnownAndTheNativeOnesRemain) {
  const auto program = interpreter("3.10");
  if (!program) GTEST_SKIP() << "there is no Python 3.10";
  const test::temporary_folder folder;
  const std::string file = folder.file("service.py");
  std::ofstream(file) << script;
  watched_child child(*program, {file, "main"});
  ASSERT_TRUE(child.is_ready());
  const auto thread = child.thread_in(SYS_pselect6);
  ASSERT_TRUE(thread);
  process_symbols names(child.pid());
  std::optional<captured_stack> captured;
  ASSERT_TRUE(test::eventually(
      [&] { return (captured = capture_waiting_thread(child.pid(), *thread)).has_value(); }));
  const named_stack stack = names.stack(*captured);
  EXPECT_TRUE(stack.complete);
  EXPECT_TRUE(std::any_of(stack.frames.begin(), stack.frames.end(), is_python_evaluation));
  EXPECT_NE(stack.note.find("3.11"), std::string::npos) << stack.note;
}

profile_frame native(const std::string& function) {
  return {.function = function, .file = {}, .module = "/usr/bin/python3.11"};
}
profile_frame python(const std::string& function) {
  return {.function = function, .file = {}, .module = python_module};
}

using evaluations = std::vector<python_frames::evaluation>;

python_frames::evaluation evaluation(std::vector<profile_frame> functions, std::uint64_t code = 0) {
  return {std::move(functions), code, code + 100};
}

TEST(MergePython, PutsEachEvaluationWhereItsNativeFrameWas) {
  const std::vector<profile_frame> stack{native("sleep"), native("_PyEval_EvalFrameDefault"),
                                         native("map_next"), native("_PyEval_EvalFrameDefault"),
                                         native("_start")};
  const std::vector<profile_frame> expected{native("sleep"),    python("a"), python("b"),
                                            native("map_next"), python("c"), native("_start")};
  EXPECT_EQ(merge_python(stack, evaluations{evaluation({python("a"), python("b")}),
                                            evaluation({python("c")})}),
            expected);
}

TEST(MergePython, LeavesTheNativeFrameWhereTheFunctionsAreNotKnown) {
  const std::vector<profile_frame> stack{native("_PyEval_EvalFrameDefault"), native("map_next"),
                                         native("_PyEval_EvalFrameDefault")};
  const auto merged = merge_python(stack, evaluations{{}, evaluation({python("c")})});
  EXPECT_EQ(merged, (std::vector<profile_frame>{stack[0], stack[1], python("c")}));
}

TEST(MergePython, AddsWhatIsFartherOutThanTheNativeStackReaches) {
  const std::vector<profile_frame> stack{native("_PyEval_EvalFrameDefault")};
  const auto merged =
      merge_python(stack, evaluations{evaluation({python("a")}), evaluation({python("b")})});
  EXPECT_EQ(merged, (std::vector<profile_frame>{python("a"), python("b")}));
}

// With a pointer into the bytecode at `code`.
captured_stack pointing_at(std::uint64_t code) {
  captured_stack captured;
  captured.registers[3] = 1;  // known
  captured.stack.resize(64);
  std::memcpy(captured.stack.data() + 24, &code, sizeof(code));
  return captured;
}

const evaluations three{evaluation({python("a")}, 1000), evaluation({python("b")}, 2000),
                        evaluation({python("c")}, 3000)};

TEST(MatchEvaluations, BelievesWhatTheCaptureKnowsAndItsCallers) {
  EXPECT_EQ(match_evaluations(three, pointing_at(1050), 3, true), three);
  EXPECT_EQ(match_evaluations(three, pointing_at(2050), 3, true),
            (evaluations{{}, three[1], three[2]}));
  EXPECT_EQ(match_evaluations(three, pointing_at(5000), 3, true), evaluations(3));
}

TEST(MatchEvaluations, ComparesFromTheOuterEndWhenTheThreadWentOn) {
  EXPECT_EQ(match_evaluations(three, pointing_at(3000), 2, true), (evaluations{{}, three[2]}));
  EXPECT_EQ(match_evaluations(three, pointing_at(1000), 4, true),
            (evaluations{{}, three[0], three[1], three[2]}));
  // The rest is farther out than the stack was unwound.
  EXPECT_EQ(match_evaluations(three, pointing_at(1000), 2, false), three);
}

TEST(MatchEvaluations, CompareTheNumberAloneWithoutRegisters) {
  captured_stack captured = pointing_at(5000);
  captured.registers = {};
  EXPECT_EQ(match_evaluations(three, captured, 3, true), three);
  EXPECT_EQ(match_evaluations(three, captured, 2, true), evaluations(2));
  EXPECT_EQ(match_evaluations({}, captured, 1, true), evaluations(1));
}

// In both the loop of the interpreter is entered as often.
constexpr const char* alternating = R"(import sys

def spin():
    for i in range(1 << 62):
        pass

def wait():
    sys.stdin.read(1)
    spin()

print("ready", flush=True)
wait()
)";

TEST_P(PythonFrames, AreNotThoseOfWhatCameAfterwards) {
  const auto program = interpreter(GetParam());
  if (!program) GTEST_SKIP() << "there is no Python " << GetParam();
  std::ofstream(file_) << alternating;
  watched_child child(*program, {file_});
  ASSERT_TRUE(child.is_ready());
  ASSERT_TRUE(child.thread_in(SYS_read));
  const auto waiting = test::capture(child.pid());
  if (!waiting) GTEST_SKIP() << "ptrace is denied";
  process_symbols names(child.pid());
  const named_stack first = names.stack(*waiting);
  EXPECT_EQ(first.note, "");
  EXPECT_EQ(python_places(first, file_), (std::vector<python_place>{{"wait", 8}, {"<module>", 12}}))
      << test::text_of(first);
  child.tell();
  std::optional<captured_stack> spinning;
  ASSERT_TRUE(test::eventually([&] {
    spinning = test::capture(child.pid());
    const auto places = python_places(names.stack(spinning.value_or(captured_stack{})), file_);
    return !places.empty() && places.front().function == "spin";
  }));
  const named_stack late = names.stack(*waiting);
  for (const python_place& place : python_places(late, file_)) EXPECT_NE(place.function, "spin");
  EXPECT_NE(late.note.find("went on"), std::string::npos) << test::text_of(late);
}

}  // namespace
}  // namespace regatta::profiling
