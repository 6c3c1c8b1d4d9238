// SPDX-License-Identifier: Apache-2.0
#include "harness/diagnostics/loop_monitor/run_note.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "harness/diagnostics/own_memory.hpp"

namespace regatta::internal {
namespace {

// boost::asio::detail::call_stack::context: its key, the thread's information, the one around it.
using note = std::array<std::uint64_t, 3>;

// The innermost note of the loop, or 0; nothing if nobody knows where to look.
std::optional<std::uintptr_t> follow_notes(const watched_loop& loop, pid_t thread) {
  for (const watched_loop::server& each : loop.servers) {
    const pid_t there = each.thread.load(std::memory_order_acquire);
    if (there == 0) return std::nullopt;
    if (there != thread) continue;
    std::uintptr_t address = 0;
    const std::uintptr_t at = each.innermost_note.load(std::memory_order_relaxed);
    if (at == 0) return std::nullopt;
    if (read_own_memory(at, &address, sizeof(address)) != sizeof(address)) return 0;
    constexpr int most_nested = 100;
    for (int i = 0; i < most_nested && address != 0; ++i) {
      note words{};
      if (read_own_memory(address, words.data(), sizeof(words)) != sizeof(words)) return 0;
      if (words[0] == loop.run_mark) return address;
      address = words[2];
    }
    return 0;
  }
  return std::nullopt;
}

// Behind a thread's stack other memory may begin at once.
std::uintptr_t end_of_mapping(std::uintptr_t address) {
  std::ifstream maps("/proc/self/maps");
  std::uintptr_t begin = 0, end = 0;
  char dash = 0;
  std::string rest;
  while (maps >> std::hex >> begin >> dash >> end && std::getline(maps, rest)) {
    if (begin <= address && address < end) return end;
  }
  return address;
}

std::uintptr_t search_stack(const stack_copy& copy, std::uintptr_t mark) {
  constexpr std::int64_t same_frame = 64 * 1024;
  constexpr std::size_t deepest = 16 * 1024 * 1024;
  constexpr std::size_t block_size = 256 * 1024;
  const std::uintptr_t end = std::min(end_of_mapping(copy.stack), copy.stack + deepest);
  const auto matches = [&](const std::byte* at, std::uintptr_t address) {
    note words;
    std::memcpy(words.data(), at, sizeof(words));
    const auto apart = static_cast<std::int64_t>(words[1] - address);
    const bool next_is_outside = words[2] == 0 || words[2] - address < deepest;
    return words[0] == mark && std::abs(apart) < same_frame && next_is_outside;
  };
  std::uintptr_t address = copy.stack;
  std::vector<std::byte> block = copy.bytes;
  std::size_t offset = copy.stack - copy.begin;
  for (;;) {
    for (; offset + sizeof(note) <= block.size() && address < end; offset += 8, address += 8) {
      if (matches(block.data() + offset, address)) return address;
    }
    if (block.size() < block_size || address >= end) return 0;
    block.resize(block_size);
    block.resize(read_own_memory(address, block.data(), block_size));
    offset = 0;
  }
}

}  // namespace

std::uintptr_t find_run(const watched_loop& loop, pid_t thread, const stack_copy& copy) {
  const auto followed = follow_notes(loop, thread);
  return followed ? *followed : search_stack(copy, loop.run_mark);
}

presence find_presence(const watched_loop& loop, pid_t thread) {
  const auto followed = follow_notes(loop, thread);
  if (!followed) return presence::unknown;
  return *followed != 0 ? presence::in_run : presence::elsewhere;
}

}  // namespace regatta::internal
