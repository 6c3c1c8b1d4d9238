// SPDX-License-Identifier: Apache-2.0
#include "harness/platform/child_process.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <system_error>

#include "harness/platform/unique_fd.hpp"
#include "tests/support/children.hpp"

namespace regatta {
namespace {

struct pipe_ends {
  pipe_ends() {
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    read = unique_fd(ends[0]);
    write = unique_fd(ends[1]);
  }
  // Everything, to the last writer's end; what has not ended in 20 s never will.
  std::string drain() {
    write.reset();
    std::string text;
    char bytes[256];
    pollfd entry{read.get(), POLLIN, 0};
    while (::poll(&entry, 1, 20'000) > 0) {
      const ssize_t got = ::read(read.get(), bytes, sizeof(bytes));
      if (got <= 0) return text;
      text.append(bytes, static_cast<std::size_t>(got));
    }
    return text + "<still open>";
  }
  unique_fd read, write;
};

spawn_request shell(const std::string& script) {
  return {.program = "/bin/sh", .arguments = {"-c", script}, .descriptors = {}};
}

TEST(ExitStatus, IsDescribedInWords) {
  EXPECT_EQ((exit_status{.code = 3, .signal = 0}).describe(), "exited with code 3");
  EXPECT_EQ((exit_status{.code = 0, .signal = SIGSEGV}).describe(), "was killed by SIGSEGV");
  EXPECT_EQ((exit_status{.code = 0, .signal = SIGRTMIN + 3}).describe(),
            "was killed by signal " + std::to_string(SIGRTMIN + 3));
}

TEST(Spawn, StartsAProgramElsewhereAsAnotherUser) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root may";
  pipe_ends output;
  auto request = shell("id -u; id -G; pwd");
  request.descriptors = {{output.write.get(), 1}};
  request.user = user_identity{65534, 65534};
  request.directory = "/usr";
  pid_t pid = spawn(request);
  EXPECT_EQ(output.drain(), "65534\n65534\n/usr\n");
  EXPECT_EQ(wait_child(pid, true)->describe(), "exited with code 0");
  EXPECT_EQ(::geteuid(), 0U) << "it was the child that became somebody else";
  request.directory = "/nonexistent";
  EXPECT_THROW(spawn(request), std::system_error);
}

TEST(Spawn, PassesArgumentsAndTellsHowItEnded) {
  auto request = shell("exit $1");
  request.arguments.insert(request.arguments.end(), {"name", "7"});
  const auto status = wait_child(spawn(request), true);
  ASSERT_TRUE(status);
  EXPECT_EQ(status->describe(), "exited with code 7");
  EXPECT_EQ(wait_child(spawn(shell("kill -TERM $$")), true)->describe(), "was killed by SIGTERM");
}

TEST(Spawn, PassesDescriptorsUnderTheirNewNumbers) {
  pipe_ends three;
  pipe_ends four;
  auto request = shell("echo to three >&3; echo to four >&4");
  request.descriptors = {{three.write.get(), 3}, {four.write.get(), 4}};
  const pid_t pid = spawn(request);
  EXPECT_EQ(three.drain(), "to three\n");
  EXPECT_EQ(four.drain(), "to four\n");
  EXPECT_EQ(wait_child(pid, true)->code, 0);
}

TEST(Spawn, SwapsNumbersThatAreInEachOthersWay) {
  pipe_ends first;
  pipe_ends second;
  const int a = first.write.get();
  const int b = second.write.get();
  // By their files: dash's >& takes one digit.
  auto request = shell("echo first >/proc/self/fd/" + std::to_string(b) +
                       "; echo second >/proc/self/fd/" + std::to_string(a));
  request.descriptors = {{a, b}, {b, a}};
  const pid_t pid = spawn(request);
  EXPECT_EQ(first.drain(), "first\n");
  EXPECT_EQ(second.drain(), "second\n");
  wait_child(pid, true);
}

// A cell with many connections has descriptors of any number.
TEST(Spawn, PassesDescriptorsWithHighNumbers) {
  pipe_ends three;
  pipe_ends four;
  unique_fd high(::fcntl(three.write.get(), F_DUPFD_CLOEXEC, 201));
  unique_fd higher(::fcntl(four.write.get(), F_DUPFD_CLOEXEC, 200));
  ASSERT_EQ(high.get(), 201);
  ASSERT_EQ(higher.get(), 200);
  auto request = shell("echo to three >&3; echo to four >&4");
  request.descriptors = {{high.get(), 3}, {higher.get(), 4}};
  three.write.reset();
  four.write.reset();
  const pid_t pid = spawn(request);
  high.reset();
  higher.reset();
  EXPECT_EQ(three.drain(), "to three\n");
  EXPECT_EQ(four.drain(), "to four\n");
  wait_child(pid, true);
}

TEST(Spawn, ClosesAllOthers) {
  pipe_ends passed;
  pipe_ends kept_back;
  // Both without CLOEXEC: spawn itself must see to it.
  const unique_fd low(::dup(kept_back.read.get()));
  const unique_fd high(::fcntl(kept_back.read.get(), F_DUPFD, 300));
  auto request = shell(
      "n=0; while [ $n -lt 400 ]; do [ -e /proc/$$/fd/$n ] && printf '%s ' $n; n=$((n+1)); done "
      ">&5");
  request.descriptors = {{passed.write.get(), 5}};
  const pid_t pid = spawn(request);
  EXPECT_EQ(passed.drain().substr(0, 8), "0 1 2 5 ");
  wait_child(pid, true);
}

TEST(Spawn, AProgramThatCannotBeStartedIsASystemErrorThatNamesIt) {
  const auto children = test::all_children();
  try {
    spawn({.program = "/nowhere/at/all", .arguments = {}, .descriptors = {}});
    ADD_FAILURE() << "started";
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code(), std::errc::no_such_file_or_directory);
    EXPECT_NE(std::string(error.what()).find("/nowhere/at/all"), std::string::npos);
  }
  EXPECT_THROW(spawn({.program = "/etc", .arguments = {}, .descriptors = {}}), std::system_error);
  EXPECT_EQ(test::child_since(children), 0) << "and leaves no zombie";
}

TEST(Spawn, AFailureIsToldWhenDescriptorsArePassedToo) {
  pipe_ends some;
  const unique_fd high(::fcntl(some.write.get(), F_DUPFD_CLOEXEC, 201));
  EXPECT_THROW(
      spawn({.program = "/nowhere", .arguments = {}, .descriptors = {{some.write.get(), 3}}}),
      std::system_error);
  EXPECT_THROW(spawn({.program = "/nowhere", .arguments = {}, .descriptors = {{high.get(), 3}}}),
               std::system_error);
}

TEST(Spawn, ASignalBlockedHereIsNotBlockedThere) {
  sigset_t blocked;
  sigset_t before;
  ::sigemptyset(&blocked);
  ::sigaddset(&blocked, SIGTERM);
  ::sigprocmask(SIG_BLOCK, &blocked, &before);
  const pid_t pid = spawn(shell("kill -TERM $$; exit 9"));
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  EXPECT_EQ(wait_child(pid, true)->describe(), "was killed by SIGTERM");
}

TEST(Spawn, AnOwnGroupIsTheChildsOwn) {
  auto request = shell("exec cat");
  pipe_ends input;
  request.descriptors = {{input.read.get(), 0}};
  request.own_group = true;
  pid_t pid = spawn(request);
  EXPECT_EQ(::getpgid(pid), pid);
  kill_and_reap(pid);
  EXPECT_EQ(pid, -1);
}

TEST(WaitChild, WithoutBlockingSaysNothingOfAChildThatRuns) {
  pipe_ends input;
  auto request = shell("read line; exit 4");
  request.descriptors = {{input.read.get(), 0}};
  const pid_t pid = spawn(request);
  EXPECT_EQ(wait_child(pid, false), std::nullopt);
  input.write.reset();
  EXPECT_EQ(wait_child(pid, true)->code, 4);
}

TEST(KillAndReap, IsHarmlessTwice) {
  pid_t pid = spawn(shell("while :; do :; done"));
  kill_and_reap(pid);
  kill_and_reap(pid);
  EXPECT_EQ(pid, -1);
}

TEST(SelfPath, IsThisProgram) {
  EXPECT_TRUE(std::filesystem::equivalent(self_path(), "/proc/self/exe"));
}

TEST(DieWithParent, AGrandchildGoesWhenTheMiddleProcessIsKilled) {
  pipe_ends life;
  pid_t middle = ::fork();
  ASSERT_GE(middle, 0);
  if (middle == 0) {
    const pid_t self = ::getpid();
    if (::fork() == 0) {
      die_with_parent(self);
      (void)!::write(life.write.get(), "r", 1);
    }
    for (;;) ::pause();
  }
  char ready = 0;
  ASSERT_EQ(::read(life.read.get(), &ready, 1), 1);
  kill_and_reap(middle);
  EXPECT_EQ(life.drain(), "") << "the grandchild lives and holds the pipe";
}

TEST(DieWithParent, AChildWhoseParentHasGoneEndsAtOnce) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    die_with_parent(1'999'999'999);
    ::_exit(77);
  }
  EXPECT_EQ(wait_child(child, true)->code, 1);
}

volatile sig_atomic_t handled_elsewhere = 0;
pid_t handlers_owner = 0;

// The program in which signals come all the time, to its children as well: 1 if a handler of its
// own ran in one of them.
[[noreturn]] void start_programs_under_signals() {
  ::setpgid(0, 0);
  handlers_owner = ::getpid();
  struct sigaction action {};
  action.sa_handler = [](int) {
    if (::syscall(SYS_getpid) != handlers_owner) handled_elsewhere = 1;
  };
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGUSR1, &action, nullptr);
  const pid_t sender = ::fork();
  if (sender == 0) {
    ::signal(SIGUSR1, SIG_IGN);
    while (::getppid() == handlers_owner) ::kill(-handlers_owner, SIGUSR1);
    ::_exit(0);
  }
  for (int i = 0; i < 200; ++i) {
    spawn_request request;
    request.program = "/bin/true";
    request.arguments = {"true"};
    wait_child(spawn(request), true);
  }
  ::kill(sender, SIGKILL);
  ::waitpid(sender, nullptr, 0);
  ::_exit(handled_elsewhere);
}

TEST(ChildProcess, NoHandlerOfOursRunsInTheChild) {
  const pid_t program = ::fork();
  if (program == 0) start_programs_under_signals();
  const auto status = wait_child(program, true);
  ASSERT_TRUE(status.has_value());
  EXPECT_EQ(status->signal, 0);
  EXPECT_EQ(status->code, 0) << "a handler ran in memory that the child shared";
}

}  // namespace
}  // namespace regatta
