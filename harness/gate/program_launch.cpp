// SPDX-License-Identifier: Apache-2.0
#include "harness/gate/program_launch.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "harness/platform/unique_fd.hpp"
#include "harness/runner/cell_process.hpp"

namespace regatta {
namespace {

using std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::size_t tail_bytes = 4096;

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

[[noreturn]] void fail(const char* during) {
  throw std::system_error(errno, std::generic_category(), during);
}

// A started program; killed with its group and reaped at the latest when this object ends.
class running_program {
 public:
  running_program(const program_launch& what, int error_output) {
    const unique_fd nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
    if (!nothing) fail("opening /dev/null");
    spawn_request request{.program = what.program,
                          .arguments = what.arguments,
                          .descriptors = {{nothing.get(), STDIN_FILENO}},
                          .own_group = true,
                          .environment = what.environment,
                          .forked = what.forked,
                          .foreign = true};
    const bool wants_output =
        std::any_of(what.descriptors.begin(), what.descriptors.end(),
                    [](const auto& each) { return each.second == STDOUT_FILENO; });
    if (!wants_output) request.descriptors.emplace_back(nothing.get(), STDOUT_FILENO);
    request.descriptors.emplace_back(error_output, STDERR_FILENO);
    request.descriptors.insert(request.descriptors.end(), what.descriptors.begin(),
                               what.descriptors.end());
    pid_ = spawn(request);
    // Not by <sys/pidfd.h>: that of glibc 2.36 lacks extern "C".
    handle_ = unique_fd(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
    if (!handle_) {
      reap();
      fail("pidfd_open");
    }
  }
  ~running_program() {
    if (pid_ > 0) reap();
  }
  running_program(const running_program&) = delete;
  running_program& operator=(const running_program&) = delete;

  /// Readable once it has ended.
  int handle() const { return handle_.get(); }

  /// Kills the group first: while its leader is not reaped, nobody else can have the number.
  std::pair<exit_status, rusage> reap() {
    ::kill(-pid_, SIGKILL);
    int status = 0;
    rusage usage{};
    while (::wait4(pid_, &status, 0, &usage) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    if (WIFSIGNALED(status)) return {{.code = 0, .signal = WTERMSIG(status)}, usage};
    return {{.code = WEXITSTATUS(status), .signal = 0}, usage};
  }

 private:
  pid_t pid_ = -1;
  unique_fd handle_;
};

// Reads what is there; false at its end.
bool read_tail(int pipe, std::string& tail) {
  std::array<char, tail_bytes> part;
  const ssize_t got = ::read(pipe, part.data(), part.size());
  if (got > 0) {
    tail.append(part.data(), static_cast<std::size_t>(got));
    if (tail.size() > tail_bytes) tail.erase(0, tail.size() - tail_bytes);
  }
  return got > 0;
}

std::string last_line(std::string text) {
  constexpr const char* blanks = " \t\r\n";
  text.erase(text.find_last_not_of(blanks) + 1);
  const auto begin = text.find_last_of('\n') + 1;
  const auto first = text.find_first_not_of(blanks, begin);
  std::string line = first == std::string::npos ? "" : text.substr(first);
  std::erase_if(line, [](unsigned char each) { return each < ' '; });  // escape sequences
  return line;
}

}  // namespace

std::optional<std::string> launch_result::failure() const {
  if (timed_out) return fmt::format("gave no answer within {:.3g} s", wall);
  if (status.code == 0 && status.signal == 0) return std::nullopt;
  return status.describe() + (last_words.empty() ? "" : ": " + last_words);
}

launch_result run_to_end(const program_launch& what, const std::function<bool()>& stop) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) fail("pipe for a program's stderr");
  const unique_fd errors(ends[0]);
  unique_fd error_output(ends[1]);
  ::fcntl(error_output.get(), F_SETFL, 0);  // only our end must not block

  launch_result result;
  std::string tail;
  const auto began = steady_clock::now();
  running_program program(what, error_output.get());
  error_output.reset();
  std::array<pollfd, 2> watched{pollfd{program.handle(), POLLIN, 0},
                                pollfd{errors.get(), POLLIN, 0}};
  while (watched[0].revents == 0) {
    if (stop()) throw interrupted_run{};
    const auto left = what.limit - (steady_clock::now() - began);
    if (left <= 0s) {
      result.timed_out = true;
      break;
    }
    const auto patience = std::chrono::ceil<std::chrono::milliseconds>(left);
    const int ready = ::poll(watched.data(), watched.size(),
                             static_cast<int>(std::min<std::int64_t>(100, patience.count())));
    if (ready <= 0) continue;  // nothing yet, or a signal
    if (watched[1].revents != 0 && !read_tail(errors.get(), tail)) watched[1].fd = -1;
  }
  const auto wall = result.timed_out ? what.limit : steady_clock::now() - began;
  result.wall = std::chrono::duration<double>(wall).count();
  const auto [status, usage] = program.reap();
  // What the pipe can hold: a process that has left the group may go on writing for ever.
  for (int reads = 0; reads < 16 && read_tail(errors.get(), tail); ++reads) {
  }
  result.last_words = last_line(std::move(tail));
  result.status = status;
  result.cpu = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  result.max_rss = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
  return result;
}

std::string layout_padding(std::mt19937_64& random) {
  return "REGATTA_PADDING=" + std::string(random() % 4096, 'x');
}

std::uint64_t inherited_rss() {
  const pid_t pid = ::fork();
  if (pid < 0) fail("fork");
  if (pid == 0) ::_exit(0);
  rusage usage{};
  while (::wait4(pid, nullptr, 0, &usage) < 0 && errno == EINTR) {
  }
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

std::string text_in(int file) {
  std::string text;
  std::array<char, 65536> part;
  for (;;) {
    const ssize_t got = ::pread(file, part.data(), part.size(), static_cast<off_t>(text.size()));
    if (got <= 0) return text;
    text.append(part.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace regatta
