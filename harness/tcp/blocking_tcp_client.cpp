// SPDX-License-Identifier: Apache-2.0
#include "harness/tcp/blocking_tcp_client.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <map>
#include <mutex>
#include <utility>

#include "harness/tcp/internal/blocking_peer.hpp"
#include "harness/tcp/tcp_address.hpp"

namespace regatta {

namespace asio = boost::asio;
using error_code = boost::system::error_code;
using internal::blocking_socket;

struct blocking_tcp_client::state {
  using peer = internal::blocking_peer<blocking_socket>;

  const run_environment& environment;
  asio::io_context never_run;
  std::mutex mutex;
  std::map<std::string, peer> peers;  // guarded by mutex; entries stay where they are

  peer& peer_of(const std::string& service) {
    const std::lock_guard lock(mutex);
    const auto found = peers.find(service);
    if (found != peers.end()) return found->second;
    const tcp_address where = parse_tcp_address(environment.endpoint(service));
    return peers.try_emplace(service, never_run, where.host, where.port).first->second;
  }

  std::unique_ptr<blocking_socket> connect(const peer& target, deadline limit) {
    auto fresh = std::make_unique<blocking_socket>(never_run);
    fresh->set_deadline(limit);
    target.connect(*fresh);
    return fresh;
  }
};

blocking_tcp_client::blocking_tcp_client(const run_environment& environment)
    : state_(new state{environment, {}, {}, {}}) {}
blocking_tcp_client::~blocking_tcp_client() = default;

buffer blocking_tcp_client::exchange(const std::string& service, bytes_view message,
                                     std::size_t answer_bytes, deadline limit) {
  state::peer& target = state_->peer_of(service);
  buffer answer(answer_bytes);
  for (;;) {
    auto link = target.take_idle();
    const bool reused = link != nullptr;
    if (!reused) link = state_->connect(target, limit);
    link->set_deadline(limit);
    error_code error;
    std::size_t got = 0;
    asio::write(*link, asio::buffer(message.data(), message.size()), error);
    if (!error) got = asio::read(*link, asio::buffer(answer.data(), answer.size()), error);
    // The server may close an idle connection at any time; that is not this exchange's failure.
    if (error && reused && got == 0 && error != asio::error::timed_out) continue;
    internal::check(error, "talking TCP");
    target.put_back(std::move(link));
    return answer;
  }
}

}  // namespace regatta
