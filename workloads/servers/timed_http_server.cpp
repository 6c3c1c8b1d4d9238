// SPDX-License-Identifier: Apache-2.0
#include "workloads/servers/timed_http_server.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <sys/resource.h>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <stdexcept>
#include <utility>

#include "workloads/servers/http_connection_asio.hpp"

namespace regatta {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using acceptor = asio::basic_socket_acceptor<tcp, http_socket::executor_type>;
using namespace std::chrono_literals;

constexpr int backlog = 16384;  // the kernel cuts it to net.core.somaxconn
constexpr auto sweep_period = 500ms;
constexpr auto out_of_descriptors_pause = 50ms;

void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

struct timed_http_server::state {
  http_loop loop;
  asio::io_context context{1};  // after `loop`: pending handlers own connections, which refer to it
  acceptor listener{context};
  asio::steady_timer sweep_timer{context};
  asio::steady_timer accept_pause{context};
  std::uint16_t port = 0;

  void listen(std::uint16_t wanted) {
    try {
      listener.open(tcp::v4());
      listener.set_option(tcp::acceptor::reuse_address(true));
      listener.bind({asio::ip::address_v4::loopback(), wanted});
      listener.listen(backlog);
      listener.non_blocking(true);
      port = listener.local_endpoint().port();
    } catch (const boost::system::system_error& error) {
      throw std::runtime_error(fmt::format("cannot listen on 127.0.0.1:{}: {}; try another port",
                                           wanted, error.code().message()));
    }
  }

  void accept() {
    listener.async_accept([this](error_code error, http_socket socket) {
      if (error == asio::error::operation_aborted) return;
      if (error) return accept_later();  // most likely out of descriptors: wait for a close
      serve_connection(loop, std::move(socket));
      accept();
    });
  }

  void accept_later() {
    accept_pause.expires_after(out_of_descriptors_pause);
    accept_pause.async_wait([this](error_code error) {
      if (!error) accept();
    });
  }

  void sweep() {
    sweep_timer.expires_after(sweep_period);
    sweep_timer.async_wait([this](error_code error) {
      if (error) return;
      close_late_connections(loop);
      sweep();
    });
  }
};

timed_http_server::timed_http_server(std::uint16_t port, handler answer, refusal refuse)
    : state_(std::make_unique<state>()) {
  raise_descriptor_limit();
  state_->loop.answer = std::move(answer);
  state_->loop.refuse = std::move(refuse);
  state_->listen(port);
}

timed_http_server::~timed_http_server() { state_->loop.connections.clear(); }

std::uint16_t timed_http_server::port() const { return state_->port; }

void timed_http_server::run() {
  asio::signal_set signals(state_->context, SIGINT, SIGTERM);
  signals.async_wait([this](error_code error, int) {
    if (!error) stop();
  });
  state_->accept();
  state_->sweep();
  state_->context.run();
}

void timed_http_server::stop() { state_->context.stop(); }

http_counters timed_http_server::counters() const {
  const auto& loop = state_->loop;
  return {.requests = loop.requests.get(),
          .malformed = loop.malformed.get(),
          .open_connections = loop.open.get(),
          .peak_connections = loop.peak.get()};
}

}  // namespace regatta
