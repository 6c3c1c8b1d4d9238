// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace regatta::profiling {

/// The line of /proc/PID/net/tcp, tcp6, udp or udp6 for a socket, as "tcp 127.0.0.1:5432": its
/// peer, or, where it has none, "tcp listening at 127.0.0.1:80". nullopt if it is not in there.
/// Pure.
std::optional<std::string> find_inet_socket(std::string_view table, std::string_view protocol,
                                            std::uint64_t inode);
/// The same of /proc/PID/net/unix: "unix /run/db.sock", "unix" without a path. Pure.
std::optional<std::string> find_unix_socket(std::string_view table, std::uint64_t inode);

/// What is behind the descriptors of a process. Remembers what it has seen: a descriptor that was
/// looked at while it was open still has a name after it was closed.
/// Thread safety: one thread.
class descriptor_names {
 public:
  explicit descriptor_names(pid_t process) : process_(process) {}

  struct entry {
    std::string link;  ///< "/var/lib/db", "socket:[4711]", "pipe:[12]"
    std::string text;  ///< the same for people
  };
  /// What it is now; what it was when it is closed; empty if it never was seen.
  entry of(int descriptor);
  /// The process may have closed and opened it since.
  bool is_epoll(int descriptor) const;

 private:
  std::string link_of(int descriptor) const;
  std::string socket_text(std::uint64_t inode) const;

  pid_t process_;
  std::map<int, entry> known_;
};

}  // namespace regatta::profiling
