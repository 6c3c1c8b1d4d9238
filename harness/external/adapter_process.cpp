// SPDX-License-Identifier: Apache-2.0
#include "harness/external/adapter_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "harness/gate/executable.hpp"
#include "harness/platform/child_process.hpp"
#include "harness/platform/mapping.hpp"

namespace regatta {
namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

constexpr std::size_t longest_line = std::size_t{256} << 20U;
constexpr auto time_to_end = 2s;

struct pipe_ends {
  unique_fd read, write;
};

pipe_ends make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    throw std::system_error(errno, std::generic_category(), "pipe for an adapter");
  }
  return {unique_fd(ends[0]), unique_fd(ends[1])};
}

}  // namespace

adapter_process::adapter_process(const adapter_command& command, int dataset) {
  ::signal(SIGPIPE, SIG_IGN);  // an adapter that dies is an outcome, not our end
  const auto program = find_program(command.program);
  if (!program) {
    throw std::system_error(ENOENT, std::generic_category(), "cannot start " + command.program);
  }
  pipe_ends to = make_pipe();
  pipe_ends from = make_pipe();
  errors_ = memory_file(0);
  std::vector<std::pair<int, int>> descriptors = {
      {to.read.get(), 0}, {from.write.get(), 1}, {errors_.get(), 2}};
  if (dataset >= 0) descriptors.emplace_back(dataset, 3);
  pid_ = spawn({.program = *program,
                .arguments = command.arguments,
                .descriptors = std::move(descriptors),
                .foreign = true});
  in_ = std::move(to.write);
  out_ = std::move(from.read);
}

adapter_process::~adapter_process() {
  if (pid_ <= 0) return;
  const std::string bye = bye_line();
  (void)!::write(in_.get(), bye.data(), bye.size());
  in_.reset();
  out_.reset();
  for (const auto until = steady::now() + time_to_end; steady::now() < until;) {
    if (wait_child(pid_, false)) return;
    ::poll(nullptr, 0, 5);
  }
  kill_and_reap(pid_);
}

// The end of what it wrote to stderr, on one line.
std::string adapter_process::last_words() const {
  constexpr off_t most = 300;
  const off_t size = ::lseek(errors_.get(), 0, SEEK_END);
  const off_t begin = std::max<off_t>(0, size - most);
  std::string text(static_cast<std::size_t>(std::max<off_t>(0, size - begin)), '\0');
  const ssize_t got = ::pread(errors_.get(), text.data(), text.size(), begin);
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(0, got)));
  while (!text.empty() && text.back() == '\n') text.pop_back();
  text = text.substr(text.rfind('\n') + 1);  // the last line says what a traceback is about
  for (char& each : text) {
    if (static_cast<unsigned char>(each) < 0x20) each = ' ';
  }
  return text;
}

void adapter_process::ended() {
  // It may only have closed its stdout.
  std::optional<exit_status> status;
  for (const auto until = steady::now() + time_to_end; !status && steady::now() < until;) {
    status = wait_child(pid_, false);
    if (!status) ::poll(nullptr, 0, 5);
  }
  if (!status) throw adapter_fault("closed its output");
  pid_ = -1;
  const std::string words = last_words();
  throw adapter_fault(fmt::format("{}{}", status->describe(),
                                  words.empty() ? "" : fmt::format("; its last words: {}", words)));
}

void adapter_process::send(std::string_view line) {
  while (!line.empty()) {
    const ssize_t put = ::write(in_.get(), line.data(), line.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) ended();
    line.remove_prefix(static_cast<std::size_t>(put));
  }
}

std::string_view adapter_process::receive(std::optional<time_limit> limit) {
  read_.erase(0, used_);
  used_ = 0;
  const auto until = steady::now() + limit.value_or(0ms);
  std::size_t searched = 0;
  for (;;) {
    const std::size_t end = read_.find('\n', searched);
    if (end != std::string::npos) {
      used_ = end + 1;
      return std::string_view(read_).substr(0, end);
    }
    searched = read_.size();
    if (read_.size() > longest_line) throw adapter_fault("said a line that does not end");
    if (limit) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - steady::now());
      pollfd entry{out_.get(), POLLIN, 0};
      const int ready =
          ::poll(&entry, 1, static_cast<int>(std::max<std::int64_t>(0, left.count())));
      if (ready < 0 && errno == EINTR) continue;
      if (ready == 0)
        throw adapter_fault(fmt::format("was silent for {:g} s", limit->count() / 1e3));
    }
    constexpr std::size_t part = std::size_t{64} << 10U;
    read_.resize(searched + part);
    const ssize_t got = ::read(out_.get(), read_.data() + searched, part);
    const int error = errno;
    read_.resize(searched + static_cast<std::size_t>(std::max<ssize_t>(0, got)));
    if (got < 0 && error == EINTR) continue;
    if (got <= 0) ended();
  }
}

}  // namespace regatta
