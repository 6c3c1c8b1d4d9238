// SPDX-License-Identifier: Apache-2.0
#include "harness/runner/cell_process.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>
#include <system_error>

#include "harness/cell/packet_socket.hpp"
#include "harness/platform/child_process.hpp"

namespace regatta {

using namespace std::chrono_literals;
using nlohmann::json;

cell_process::cell_process(int dataset, std::function<bool()> stop, const cell_program& program)
    : stop_(std::move(stop)) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    throw std::system_error(errno, std::generic_category(), "socket pair for a cell");
  }
  socket_ = unique_fd(ends[0]);
  const unique_fd theirs(ends[1]);
  const int room = 4 << 20;  // a packet holds the whole answer key
  for (const int end : {ends[0], ends[1]}) {
    ::setsockopt(end, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
  }
  // A group of its own: so that it can be killed with its workers, and Ctrl-C is the runner's
  // alone.
  pid_ = spawn({.program = program.path.empty() ? self_path() : program.path,
                .arguments = {"internal-cell", std::to_string(::getpid())},
                .descriptors = {{theirs.get(), cell_socket}, {dataset, dataset_file}},
                .own_group = true,
                .environment = program.environment});
}

cell_process::~cell_process() {
  if (pid_ > 0) ::kill(-pid_, SIGKILL);
  kill_and_reap(pid_);
}

json cell_process::ask(const json& request, time_limit limit,
                       const std::function<void()>& meanwhile) {
  if (stop_()) throw interrupted_run{};  // answers may always be faster than the waits below
  const bool sent = send_packet(socket_.get(), request.dump());
  const auto until = std::chrono::steady_clock::now() + limit;
  while (sent) {
    const received answer = receive_packet(socket_.get(), meanwhile ? 5ms : 100ms);
    if (answer.end == receive_end::closed) break;
    if (answer.end == receive_end::packet) {
      json message = json::parse(answer.packet);
      if (message.contains("error")) {
        throw cell_failure(outcome::failed, message.at("error").get<std::string>());
      }
      return message;
    }
    if (stop_()) throw interrupted_run{};
    if (meanwhile) meanwhile();
    if (std::chrono::steady_clock::now() > until) {
      throw cell_failure(outcome::timed_out,
                         fmt::format("no answer within {:.1f} s: an item hangs, or takes longer "
                                     "than --item-timeout allows",
                                     std::chrono::duration<double>(limit).count()));
    }
  }
  // Its group first: workers must not outlive it while it is waited for.
  ::kill(-pid_, SIGKILL);
  const exit_status status = wait_child(pid_, true).value_or(exit_status{});
  pid_ = -1;
  throw cell_failure(outcome::crashed, fmt::format("the cell's process {}", status.describe()));
}

cell_introduction cell_process::introduce(time_limit limit) {
  return ask({{"introduce", true}}, limit).at("introduction").get<cell_introduction>();
}

reference_result cell_process::reference(const cell_start& request, time_limit limit) {
  return ask({{"reference", request}}, limit).at("reference").get<reference_result>();
}

std::variant<cell_ready, unavailable> cell_process::start(const cell_start& request,
                                                          time_limit limit) {
  const json answer = ask({{"start", request}}, limit);
  if (answer.contains("unavailable")) {
    return unavailable{answer.at("unavailable").get<std::string>()};
  }
  return answer.at("ready").get<cell_ready>();
}

epoch_report cell_process::run(const epoch_plan& plan, bool counted, time_limit limit,
                               const std::function<void()>& meanwhile) {
  return ask({{"epoch", plan}, {"counted", counted}}, limit, meanwhile)
      .at("epoch")
      .get<epoch_report>();
}

cell_summary cell_process::summarise(time_limit limit) {
  return ask({{"summarise", true}}, limit).at("summary").get<cell_summary>();
}

}  // namespace regatta
