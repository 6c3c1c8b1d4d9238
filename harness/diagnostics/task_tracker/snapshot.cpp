// SPDX-License-Identifier: Apache-2.0
#include "harness/diagnostics/task_tracker/snapshot.hpp"

#include <algorithm>
#include <map>
#include <string_view>

#include "harness/diagnostics/task_tracker/registry.hpp"

namespace regatta::internal {
namespace {

// "async_wait" of "boost::asio::basic_waitable_timer<…>::async_wait<…>"; empty if it is none.
std::string operation_name(const source_frame& frame) {
  std::string name;
  int depth = 0;
  for (const char c : short_function_name(frame.function)) {
    if (c == '>') --depth;
    if (depth == 0 && c != '>' && c != '<') name += c;
    if (c == '<') ++depth;
  }
  name.erase(0, name.rfind(':') + 1);  // from 0 if there is none
  const bool is_machinery = name == "async_initiate" || name == "async_result";
  return name.starts_with("async_") && !is_machinery ? name : "";
}

bool of_tracker(const source_frame& frame) {
  return is_tracker_file(frame.place.file) ||
         short_function_name(frame.function).starts_with("regatta::internal::");
}

// The stack without the tracker's own frames, and without the coroutine's: it begins with its
// caller.
std::vector<source_frame> origin_of(const raw_task& task, const std::string& coroutine,
                                    symbols& names) {
  std::vector<source_frame> stack;
  if (task.origin_depth == 0) return stack;
  // The first is an address inside the coroutine's beginning, with the tracker's functions inlined
  // there, and what those use; the others are return addresses.
  const std::vector<source_frame> first = names.at_call(task.origin[0]);
  stack.assign(std::find_if(first.rbegin(), first.rend(), of_tracker).base(), first.end());
  for (unsigned i = 1; i < task.origin_depth; ++i) {
    for (source_frame& frame : names.at_call(task.origin[i])) {
      if (!of_tracker(frame)) stack.push_back(std::move(frame));
    }
  }
  if (task.kind != record_kind::task || stack.empty()) return stack;
  // Not always the very first: a promise's constructor that was not inlined comes before it.
  const auto near = stack.begin() + std::min<std::ptrdiff_t>(3, std::ssize(stack));
  const auto beginning = std::find_if(stack.begin(), near, [&](const source_frame& frame) {
    return short_function_name(frame.function) == coroutine;
  });
  stack.erase(stack.begin(), (beginning != near ? beginning : stack.begin()) + 1);
  return stack;
}

source_place place_of(packed_place packed, const string_reader& text) {
  if (packed == 0) return {};
  return {text(file_address(packed)), line_number(packed)};
}

std::chrono::nanoseconds time_between(std::int64_t from, std::int64_t to) {
  return std::chrono::nanoseconds(std::max<std::int64_t>(0, to - from));
}

}  // namespace

std::optional<raw_task> read_record(const task_record& record) noexcept {
  // Acquire loads keep their order; each pairs with the release store of its field.
  constexpr auto acquire = std::memory_order_acquire;
  raw_task copy;
  copy.serial = record.serial.load(acquire);
  if (copy.serial == 0) return std::nullopt;
  copy.parent = record.parent.load(acquire);
  copy.awaiting = record.awaiting.load(acquire);
  copy.definition = record.definition.load(acquire);
  copy.since = record.since.load(acquire);
  copy.created = record.created.load(acquire);
  copy.function = reinterpret_cast<std::uintptr_t>(record.function.load(acquire));
  copy.code = record.code.load(acquire);
  copy.kind = record.kind.load(acquire);
  copy.state = record.state.load(acquire);
  copy.origin_depth = std::min<unsigned>(record.origin_depth.load(acquire), deepest_origin);
  for (unsigned i = 0; i < copy.origin_depth; ++i) copy.origin[i] = record.origin[i].load(acquire);
  if (record.serial.load(std::memory_order_relaxed) != copy.serial) return std::nullopt;
  return copy;
}

std::string own_string(std::uint64_t address) {
  return address != 0 ? reinterpret_cast<const char*>(address) : "";
}

// Not by the path of this file: the program may have been compiled with another one.
bool is_tracker_file(std::string_view file) {
  const auto folder = file.rfind("harness/diagnostics/task_tracker/");
  return folder != file.npos && !file.substr(0, folder).ends_with("tests/");
}

task_info describe(const raw_task& task, std::int64_t now, symbols& names,
                   const string_reader& text) {
  task_info info;
  info.serial = task.serial;
  info.awaiter = task.parent;
  info.spawned = task.kind == record_kind::root;
  info.state = static_cast<task_state>(task.state);
  if (task.code != 0) info.signature = names.at(task.code).back().function;
  info.function = short_function_name(info.signature);
  if (info.function.empty() || info.function.starts_with("0x")) {
    info.function = info.signature = text(task.function);
  }
  info.defined = place_of(task.definition, text);
  if (!info.defined.known() && task.code != 0) info.defined = names.at(task.code).back().place;
  info.awaiting = place_of(task.awaiting, text);
  info.age = time_between(task.created, now);
  if (task.state == record_state::suspended) info.in_state = time_between(task.since, now);
  info.origin = origin_of(task, info.function, names);
  const auto user = std::find_if_not(info.origin.begin(), info.origin.end(), is_library_frame);
  if (user != info.origin.end()) info.created = user->place;
  if (task.kind == record_kind::operation) {
    // Asio's outermost function before the user's own.
    info.function = "an operation";
    for (auto frame = info.origin.begin(); frame != user; ++frame) {
      if (std::string name = operation_name(*frame); !name.empty()) info.function = name;
    }
    info.signature = info.function;
    info.defined = {};
  }
  return info;
}

std::vector<task_info> describe_all(const std::vector<raw_task>& records, std::int64_t now,
                                    symbols& names, const string_reader& text) {
  std::map<std::uint64_t, const raw_task*> by_serial;
  std::map<std::uint64_t, std::uint64_t> operation_of;  // who awaits it -> the operation
  for (const raw_task& record : records) {
    by_serial[record.serial] = &record;
    if (record.kind == record_kind::operation) operation_of[record.parent] = record.serial;
  }
  const auto find = [&](std::uint64_t serial) {
    const auto found = by_serial.find(serial);
    return found != by_serial.end() ? found->second : nullptr;
  };
  std::vector<task_info> tasks;
  for (const auto& [serial, record] : by_serial) {
    if (record->kind != record_kind::task || record->state == record_state::finished) continue;
    task_info task = describe(*record, now, names, text);
    if (const raw_task* const parent = find(record->parent)) {
      if (parent->kind == record_kind::root) {
        task.spawned = true;
        task.awaiter = find(parent->parent) != nullptr ? parent->parent : 0;
      }
    } else {
      task.awaiter = 0;
    }
    const auto operation = operation_of.find(serial);
    if (task.state == task_state::suspended && operation != operation_of.end()) {
      task.operation = describe(*find(operation->second), now, names, text).function;
    }
    tasks.push_back(std::move(task));
  }
  return tasks;
}

std::vector<raw_task> own_records() {
  std::vector<raw_task> found;
  const registry_header* const header = own_registry();
  if (header == nullptr) return found;
  const auto* const records = reinterpret_cast<const task_record*>(header->records);
  const std::uint64_t used = header->used.load(std::memory_order_acquire);
  for (std::uint64_t i = 0; i < used; ++i) {
    if (auto task = read_record(records[i])) found.push_back(*task);
  }
  return found;
}

}  // namespace regatta::internal
