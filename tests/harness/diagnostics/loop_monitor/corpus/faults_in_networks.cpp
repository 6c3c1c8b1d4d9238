// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <stdexcept>
#include <thread>

#include "harness/platform/unique_fd.hpp"
#include "tests/harness/diagnostics/loop_monitor/corpus/faults.hpp"

// Of <nss.h>, which g++'s -Wpedantic readers do not need: which services answer for hosts.
extern "C" int __nss_configure_lookup(const char* database, const char* services) noexcept;

namespace regatta::corpus {
namespace {

unique_fd loopback_socket(int type) {
  unique_fd made(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(made.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error("bind to 127.0.0.1");
  }
  return made;
}

sockaddr_in address_of(const unique_fd& socket) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size);
  return address;
}

/// Answers one query after `time`: there is no such name.
void answer_late(const unique_fd& server, nanoseconds time) {
  std::array<unsigned char, 512> message{};
  sockaddr_in asker{};
  socklen_t size = sizeof asker;
  const ssize_t got = ::recvfrom(server.get(), message.data(), message.size(), 0,
                                 reinterpret_cast<sockaddr*>(&asker), &size);
  if (got < 12) return;
  std::this_thread::sleep_for(time);
  message[2] |= 0x80;  // an answer …
  message[3] = 0x83;   // … that says NXDOMAIN, see RFC 1035, section 4.1.1
  ::sendto(server.get(), message.data(), static_cast<std::size_t>(got), 0,
           reinterpret_cast<const sockaddr*>(&asker), size);
}

}  // namespace

[[gnu::noinline]] void stall_in_connect(nanoseconds time) {
  const unique_fd listener = loopback_socket(SOCK_STREAM);
  ::listen(listener.get(), 0);
  const sockaddr_in address = address_of(listener);
  const auto* const there = reinterpret_cast<const sockaddr*>(&address);
  // A queue of length 0 takes one connection. The kernel drops what comes next, without a word.
  std::array<unique_fd, 2> fillers;
  for (unique_fd& filler : fillers) {
    filler = unique_fd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    ::connect(filler.get(), there, sizeof address);
  }
  const unique_fd victim(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  timeval limit{};  // of connect, too: socket(7)
  limit.tv_usec = std::chrono::duration_cast<std::chrono::microseconds>(time).count();
  ::setsockopt(victim.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  ::connect(victim.get(), there, sizeof address);
}

[[gnu::noinline]] void stall_in_name_lookup(nanoseconds time) {
  const unique_fd server = loopback_socket(SOCK_DGRAM);
  // glibc keeps the configuration in the thread; nothing but this thread's look-ups changes.
  static const int dns_alone = __nss_configure_lookup("hosts", "dns");
  (void)dns_alone;
  if (::res_init() != 0) throw std::runtime_error("res_init");
  _res.nscount = 1;
  _res.nsaddr_list[0] = address_of(server);
  const std::jthread responder([&server, time] { answer_late(server, time); });
  addrinfo hints{};
  hints.ai_family = AF_INET;  // one query
  addrinfo* found = nullptr;
  if (::getaddrinfo("stall.invalid.", nullptr, &hints, &found) == 0) ::freeaddrinfo(found);
  ::shutdown(server.get(), SHUT_RDWR);  // if no query came
  ::res_init();
}

}  // namespace regatta::corpus
