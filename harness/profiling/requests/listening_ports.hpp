// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <set>
#include <string_view>

namespace regatta::profiling {

/// The sockets of /proc/PID/net/tcp or tcp6 that listen: ports by inode. Pure.
std::map<std::uint64_t, std::uint16_t> parse_listeners(std::string_view table);

/// The TCP ports that this process listens on; none if it is gone.
std::set<std::uint16_t> listening_ports(pid_t process);

}  // namespace regatta::profiling
