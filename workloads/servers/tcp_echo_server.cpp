// SPDX-License-Identifier: Apache-2.0
#include "workloads/servers/tcp_echo_server.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <sys/resource.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace regatta {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t most_unread = std::size_t{16} << 20U;
constexpr std::chrono::milliseconds out_of_descriptors_pause(50);

// Reads on while it writes: a client may send a whole message before it reads the first byte of the
// answer. Lives as long as an operation of it is under way.
class echo_connection : public std::enable_shared_from_this<echo_connection> {
 public:
  explicit echo_connection(tcp::socket socket) : socket_(std::move(socket)) {
    error_code ignored;  // the client may be gone already
    socket_.set_option(tcp::no_delay(true), ignored);
  }

  void read() {
    if (reading_ || ended_ || waiting_.size() >= most_unread) return;
    reading_ = true;
    socket_.async_read_some(asio::buffer(incoming_),
                            [self = shared_from_this()](error_code error, std::size_t got) {
                              self->reading_ = false;
                              self->ended_ = bool(error);
                              self->waiting_.append(self->incoming_.data(), got);
                              self->write();
                              self->read();
                            });
  }

 private:
  void write() {
    if (!writing_.empty() || waiting_.empty()) return;
    std::swap(writing_, waiting_);
    asio::async_write(socket_, asio::buffer(writing_),
                      [self = shared_from_this()](error_code error, std::size_t) {
                        self->writing_.clear();
                        if (error) return self->give_up();
                        self->write();
                        self->read();
                      });
  }

  void give_up() {
    error_code ignored;
    socket_.close(ignored);  // ends the read that is under way, too
  }

  tcp::socket socket_;
  std::array<char, 65536> incoming_;
  std::string waiting_;  // was read while `writing_` is on its way
  std::string writing_;
  bool reading_ = false;
  bool ended_ = false;
};

}  // namespace

struct tcp_echo_server::state {
  asio::io_context context{1};
  tcp::acceptor listener{context};
  asio::steady_timer pause{context};

  void accept() {
    listener.async_accept([this](error_code error, tcp::socket socket) {
      if (error == asio::error::operation_aborted) return;
      if (error) return accept_later();  // most likely out of descriptors: wait for a close
      std::make_shared<echo_connection>(std::move(socket))->read();
      accept();
    });
  }
  void accept_later() {
    pause.expires_after(out_of_descriptors_pause);
    pause.async_wait([this](error_code error) {
      if (!error) accept();
    });
  }
};

tcp_echo_server::tcp_echo_server(std::uint16_t port) : state_(std::make_unique<state>()) {
  rlimit files{};  // a descriptor for each connection: 1,024 are soon used up
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
  }
  try {
    tcp::acceptor& listener = state_->listener;
    listener.open(tcp::v4());
    listener.set_option(tcp::acceptor::reuse_address(true));
    listener.bind({asio::ip::address_v4::loopback(), port});
    listener.listen();
  } catch (const boost::system::system_error& error) {
    throw std::runtime_error(fmt::format("cannot listen on 127.0.0.1:{}: {}; try another port",
                                         port, error.code().message()));
  }
}

tcp_echo_server::~tcp_echo_server() = default;

std::uint16_t tcp_echo_server::port() const { return state_->listener.local_endpoint().port(); }

void tcp_echo_server::run() {
  asio::signal_set signals(state_->context, SIGINT, SIGTERM);
  signals.async_wait([this](error_code error, int) {
    if (!error) stop();
  });
  state_->accept();
  state_->context.run();
}

void tcp_echo_server::stop() { state_->context.stop(); }

}  // namespace regatta
