// SPDX-License-Identifier: Apache-2.0
#include "harness/process/worker_start.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "harness/interpreter/interpreter.hpp"
#include "harness/load/serve_items.hpp"
#include "harness/platform/child_process.hpp"
#include "harness/platform/process_usage.hpp"
#include "harness/process/worker.hpp"
#include "harness/process/worker_protocol.hpp"

namespace regatta {
namespace {

[[noreturn]] void fail(const char* during) {
  throw std::system_error(errno, std::generic_category(), during);
}

std::pair<unique_fd, unique_fd> socket_pair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    fail("socket pair for a worker process");
  }
  return {unique_fd(ends[0]), unique_fd(ends[1])};
}

// A worker's socket, its progress and, if they are wanted, the measures.
using worker_files = std::vector<int>;
constexpr std::size_t most_worker_files = 3;

// After fork, in the child: keep these, as the descriptors of a worker, and nothing else. A
// descriptor of a sibling kept here would hide that sibling's death from the cell.
void keep_only(worker_files files) {
  // Out of each other's way first: one may already have another's number.
  for (int& file : files) file = ::fcntl(file, F_DUPFD, worker_measures_file + 1);
  int number = worker_socket;
  for (const int file : files) ::dup2(file, number++);
  ::syscall(SYS_close_range, number, ~0U, 0);
}

bool one_thread() {
  const auto memory = memory_of(::getpid());
  return memory && memory->threads == 1;
}

void send_all(int socket, bytes_view bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) fail("sending the dataset to a worker process");
    bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
}

std::uint64_t send_setup(int socket, const backend_setup& setup) {
  const std::string json = nlohmann::json{
      {"workload", setup.info.name},
      {"endpoints", setup.endpoints},
      {"lock", to_string(interpreter::in_use())},
      {"api_key", setup.api_key},
      {"measures", setup.measures_file >=
                       0}}.dump();
  buffer head;
  append(head, message_header{.kind = message_kind::setup,
                              .argument = json.size(),
                              .size = json.size() + setup.dataset.size()});
  send_all(socket, head);
  send_all(socket, as_bytes(json));
  send_all(socket, setup.dataset);
  return setup.dataset.size();
}

void await_ready(int socket) {
  message_header head;
  const ssize_t got = ::recv(socket, &head, sizeof(head), MSG_WAITALL);
  if (got != sizeof(head) || head.kind != message_kind::ready) {
    throw std::runtime_error("a worker process ended before it was ready");
  }
}

// A child of our parent, not of us: only so can the cell, which is our parent, wait for it.
pid_t fork_sibling() {
  return static_cast<pid_t>(
      ::syscall(SYS_clone, CLONE_PARENT | SIGCHLD, nullptr, nullptr, nullptr, nullptr));
}

}  // namespace

start_method parse_start_method(const std::string& text) {
  if (text == "fork") return start_method::fork;
  if (text == "forkserver") return start_method::forkserver;
  if (text == "spawn") return start_method::spawn;
  throw std::invalid_argument("option start is one of fork, forkserver and spawn, not '" + text +
                              "'");
}

[[noreturn]] void serve_forks(int socket, pid_t cell) {
  die_with_parent(cell);
  for (;;) {
    char byte = 0;
    iovec part{&byte, 1};
    alignas(cmsghdr) char control[CMSG_SPACE(most_worker_files * sizeof(int))];
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof(control);
    if (::recvmsg(socket, &message, MSG_CMSG_CLOEXEC) <= 0) ::_exit(0);
    const cmsghdr* const head = CMSG_FIRSTHDR(&message);
    worker_files files((head->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    std::memcpy(files.data(), CMSG_DATA(head), files.size() * sizeof(int));
    const pid_t pid = fork_sibling();
    if (pid == 0) {
      keep_only(files);
      serve_as_fresh_worker(cell);
    }
    for (const int file : files) ::close(file);
    if (::send(socket, &pid, sizeof(pid), MSG_NOSIGNAL) != sizeof(pid)) ::_exit(0);
  }
}

fork_server::fork_server(start_method how) : how_(how) { start(); }

void fork_server::start() {
  auto [ours, theirs] = socket_pair();
  const pid_t cell = ::getpid();
  if (how_ == start_method::spawn) {
    // Not by its path: the file may have been replaced by another build, and kernels travel by
    // their place in this one.
    pid_ = spawn({.program = "/proc/self/exe",
                  .arguments = {"internal-fork-server", std::to_string(cell)},
                  .descriptors = {{theirs.get(), worker_socket}}});
  } else {
    pid_ = ::fork();
    if (pid_ < 0) fail("starting the fork server");
    if (pid_ == 0) {
      const int socket = ::dup2(theirs.get(), worker_socket);
      ::syscall(SYS_close_range, worker_socket + 1, ~0U, 0);
      serve_forks(socket, cell);
    }
  }
  socket_ = std::move(ours);
}

fork_server::~fork_server() { kill_and_reap(pid_); }

pid_t fork_server::start_worker(const std::vector<int>& files) {
  pid_t pid = request(files);
  if (pid < 0 && how_ == start_method::spawn) {
    kill_and_reap(pid_);
    start();
    pid = request(files);
  }
  if (pid < 0) throw std::runtime_error("the fork server no longer answers");
  return pid;
}

// Negative if there is no answer.
pid_t fork_server::request(const std::vector<int>& files) {
  char byte = 0;
  iovec part{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(most_worker_files * sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = CMSG_SPACE(files.size() * sizeof(int));
  cmsghdr* const head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(files.size() * sizeof(int));
  std::memcpy(CMSG_DATA(head), files.data(), files.size() * sizeof(int));
  pid_t pid = -1;
  const bool sent = ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL) == 1;
  if (!sent || ::recv(socket_.get(), &pid, sizeof(pid), MSG_WAITALL) != sizeof(pid)) return -1;
  return pid;
}

started_worker start_worker(start_method method, const backend_setup& setup, int cpu) {
  auto [ours, theirs] = socket_pair();
  const int room = 1 << 20;  // so that a payload of that size needs one turn, not five
  ::setsockopt(ours.get(), SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
  ::setsockopt(theirs.get(), SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));

  started_worker worker;
  const unique_fd progress = memory_file(sizeof(worker_progress));
  worker.page = shared_mapping(progress.get(), sizeof(worker_progress));
  const pid_t self = ::getpid();
  worker_files files{theirs.get(), progress.get()};
  if (setup.measures_file >= 0) files.push_back(setup.measures_file);
  if (method == start_method::fork && !one_thread()) method = start_method::spawn;
  if (method == start_method::fork) {
    worker.pid = ::fork();
    if (worker.pid < 0) fail("forking a worker process");
    if (worker.pid == 0) {
      keep_only(std::move(files));
      serve_as_worker(worker_socket, self, setup.workload, environment_of(setup),
                      worker.progress());
    }
  } else if (method == start_method::forkserver) {
    worker.pid = std::static_pointer_cast<fork_server>(setup.preparation)->start_worker(files);
  } else {
    spawn_request fresh{.program = self_path(),
                        .arguments = {"internal-worker", std::to_string(self)},
                        .descriptors = {}};
    for (int number = worker_socket; const int file : files) {
      fresh.descriptors.emplace_back(file, number++);
    }
    worker.pid = spawn(fresh);
  }
  theirs.reset();
  worker.socket = std::move(ours);
  if (method != start_method::fork) {
    worker.dataset_bytes_sent = send_setup(worker.socket.get(), setup);
  }
  await_ready(worker.socket.get());
  if (cpu >= 0) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(static_cast<unsigned>(cpu), &set);
    ::sched_setaffinity(worker.pid, sizeof(set), &set);
  }
  return worker;
}

std::pair<pid_t, unique_fd> start_ring_worker(const ring_worker_setup& setup) {
  auto [ours, theirs] = socket_pair();
  pid_t pid = -1;
  if (setup.method == start_method::forkserver) {
    pid = setup.server->start_worker({theirs.get(), setup.rings});
  } else {
    pid = spawn(
        {.program = "/proc/self/exe",
         .arguments = {"internal-worker", std::to_string(::getpid())},
         .descriptors = {{theirs.get(), worker_socket}, {setup.rings, worker_progress_file}}});
  }
  theirs.reset();
  const std::string json = nlohmann::json{{"rings",
                                           {{"workers", setup.shape.workers},
                                            {"slots", setup.shape.slots},
                                            {"slot_bytes", setup.shape.slot_bytes},
                                            {"index", setup.index}}}}
                               .dump();
  try {
    buffer head;
    append(head, message_header{
                     .kind = message_kind::setup, .argument = json.size(), .size = json.size()});
    send_all(ours.get(), head);
    send_all(ours.get(), as_bytes(json));
    await_ready(ours.get());
  } catch (...) {
    kill_and_reap(pid);
    throw;
  }
  return {pid, std::move(ours)};
}

}  // namespace regatta
