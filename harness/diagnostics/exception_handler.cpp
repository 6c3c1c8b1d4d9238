// SPDX-License-Identifier: Apache-2.0
#include "harness/diagnostics/exception_handler.hpp"

#include <cxxabi.h>
#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <typeinfo>
#include <utility>

#include "harness/diagnostics/debug_options.hpp"
#include "harness/diagnostics/frame_text.hpp"
#include "harness/diagnostics/handler_tracking/handler_slot.hpp"
#include "harness/diagnostics/json_text.hpp"
#include "harness/diagnostics/own_thread_id.hpp"
#include "harness/diagnostics/replaceable_handler.hpp"
#include "harness/diagnostics/stderr_text.hpp"
#include "harness/diagnostics/symbols.hpp"
#include "harness/diagnostics/task_tracker/registry.hpp"
#include "harness/diagnostics/task_tracker/report_limit.hpp"
#include "harness/diagnostics/task_tracker/snapshot.hpp"

namespace regatta {
namespace {

// Never destroyed: exceptions come until after the last static object.
struct reporting {
  internal::replaceable_handler<exception_handler> handler;
  std::mutex mutex;
  internal::report_limit limit;  // guarded by mutex
  std::atomic<std::uint64_t> escaped{0};
};

reporting& shared() {
  static reporting& only = *new reporting;
  return only;
}

void call(const exception_handler& handler, const exception_context& context) noexcept {
  try {
    handler(context);
  } catch (...) {
    internal::write_to_stderr("regatta: the exception handler threw\n");
  }
}

// Inside of a catch block.
exception_context describe_escaped(std::uint64_t trail) {
  exception_context context;
  context.exception = std::current_exception();
  context.type = internal::current_exception_type();
  context.text = internal::current_exception_text();
  context.thread = internal::own_thread_id();
  context.created = internal::describe_trail(trail);
  if (const internal::task_record* const running = internal::this_thread.current) {
    if (const auto task = internal::read_record(*running)) {
      context.task =
          internal::describe(*task, internal::coarse_now(), own_symbols(), internal::own_string);
    }
  }
  context.message = fmt::format(
      "exception escaped: {} ({}) left a handler{}", context.type, context.text,
      context.created.empty() ? ""
                              : " created in " + internal::frame_text(context.created.front()));
  return context;
}

// How many like it were left out since the last; nothing if this one is to be left out.
std::optional<std::uint64_t> admit(std::uint64_t trail) {
  // Before anything is formatted: of 100,000 in a loop, few are.
  const std::type_info* const type = abi::__cxa_current_exception_type();
  const std::string place =
      fmt::format("{:x} {}", trail & 0xffff, type != nullptr ? type->name() : "");
  reporting& all = shared();
  const std::lock_guard lock(all.mutex);
  return all.limit.admit(place, std::chrono::steady_clock::now());
}

}  // namespace

exception_handler set_exception_handler(exception_handler handler) {
  return shared().handler.exchange(std::move(handler));
}

std::string format_exception(const exception_context& context) {
  std::string text = fmt::format("regatta: {}\n", context.message);
  if (context.task) {
    text += fmt::format("    in the task {}\n", context.task->function);
  }
  const std::string created = internal::frames_text(context.created);
  if (!created.empty()) text += "    created by (innermost first):\n" + created;
  return text;
}

std::string format_exception_json(const exception_context& context) {
  using namespace internal;
  return fmt::format(
      R"({{"finding":"exception escaped","message":{},"exception":{{"type":{},"what":{}}},)"
      R"("thread":{},"function":{},"created":{}}})",
      json_quoted(context.message), json_quoted(context.type), json_quoted(context.text),
      context.thread, context.task ? json_quoted(context.task->function) : "null",
      json_frames(context.created));
}

std::uint64_t escaped_exception_count() { return shared().escaped.load(std::memory_order_relaxed); }

namespace internal {

std::string current_exception_type() {
  const std::type_info* const type = abi::__cxa_current_exception_type();
  if (type == nullptr) return "an exception";
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> name(
      abi::__cxa_demangle(type->name(), nullptr, nullptr, &status), &std::free);
  return name ? name.get() : type->name();
}

std::string current_exception_text() {
  try {
    throw;
  } catch (const std::exception& error) {
    return error.what();
  } catch (...) {
    return "(not a std::exception)";
  }
}

bool offer_exception(const exception_context& context) noexcept {
  const auto handler = shared().handler.current();
  if (!handler) return false;
  call(*handler, context);
  return true;
}

void report_escaped(std::uint64_t trail) noexcept {
  try {
    shared().escaped.fetch_add(1, std::memory_order_relaxed);
    const debug_options& options = debug_options_from_environment();
    if (!options.on) return;
    if (const auto handler = shared().handler.current()) {
      call(*handler, describe_escaped(trail));
    } else if (const auto left_out = admit(trail)) {
      const exception_context context = describe_escaped(trail);
      std::string text =
          options.json ? format_exception_json(context) + "\n" : format_exception(context);
      if (*left_out != 0 && !options.json) {
        text +=
            fmt::format("    {} more like this were left out since the last report\n", *left_out);
      }
      write_to_stderr(text);
    }
    if (options.fatal) std::abort();
  } catch (...) {  // out of memory, most likely: a report less
  }
}

}  // namespace internal
}  // namespace regatta
