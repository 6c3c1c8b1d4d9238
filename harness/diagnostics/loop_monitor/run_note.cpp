// SPDX-License-Identifier: Apache-2.0
#include "harness/diagnostics/loop_monitor/run_note.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <vector>

#include "harness/diagnostics/own_memory.hpp"

namespace regatta::internal {
namespace {

// boost::asio::detail::call_stack::context: its key, the thread's information, the one around it.
using note = std::array<std::uint64_t, 3>;

// The innermost note of the loop, or 0, by the variable that has the address of the innermost one.
std::uintptr_t follow_notes(const watched_loop& loop, std::uintptr_t innermost) {
  std::uintptr_t address = 0;
  if (read_own_memory(innermost, &address, sizeof(address)) != sizeof(address)) return 0;
  constexpr int most_nested = 100;
  for (int i = 0; i < most_nested && address != 0; ++i) {
    note words{};
    if (read_own_memory(address, words.data(), sizeof(words)) != sizeof(words)) return 0;
    if (words[0] == loop.run_mark) return address;
    address = words[2];
  }
  return 0;
}

// The same of a thread that has polled or made the monitor; nothing of others.
std::optional<std::uintptr_t> follow_notes_of(const watched_loop& loop, pid_t thread) {
  for (const watched_loop::server& each : loop.servers) {
    const pid_t there = each.thread.load(std::memory_order_acquire);
    if (there == 0) return std::nullopt;
    if (there != thread) continue;
    const std::uintptr_t at = each.innermost_note.load(std::memory_order_relaxed);
    return at != 0 ? std::optional(follow_notes(loop, at)) : std::nullopt;
  }
  return std::nullopt;
}

constexpr std::size_t deepest = 16 * 1024 * 1024;

// The first three words from the stack pointer on, towards the stack's base, that match; or 0.
template <class Matches>
std::uintptr_t search_stack(const stack_copy& copy, Matches matches) {
  constexpr std::size_t block_size = 256 * 1024;
  const std::uintptr_t end = std::min(end_of_own_mapping(copy.stack), copy.stack + deepest);
  std::uintptr_t address = copy.stack;
  std::vector<std::byte> block = copy.bytes;
  std::size_t offset = copy.stack - copy.begin;
  for (;;) {
    for (; offset + sizeof(note) <= block.size() && address < end; offset += 8, address += 8) {
      note words;
      std::memcpy(words.data(), block.data() + offset, sizeof(words));
      if (matches(words, address)) return address;
    }
    if (block.size() < block_size || address >= end) return 0;
    block.resize(block_size);
    block.resize(read_own_memory(address, block.data(), block_size));
    offset = 0;
  }
}

std::uintptr_t search_note(const stack_copy& copy, std::uintptr_t mark) {
  constexpr std::int64_t same_frame = 64 * 1024;
  return search_stack(copy, [&](const note& words, std::uintptr_t address) {
    const auto apart = static_cast<std::int64_t>(words[1] - address);
    const bool next_is_outside = words[2] == 0 || words[2] - address < deepest;
    return words[0] == mark && std::abs(apart) < same_frame && next_is_outside;
  });
}

// Where a thread that has not polled has the address of its innermost note. Variables of threads
// that are laid out when a program starts (not those of libraries that it loads later) are as far
// below the thread's block in each thread, and the block of all but the main thread is at the base
// of its stack. It begins with its own address, and has it again as its third word.
std::optional<std::uintptr_t> place_of_innermost(const watched_loop& loop, const stack_copy& copy) {
#if defined(__x86_64__)
  constexpr std::uintptr_t most_variables = 1024 * 1024, alignment = 64;
  const watched_loop::server& known = loop.servers.front();
  if (known.thread.load(std::memory_order_acquire) == 0) return std::nullopt;
  const std::uintptr_t place = known.innermost_note.load(std::memory_order_relaxed);
  const std::uintptr_t below = known.block.load(std::memory_order_relaxed) - place;
  if (place == 0 || below > most_variables) return std::nullopt;
  const std::uintptr_t block = search_stack(copy, [](const note& words, std::uintptr_t address) {
    return words[0] == address && words[2] == address && address % alignment == 0;
  });
  if (block != 0) return block - below;
#endif
  return std::nullopt;
}

}  // namespace

std::uintptr_t find_run(const watched_loop& loop, pid_t thread, const stack_copy& copy) {
  if (const auto followed = follow_notes_of(loop, thread)) return *followed;
  if (const auto innermost = place_of_innermost(loop, copy)) return follow_notes(loop, *innermost);
  return search_note(copy, loop.run_mark);
}

presence find_presence(const watched_loop& loop, pid_t thread) {
  const auto followed = follow_notes_of(loop, thread);
  if (!followed) return presence::unknown;
  return *followed != 0 ? presence::in_run : presence::elsewhere;
}

}  // namespace regatta::internal
