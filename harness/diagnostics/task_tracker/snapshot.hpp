// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "harness/diagnostics/symbols.hpp"
#include "harness/diagnostics/task_tracker/task_info.hpp"
#include "harness/diagnostics/task_tracker/task_record.hpp"

namespace regatta::internal {

/// A copy of a task_record's fields.
struct raw_task {
  std::uint64_t serial = 0;
  std::uint64_t parent = 0;
  packed_place awaiting = 0;
  packed_place definition = 0;
  std::int64_t since = 0;
  std::int64_t created = 0;
  std::uint64_t function = 0;
  std::uint64_t code = 0;
  record_kind kind = record_kind::task;
  record_state state = record_state::created;
  unsigned origin_depth = 0;
  std::array<std::uintptr_t, deepest_origin> origin{};
};

/// Nothing if the slot is free or changes hands meanwhile. Any thread, any time; also of a copy of
/// another process's memory.
std::optional<raw_task> read_record(const task_record& record) noexcept;

/// The string at an address of the process the tasks are of; empty if it cannot be read.
using string_reader = std::function<std::string(std::uint64_t)>;
std::string own_string(std::uint64_t address);

/// Of this library, whichever way its headers were found when the program was compiled.
bool is_tracker_file(std::string_view file);

task_info describe(const raw_task& task, std::int64_t now, symbols& names,
                   const string_reader& text);

/// The tasks that people wrote, out of all records: roots and Asio's operations are folded into
/// them. In the order of their serials.
std::vector<task_info> describe_all(const std::vector<raw_task>& records, std::int64_t now,
                                    symbols& names, const string_reader& text);

/// All live records of this process.
std::vector<raw_task> own_records();

}  // namespace regatta::internal
