// SPDX-License-Identifier: Apache-2.0
#include "harness/tcp/blocking_tcp_client.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <map>
#include <mutex>
#include <system_error>
#include <utility>
#include <vector>

#include "harness/http/internal/blocking_socket.hpp"
#include "harness/tcp/tcp_address.hpp"

namespace regatta {

namespace asio = boost::asio;
using asio::ip::tcp;
using error_code = boost::system::error_code;
using internal::blocking_socket;

namespace {

void check(error_code error, const char* during) {
  if (error == asio::error::timed_out) throw deadline_exceeded();
  // The standard's type: Boost's own adds the place in Asio's source to what the user reads.
  if (error) throw std::system_error(std::error_code(error), during);
}

}  // namespace

struct blocking_tcp_client::state {
  struct pool {
    std::vector<tcp::endpoint> addresses;
    std::vector<std::unique_ptr<blocking_socket>> idle;
  };

  const run_environment& environment;
  asio::io_context never_run;
  std::mutex mutex;
  std::map<std::string, pool> pools;  // guarded by mutex; entries stay where they are

  pool& pool_of(const std::string& service) {
    const std::lock_guard lock(mutex);
    const auto found = pools.find(service);
    if (found != pools.end()) return found->second;
    const tcp_address where = parse_tcp_address(environment.endpoint(service));
    pool fresh;
    tcp::resolver resolver(never_run);
    for (const auto& entry : resolver.resolve(where.host, where.port)) {
      fresh.addresses.push_back(entry.endpoint());
    }
    return pools.emplace(service, std::move(fresh)).first->second;
  }

  std::unique_ptr<blocking_socket> take_idle(pool& target) {
    const std::lock_guard lock(mutex);
    if (target.idle.empty()) return nullptr;
    auto link = std::move(target.idle.back());
    target.idle.pop_back();
    return link;
  }

  void put_back(pool& target, std::unique_ptr<blocking_socket> link) {
    const std::lock_guard lock(mutex);
    target.idle.push_back(std::move(link));
  }

  std::unique_ptr<blocking_socket> connect(const pool& target, deadline limit) {
    auto fresh = std::make_unique<blocking_socket>(never_run);
    fresh->set_deadline(limit);
    error_code error = asio::error::host_not_found;
    for (const tcp::endpoint& address : target.addresses) {
      error = {};
      fresh->connect(address, error);
      if (!error) break;
    }
    check(error, "connecting");
    return fresh;
  }
};

blocking_tcp_client::blocking_tcp_client(const run_environment& environment)
    : state_(new state{environment, {}, {}, {}}) {}
blocking_tcp_client::~blocking_tcp_client() = default;

buffer blocking_tcp_client::exchange(const std::string& service, bytes_view message,
                                     std::size_t answer_bytes, deadline limit) {
  state::pool& target = state_->pool_of(service);
  buffer answer(answer_bytes);
  for (;;) {
    auto link = state_->take_idle(target);
    const bool reused = link != nullptr;
    if (!reused) link = state_->connect(target, limit);
    link->set_deadline(limit);
    error_code error;
    std::size_t got = 0;
    asio::write(*link, asio::buffer(message.data(), message.size()), error);
    if (!error) got = asio::read(*link, asio::buffer(answer.data(), answer.size()), error);
    // The server may close an idle connection at any time; that is not this exchange's failure.
    if (error && reused && got == 0 && error != asio::error::timed_out) continue;
    check(error, "talking TCP");
    state_->put_back(target, std::move(link));
    return answer;
  }
}

}  // namespace regatta
