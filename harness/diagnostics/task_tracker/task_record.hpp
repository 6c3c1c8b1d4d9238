// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "harness/diagnostics/debug_options.hpp"

// What the registry holds for every task, in the layout that `regatta tasks --pid` reads from
// outside.
namespace regatta::internal {

enum class record_kind : std::uint8_t {
  task,       ///< a coroutine that somebody wrote
  root,       ///< Asio's co_spawn_entry_point: never reported, it stands for the task it runs
  operation,  ///< Asio's own coroutine or object for one operation: reported only if never started
};

enum class record_state : std::uint8_t { created, running, suspended, finished };

/// A source line in one word, so that one store replaces it: the file name's address below, the
/// line in the upper 16 bits (a longer file's lines read 65535). User addresses have 47 bits.
using packed_place = std::uint64_t;

inline packed_place pack_place(const char* file, unsigned line) noexcept {
  const std::uint64_t shown = line < 0xffff ? line : 0xffff;
  return shown << 48 | reinterpret_cast<std::uintptr_t>(file);
}
constexpr std::uint64_t file_address(packed_place place) noexcept {
  return place & ((std::uint64_t{1} << 48) - 1);
}
constexpr unsigned line_number(packed_place place) noexcept {
  return static_cast<unsigned>(place >> 48);
}

/// One task. Written by the thread that creates, runs or destroys it, one at a time; read by
/// anyone. `serial` is 0 while the slot is free and never the same twice: it is zeroed first and
/// stored last, so a reader that sees it unchanged has read one task's fields.
struct alignas(64) task_record {
  std::atomic<std::uint64_t> serial;
  std::atomic<std::uint64_t> parent;   ///< serial of who awaits it, or of who spawned a root; or 0
  std::atomic<packed_place> awaiting;  ///< the co_await it stands at or stood at last
  std::atomic<std::int64_t> since;     ///< of the state; CLOCK_MONOTONIC, in ns
  std::atomic<record_kind> kind;
  std::atomic<record_state> state;
  std::atomic<std::uint8_t> origin_depth;
  std::atomic<std::uint32_t> references;
  std::atomic<task_record*> parent_record;  ///< for this process; valid while it has that serial
  std::atomic<task_record*> next_free;
  std::atomic<packed_place> definition;  ///< where the coroutine begins
  std::atomic<const char*> function;     ///< its bare name, for who has no symbols
  std::atomic<std::uint64_t> code;       ///< the address of its body
  std::atomic<std::int64_t> created;
  /// Where it was created: an address in the coroutine's own beginning, then return addresses.
  std::atomic<std::uintptr_t> origin[deepest_origin];
};
static_assert(sizeof(task_record) == 256);
static_assert(std::atomic<std::uint64_t>::is_always_lock_free && sizeof(void*) == 8);

/// The first bytes of the mapping named after `registry_name`, which is how another process finds
/// it in /proc/PID/maps.
struct registry_header {
  std::uint64_t magic;
  std::uint32_t version;
  std::uint32_t record_size;
  std::uint64_t records;            ///< address of the array in the process
  std::atomic<std::uint64_t> used;  ///< records that were ever in use: the others are zero
  std::uint64_t capacity;
  std::atomic<std::uint64_t> untracked;  ///< tasks there was no room for
};

inline constexpr char registry_name[] = "regatta-tasks";
inline constexpr std::uint64_t registry_magic = 0x736b736174616772;  // "rgatasks"
inline constexpr std::uint32_t registry_version = 1;

}  // namespace regatta::internal
