// SPDX-License-Identifier: Apache-2.0
// A server that waits by io_uring, and whose loop does something wrong when it is asked to.
// usage: regatta_score_uring PORT
// "fault NAME MS" is answered with the nanoseconds of CLOCK_MONOTONIC of its begin and end.
#include <arpa/inet.h>
#include <liburing.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <sstream>
#include <string>

#include "tools/bench/profile_score/programs/common_faults.hpp"

namespace {

using namespace regatta::score;

std::string fault(const std::string& name, milliseconds length) {
  const auto begin = steady_clock::now();
  if (name == "spin") spin_long(length);
  if (name == "sleep") sleep_long(length);
  return times(begin);
}

// One thing at a time: a request is received, or its answer is held back, or sent.
struct session {
  int socket = -1;
  enum class doing { receives, waits, sends } now = doing::receives;
  std::array<char, 256> space{};
  std::string text{};
  __kernel_timespec pause{};
};

class server {
 public:
  explicit server(int listening) : listening_(listening) {
    if (const int error = io_uring_queue_init(64, &ring_, 0); error < 0) {
      std::cerr << "there is no io_uring: error " << -error << '\n';
      std::exit(1);
    }
    accept();
  }

  [[noreturn]] void run() {
    while (true) {
      if (io_uring_submit_and_wait(&ring_, 1) < 0) continue;
      io_uring_cqe* done = nullptr;
      while (io_uring_peek_cqe(&ring_, &done) == 0) {
        auto* const who = static_cast<session*>(io_uring_cqe_get_data(done));
        const int result = done->res;
        io_uring_cqe_seen(&ring_, done);
        who == nullptr ? accepted(result) : went_on(*who, result);
      }
    }
  }

 private:
  void accept() {
    io_uring_sqe* const entry = io_uring_get_sqe(&ring_);
    io_uring_prep_accept(entry, listening_, nullptr, nullptr, SOCK_CLOEXEC);
    io_uring_sqe_set_data(entry, nullptr);
  }

  void accepted(int socket) {
    accept();
    if (socket < 0) return;
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    auto* const fresh = new session{.socket = socket};
    receive(*fresh);
  }

  void receive(session& who) {
    who.now = session::doing::receives;
    io_uring_sqe* const entry = io_uring_get_sqe(&ring_);
    io_uring_prep_recv(entry, who.socket, who.space.data(), who.space.size(), 0);
    io_uring_sqe_set_data(entry, &who);
  }

  void send(session& who) {
    who.now = session::doing::sends;
    io_uring_sqe* const entry = io_uring_get_sqe(&ring_);
    io_uring_prep_send(entry, who.socket, who.text.data(), who.text.size(), MSG_NOSIGNAL);
    io_uring_sqe_set_data(entry, &who);
  }

  void wait(session& who, long length) {
    who.now = session::doing::waits;
    who.pause = {.tv_sec = 0, .tv_nsec = length * 1'000'000};
    io_uring_sqe* const entry = io_uring_get_sqe(&ring_);
    io_uring_prep_timeout(entry, &who.pause, 0, 0);
    io_uring_sqe_set_data(entry, &who);
  }

  void went_on(session& who, int result) {
    if (who.now == session::doing::waits) return send(who);
    if (result <= 0) {
      ::close(who.socket);
      delete &who;
      return;
    }
    if (who.now == session::doing::sends) return receive(who);
    std::istringstream in(std::string(who.space.data(), static_cast<std::size_t>(result)));
    std::string word, name;
    long length = 0;
    in >> word >> name >> length;
    who.text = "hello\n";
    if (name == "healthy") return wait(who, length);
    if (!name.empty()) who.text = fault(name, milliseconds(length));
    send(who);
  }

  int listening_;
  io_uring ring_{};
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: regatta_score_uring PORT\n";
    return 2;
  }
  const int listening = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(argv[1])));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(listening, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
      ::listen(listening, 16) != 0) {
    std::cerr << "port " << argv[1] << " is not free\n";
    return 1;
  }
  server(listening).run();
}
