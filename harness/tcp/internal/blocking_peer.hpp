// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "harness/tcp/internal/blocking_socket.hpp"

namespace regatta::internal {

/// Throws deadline_exceeded, or std::system_error that says during what, unless all is well.
inline void check(boost::system::error_code error, const char* during) {
  if (error == boost::asio::error::timed_out) throw deadline_exceeded();
  // The standard's type: Boost's own adds the place in Asio's source to what the user reads.
  if (error) throw std::system_error(std::error_code(error), during);
}

/// The addresses of a server, and the connections to it that nobody uses just now.
/// Thread safety: any thread.
template <class Link>
class blocking_peer {
 public:
  /// Resolves the name. Throws boost::system::system_error.
  blocking_peer(boost::asio::io_context& never_run, const std::string& host,
                const std::string& port) {
    boost::asio::ip::tcp::resolver resolver(never_run);
    for (const auto& entry : resolver.resolve(host, port)) addresses_.push_back(entry.endpoint());
  }

  /// To the first address that takes it. Throws what check() throws.
  void connect(blocking_socket& socket) const {
    boost::system::error_code error = boost::asio::error::host_not_found;
    for (const auto& address : addresses_) {
      error = {};
      socket.connect(address, error);
      if (!error) break;
    }
    check(error, "connecting");
  }

  /// The one used last; null: there is none.
  std::unique_ptr<Link> take_idle() {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) return nullptr;
    auto link = std::move(idle_.back());
    idle_.pop_back();
    return link;
  }

  void put_back(std::unique_ptr<Link> link) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(link));
  }

 private:
  std::vector<boost::asio::ip::tcp::endpoint> addresses_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Link>> idle_;  // guarded by mutex_
};

}  // namespace regatta::internal
