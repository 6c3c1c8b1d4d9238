// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/requests/listening_ports.hpp"

#include <fmt/format.h>

#include <array>
#include <filesystem>

#include "harness/platform/proc_text.hpp"

namespace regatta::profiling {

std::map<std::uint64_t, std::uint16_t> parse_listeners(std::string_view table) {
  std::map<std::uint64_t, std::uint16_t> found;
  proc_text::next_field(table, '\n');  // the titles
  while (!table.empty()) {
    std::string_view line = proc_text::next_field(table, '\n');
    std::array<std::string_view, 10> fields;
    for (auto& field : fields) field = proc_text::next_word(line);
    if (fields[3] != "0A") continue;
    const std::string_view local = fields[1];
    const std::size_t colon = local.find(':');
    if (colon == local.npos) continue;
    const auto port = proc_text::hexadecimal(local.substr(colon + 1));
    const auto inode = proc_text::number<std::uint64_t>(fields[9]);
    if (port && *port <= 0xFFFF && inode) found[*inode] = static_cast<std::uint16_t>(*port);
  }
  return found;
}

std::set<std::uint16_t> listening_ports(pid_t process) {
  namespace fs = std::filesystem;
  std::map<std::uint64_t, std::uint16_t> listeners;
  for (const char* const table : {"tcp", "tcp6"}) {
    if (const auto text = proc_text::read_file(fmt::format("/proc/{}/net/{}", process, table))) {
      listeners.merge(parse_listeners(*text));
    }
  }
  std::set<std::uint16_t> ports;
  std::error_code error;
  constexpr std::string_view socket = "socket:[";
  for (fs::directory_iterator at(fmt::format("/proc/{}/fd", process), error), end;
       !error && at != end; at.increment(error)) {
    std::error_code gone;
    const std::string link = fs::read_symlink(at->path(), gone).string();
    if (gone || !link.starts_with(socket)) continue;
    const auto inode = proc_text::number<std::uint64_t>(
        std::string_view(link).substr(socket.size(), link.size() - socket.size() - 1));
    const auto found = listeners.find(inode.value_or(0));
    if (found != listeners.end()) ports.insert(found->second);
  }
  return ports;
}

}  // namespace regatta::profiling
