// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/descriptor_names.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstring>

#include "harness/platform/proc_text.hpp"

namespace regatta::profiling {
namespace {

std::optional<std::uint32_t> hex(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// "0100007F:1538": the address in 32-bit words of the machine's byte order, the port as a number.
std::optional<std::string> endpoint(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon != 8 && colon != 32) return std::nullopt;
  std::array<std::uint32_t, 4> words{};
  for (std::size_t at = 0; at < colon; at += 8) {
    const auto word = hex(text.substr(at, 8));
    if (!word) return std::nullopt;
    words[at / 8] = *word;
  }
  const auto port = hex(text.substr(colon + 1));
  if (!port) return std::nullopt;
  std::array<char, INET6_ADDRSTRLEN> space{};
  const int family = colon == 8 ? AF_INET : AF_INET6;
  if (::inet_ntop(family, words.data(), space.data(), space.size()) == nullptr) return std::nullopt;
  return family == AF_INET ? fmt::format("{}:{}", space.data(), *port)
                           : fmt::format("[{}]:{}", space.data(), *port);
}

}  // namespace

std::optional<std::string> find_inet_socket(std::string_view table, std::string_view protocol,
                                            std::uint64_t inode) {
  proc_text::next_field(table, '\n');  // the titles
  while (!table.empty()) {
    std::string_view line = proc_text::next_field(table, '\n');
    std::array<std::string_view, 10> fields;
    for (auto& field : fields) field = proc_text::next_word(line);
    if (proc_text::number<std::uint64_t>(fields[9]) != inode) continue;
    const auto local = endpoint(fields[1]), peer = endpoint(fields[2]);
    if (!local || !peer) return std::nullopt;
    if (!peer->ends_with(":0")) return fmt::format("{} {}", protocol, *peer);
    return fmt::format("{} {} {}", protocol, fields[3] == "0A" ? "listening at" : "at", *local);
  }
  return std::nullopt;
}

std::optional<std::string> find_unix_socket(std::string_view table, std::uint64_t inode) {
  proc_text::next_field(table, '\n');
  while (!table.empty()) {
    std::string_view line = proc_text::next_field(table, '\n');
    std::array<std::string_view, 8> fields;
    for (auto& field : fields) field = proc_text::next_word(line);
    if (proc_text::number<std::uint64_t>(fields[6]) != inode) continue;
    return fields[7].empty() ? "unix" : fmt::format("unix {}", fields[7]);
  }
  return std::nullopt;
}

std::string descriptor_names::link_of(int descriptor) const {
  std::array<char, 4096> space;
  const std::string path = fmt::format("/proc/{}/fd/{}", process_, descriptor);
  const ssize_t length = ::readlink(path.c_str(), space.data(), space.size());
  return length > 0 ? std::string(space.data(), static_cast<std::size_t>(length)) : "";
}

std::string descriptor_names::socket_text(std::uint64_t inode) const {
  for (const char* const protocol : {"tcp", "tcp6", "udp", "udp6"}) {
    const auto table = proc_text::read_file(fmt::format("/proc/{}/net/{}", process_, protocol));
    const std::string_view name = std::string_view(protocol).substr(0, 3);
    if (!table) continue;
    if (auto found = find_inet_socket(*table, name, inode)) return *found;
  }
  if (const auto table = proc_text::read_file(fmt::format("/proc/{}/net/unix", process_))) {
    if (auto found = find_unix_socket(*table, inode)) return *found;
  }
  return "a socket";
}

descriptor_names::entry descriptor_names::of(int descriptor) {
  const std::string link = link_of(descriptor);
  entry& known = known_[descriptor];
  if (link.empty() || link == known.link) return known;
  known.link = link;
  known.text = link;
  constexpr std::string_view socket = "socket:[";
  if (link.starts_with(socket)) {
    const auto inode = proc_text::number<std::uint64_t>(
        std::string_view(link).substr(socket.size(), link.size() - socket.size() - 1));
    known.text = socket_text(inode.value_or(0));
  } else if (link.starts_with("pipe:")) {
    known.text = "a pipe";
  }
  return known;
}

bool descriptor_names::is_epoll(int descriptor) const {
  return link_of(descriptor) == "anon_inode:[eventpoll]";
}

}  // namespace regatta::profiling
