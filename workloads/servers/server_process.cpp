// SPDX-License-Identifier: Apache-2.0
#include "workloads/servers/server_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include "harness/platform/child_process.hpp"
#include "harness/platform/unique_fd.hpp"

namespace regatta {
namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

constexpr int announce_at = 3;  // the child's descriptor for telling its port
constexpr auto start_patience = 5s;
constexpr auto end_patience = 1s;

/// The line the child writes when it listens; what arrived so far if it ends or dawdles.
std::string read_announcement(int fd) {
  std::string line;
  const auto deadline = steady::now() + start_patience;
  while (!line.ends_with('\n')) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - steady::now());
    pollfd readable{fd, POLLIN, 0};
    const int ready = left.count() > 0 ? ::poll(&readable, 1, static_cast<int>(left.count())) : 0;
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) break;
    char bytes[16];
    const ssize_t count = ::read(fd, bytes, sizeof(bytes));
    if (count <= 0) break;
    line.append(bytes, static_cast<std::size_t>(count));
  }
  return line;
}

}  // namespace

server_process::server_process(std::string name, std::vector<std::string> arguments)
    : name_(std::move(name)) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    throw std::system_error(errno, std::generic_category(), "pipe for " + name_);
  }
  const unique_fd read_end(ends[0]);
  unique_fd write_end(ends[1]);
  for (const std::string& each : {std::string("--parent"), std::to_string(::getpid()),
                                  std::string("--announce-fd"), std::to_string(announce_at)}) {
    arguments.push_back(each);
  }
  pid_ = spawn({.program = self_path(),
                .arguments = std::move(arguments),
                .descriptors = {{write_end.get(), announce_at}},
                .own_group = true});
  write_end.reset();
  const std::string line = read_announcement(read_end.get());
  if (line.ends_with('\n')) {
    port_ = line.substr(0, line.size() - 1);
    return;
  }
  // A process closes its pipe some milliseconds before it can be waited for.
  for (int tries = 0; tries < 100 && !failure(); ++tries) std::this_thread::sleep_for(1ms);
  const std::string why = failure().value_or(
      fmt::format("{} (pid {}) did not start in {} s", name_, pid_, start_patience.count()));
  kill_and_reap(pid_);
  throw std::runtime_error(why);
}

server_process::~server_process() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGTERM);
  const auto deadline = steady::now() + end_patience;
  while (steady::now() < deadline) {
    if (wait_child(pid_, false)) return;
    std::this_thread::sleep_for(1ms);
  }
  kill_and_reap(pid_);
}

std::optional<std::string> server_process::failure() {
  if (pid_ <= 0) return failure_;
  if (const auto end = wait_child(pid_, false)) {
    failure_ = fmt::format("{} (pid {}) {}", name_, pid_, end->describe());
    pid_ = -1;
  }
  return failure_;
}

void announce_port(int fd, std::uint16_t port) {
  const unique_fd owned(fd);
  const std::string line = fmt::format("{}\n", port);
  if (::write(fd, line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
    throw std::runtime_error(fmt::format("cannot announce the port on descriptor {}", fd));
  }
}

}  // namespace regatta
