// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/process_symbols.hpp"

#include <elfutils/libdwfl.h>
#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "harness/diagnostics/address_names.hpp"
#include "harness/profiling/foreign_unwinder.hpp"
#include "harness/profiling/perf_map.hpp"
#include "harness/profiling/process_modules.hpp"
#include "harness/profiling/python_frames.hpp"

namespace regatta::profiling {
namespace {

bool may_be_python(std::string_view file) {
  return file.starts_with("python") || file.starts_with("libpython") || file.starts_with("uwsgi");
}

std::optional<python_frames> find_python(pid_t process, const process_modules& modules) {
  const auto runtime = modules.find_symbol("_PyRuntime", may_be_python);
  const auto code_type = modules.find_symbol("PyCode_Type", may_be_python);
  const auto version = modules.find_symbol("Py_Version", may_be_python);
  if (!runtime || !code_type || !version) return std::nullopt;
  return python_frames(process, {*runtime, *code_type, *version});
}

}  // namespace

struct process_symbols::state {
  explicit state(pid_t id) : process(id), modules(id), unwinder(modules, id), jit(id) {}

  const pid_t process;
  std::mutex mutex;
  process_modules modules;
  foreign_unwinder unwinder;
  internal::address_names names;
  process_perf_map jit;
  std::unordered_map<std::uint64_t, std::vector<profile_frame>> known;  // in modules
  unsigned generation = 0;  // of the modules that names, known and python were read from
  std::optional<python_frames> python;
  bool looked_for_python = false;

  void follow_modules() {
    if (generation == modules.generation()) return;
    generation = modules.generation();
    names.forget();
    known.clear();
    python.reset();
    looked_for_python = false;
  }

  std::vector<profile_frame> look_up(std::uint64_t address) {
    Dwfl_Module* const module = modules.at(address);
    follow_modules();
    if (module == nullptr) {
      if (auto compiled = jit.at(address)) return {std::move(*compiled)};
      if (const auto original = modules.original_of(address)) return look_up(*original);
      const mapped_range* const range = modules.range_at(address);
      return {{fmt::format("{:#x}", address), "", 0, range != nullptr ? range->path : "", address,
               false}};
    }
    if (const auto found = known.find(address); found != known.end()) return found->second;
    Dwarf_Addr begin = 0;
    const std::string path =
        dwfl_module_info(module, nullptr, &begin, nullptr, nullptr, nullptr, nullptr, nullptr);
    std::vector<profile_frame> frames;
    for (source_frame& frame : names.at(module, address)) {
      if (frame.function.empty()) {  // the same in every run
        frame.function = fmt::format("{}+{:#x}", file_name_of(path), address - begin);
      }
      frames.push_back({std::move(frame.function), std::move(frame.place.file), frame.place.line,
                        path, address, frame.inlined});
    }
    return known[address] = std::move(frames);
  }

  using evaluations = std::vector<python_frames::evaluation>;

  // Before anything that takes its time, for the thread goes on. Empty if there is no Python, or if
  // that is not known yet.
  evaluations read_python(pid_t thread) {
    return python && python->problem().empty() ? python->read(thread) : evaluations();
  }

  void add_python(named_stack& stack, const captured_stack& captured, evaluations read) {
    const auto count = static_cast<std::size_t>(
        std::count_if(stack.frames.begin(), stack.frames.end(), is_python_evaluation));
    if (count == 0) return;
    if (!looked_for_python) python = find_python(process, modules);
    looked_for_python = true;
    if (!python) {
      stack.note = "The Python functions are not known: only CPython 3.11 to 3.13 tells them.";
      return;
    }
    if (!python->problem().empty()) {
      stack.note = fmt::format("The Python functions are not known: {}.", python->problem());
      return;
    }
    if (read.empty()) read = python->read(captured.tid);
    const auto matched = match_evaluations(std::move(read), captured, count, stack.complete);
    const auto unknown =
        std::count_if(matched.begin(), matched.end(),
                      [](const python_frames::evaluation& each) { return each.functions.empty(); });
    if (unknown != 0) {
      stack.note = fmt::format(
          "{} Python functions are not known: the thread went on before they "
          "were read.",
          unknown < std::ssize(matched) ? "The innermost" : "The");
    }
    // The perf map has the same functions once more.
    std::erase_if(stack.frames,
                  [](const profile_frame& frame) { return frame.module == python_module; });
    stack.frames = merge_python(stack.frames, matched);
  }
};

process_symbols::process_symbols(pid_t process) : state_(std::make_unique<state>(process)) {}
process_symbols::~process_symbols() = default;

named_stack process_symbols::stack(const captured_stack& captured) {
  const std::lock_guard lock(state_->mutex);
  named_stack result;
  auto python = state_->read_python(captured.tid);
  const unwound_stack unwound = state_->unwinder.unwind(captured);
  result.complete = unwound.complete;
  for (const auto address : unwound.addresses) {
    auto frames = state_->look_up(address);
    std::move(frames.begin(), frames.end(), std::back_inserter(result.frames));
  }
  state_->add_python(result, captured, std::move(python));
  if (result.note.empty() && !state_->modules.known()) {
    result.note =
        "What the process has mapped could not be read: it had ended, or it is another "
        "user's.";
  }
  return result;
}

std::vector<profile_frame> process_symbols::at(std::uint64_t address) {
  const std::lock_guard lock(state_->mutex);
  return state_->look_up(address);
}

void process_symbols::refresh() {
  const std::lock_guard lock(state_->mutex);
  state_->modules.refresh();
  state_->follow_modules();
}

}  // namespace regatta::profiling
