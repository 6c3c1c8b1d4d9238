// SPDX-License-Identifier: Apache-2.0
#include "harness/tcp/async_tcp_client.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <map>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

#include "harness/contexts/asio_operation.hpp"
#include "harness/tcp/tcp_address.hpp"

namespace regatta {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using error_code = boost::system::error_code;
using connection = beast::tcp_stream;  // a socket whose operations have a deadline

namespace {

void check(error_code error, const char* during) {
  if (error == beast::error::timeout) throw deadline_exceeded();
  // The standard's type: Boost's own adds the place in Asio's source to what the user reads.
  if (error) throw std::system_error(std::error_code(error), during);
}

void expire(connection& link, deadline limit) {
  if (limit == no_deadline) {
    link.expires_never();
  } else {
    link.expires_at(limit);
  }
}

}  // namespace

struct async_tcp_client::state {
  struct pool {
    std::vector<tcp::endpoint> addresses;
    std::vector<std::unique_ptr<connection>> idle;
  };

  event_loop& loop;
  const run_environment& environment;
  std::map<std::string, pool> pools;

  async_task<void> resolve(const std::string& service, pool& target) {
    const tcp_address where = parse_tcp_address(environment.endpoint(service));
    error_code no_address;
    const auto address = asio::ip::make_address(where.host, no_address);
    if (!no_address) {
      // A resolver starts a thread; an address needs none.
      target.addresses = {
          tcp::endpoint(address, static_cast<unsigned short>(std::stoul(where.port)))};
      co_return;
    }
    tcp::resolver resolver(loop.io());
    const auto [error, results] = co_await operation<error_code, tcp::resolver::results_type>(
        [&](auto done) { resolver.async_resolve(where.host, where.port, std::move(done)); });
    check(error, "looking up the host of the endpoint");
    target.addresses.assign(results.begin(), results.end());
  }

  async_task<std::unique_ptr<connection>> connect(const std::string& service, pool& target,
                                                  deadline limit) {
    if (target.addresses.empty()) co_await resolve(service, target);
    auto fresh = std::make_unique<connection>(loop.io());
    expire(*fresh, limit);
    const auto [error, peer] = co_await operation<error_code, tcp::endpoint>(
        [&](auto done) { fresh->async_connect(target.addresses, std::move(done)); });
    (void)peer;
    check(error, "connecting");
    fresh->socket().set_option(tcp::no_delay(true));
    co_return fresh;
  }
};

async_tcp_client::async_tcp_client(event_loop& loop, const run_environment& environment)
    : state_(new state{loop, environment, {}}) {}
async_tcp_client::~async_tcp_client() = default;

async_task<buffer> async_tcp_client::exchange(std::string service, bytes_view message,
                                              std::size_t answer_bytes, deadline limit) {
  state::pool& target = state_->pools[service];
  for (;;) {
    std::unique_ptr<connection> link;
    const bool reused = !target.idle.empty();
    if (reused) {
      link = std::move(target.idle.back());
      target.idle.pop_back();
      expire(*link, limit);
    } else {
      link = co_await state_->connect(service, target, limit);
    }
    const auto [write_error, written] = co_await operation<error_code, std::size_t>([&](auto done) {
      asio::async_write(*link, asio::buffer(message.data(), message.size()), std::move(done));
    });
    (void)written;
    error_code error = write_error;
    std::size_t got = 0;
    buffer answer(answer_bytes);
    if (!error) {
      std::tie(error, got) = co_await operation<error_code, std::size_t>([&](auto done) {
        asio::async_read(*link, asio::buffer(answer.data(), answer.size()), std::move(done));
      });
    }
    // The server may close an idle connection at any time; that is not this exchange's failure.
    if (error && reused && got == 0 && error != beast::error::timeout) continue;
    check(error, "talking TCP");
    target.idle.push_back(std::move(link));
    co_return answer;
  }
}

}  // namespace regatta
