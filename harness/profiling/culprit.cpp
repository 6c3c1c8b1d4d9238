// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/culprit.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "harness/diagnostics/source_frame.hpp"
#include "harness/diagnostics/symbols.hpp"
#include "harness/profiling/perf_map.hpp"
#include "harness/profiling/process_map.hpp"
#include "harness/profiling/python_frames.hpp"

namespace regatta::profiling {
namespace {

// How file names of libraries and programs begin that run other people's code.
constexpr std::array<std::string_view, 13> system_libraries{
    "libc.so", "libc-",     "libpthread", "ld-linux", "ld-musl", "libm.so", "librt.so",
    "libdl",   "libstdc++", "libc++",     "libgcc_s", "[vdso]",  "libuv"};
constexpr std::array<std::string_view, 4> interpreters{"libpython", "python", "node", "libnode"};

template <std::size_t Count>
bool is_in(const profile_frame& frame, const std::array<std::string_view, Count>& files) {
  const std::string_view file = file_name_of(frame.module);
  return std::any_of(files.begin(), files.end(),
                     [&](std::string_view name) { return file.starts_with(name); });
}

bool is_system(const profile_frame& frame) { return is_in(frame, system_libraries); }

// Whether something says what the function is, beyond its address.
bool has_name(const profile_frame& frame) {
  return !frame.function.starts_with("0x") && frame.function.find("+0x") == std::string::npos;
}

bool is_runtime(const profile_frame& frame) {
  if (frame.module == python_module) return false;
  if (frame.module == jit_module) return frame.file.empty();  // stubs, builtins
  if (frame.module.empty() && !has_name(frame)) return true;  // compiled at run time, without a map
  return is_system(frame) || is_in(frame, interpreters);
}

bool contains(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

// What somebody chose to install for this service, beyond what comes with the language.
bool is_installed(std::string_view path) {
  return contains(path, "/site-packages/") || contains(path, "/dist-packages/") ||
         contains(path, "/node_modules/");
}

bool is_interpreted(const profile_frame& frame) {
  return frame.module == python_module || (frame.module == jit_module && !frame.file.empty());
}

// C code that a Python or JavaScript function calls: the modules of the language and the libraries
// of the system below them.
bool is_native_library(const profile_frame& frame) {
  return !is_interpreted(frame) && !is_installed(frame.module) &&
         (contains(frame.module, "/lib/") || contains(frame.module, "/lib64/"));
}

bool is_library(const profile_frame& frame) {
  if (frame.module == python_module) {
    return frame.file.starts_with("<frozen ") ||
           (contains(frame.file, "/lib/python3") && !is_installed(frame.file));
  }
  if (frame.module == jit_module) return frame.file.starts_with("node:");
  return is_library_frame({frame.address, frame.function, {frame.file, frame.line}, false});
}

// What runs one handler after the other.
bool is_event_loop(const profile_frame& frame) {
  if (frame.module == python_module) {
    return contains(frame.file, "/asyncio/") || contains(frame.file, "/selectors.py");
  }
  if (frame.module == jit_module) return false;
  const std::string_view name = frame.function;
  return name == "uv_run" || contains(name, "detail::scheduler::run(") ||
         contains(name, "detail::scheduler::do_run_one(") || name == "event_base_loop" ||
         name == "ev_run";
}

}  // namespace

const profile_frame* culprit(std::span<const profile_frame> stack) {
  const profile_frame* library = nullptr;  // the innermost function of one
  const profile_frame* interpreter = nullptr;
  const bool interpreted = std::any_of(stack.begin(), stack.end(), is_interpreted);
  for (const profile_frame& frame : stack) {
    if (is_event_loop(frame)) {
      if (library == nullptr && !is_runtime(frame)) library = &frame;
      break;
    }
    if (is_runtime(frame)) {
      if (interpreter == nullptr && !is_system(frame) && has_name(frame)) interpreter = &frame;
      continue;
    }
    if (!is_library(frame) && !(interpreted && is_native_library(frame))) return &frame;
    if (library == nullptr) library = &frame;
  }
  if (library != nullptr) return library;
  if (interpreter != nullptr) return interpreter;
  return stack.empty() ? nullptr : &stack.front();
}

bool runs_handler(std::span<const profile_frame> stack) {
  bool handler = false;
  for (const profile_frame& frame : stack) {
    if (is_event_loop(frame)) return handler;
    handler = handler || (!is_runtime(frame) && !is_library(frame) && has_name(frame));
  }
  return false;
}

}  // namespace regatta::profiling
