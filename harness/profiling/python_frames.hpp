// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "harness/profiling/captured_stack.hpp"
#include "harness/profiling/foreign_memory.hpp"
#include "harness/profiling/profile_frame.hpp"
#include "harness/profiling/python_layout.hpp"

namespace regatta::profiling {

/// profile_frame::module of a Python function.
inline constexpr const char* python_module = "[python]";

/// Where an interpreter is in its process: the addresses of the symbols of these names.
struct python_symbols {
  std::uint64_t runtime = 0;    ///< _PyRuntime
  std::uint64_t code_type = 0;  ///< PyCode_Type
  std::uint64_t version = 0;    ///< Py_Version, which 3.11 was the first to have
};

/// Reads which Python functions a thread of a running CPython is in, from the interpreter's own
/// structures in its memory: it is neither stopped nor entered, so that a thread that goes on
/// meanwhile may be seen between two functions; what does not fit is dropped.
/// Thread safety: one thread at a time.
class python_frames {
 public:
  python_frames(pid_t process, const python_symbols& symbols);

  /// Why there will never be any, as a clause; empty if there may be.
  const std::string& problem() const { return problem_; }

  /// Functions that called each other without a C function between them, innermost first: what one
  /// _PyEval_EvalFrameDefault on the native stack stands for.
  struct evaluation {
    std::vector<profile_frame> functions;        ///< empty: not known
    std::uint64_t code_begin = 0, code_end = 0;  ///< the bytecode of the innermost one
    bool operator==(const evaluation&) const = default;
  };
  /// Innermost first. Empty if the thread has no Python frames, or they cannot be read.
  std::vector<evaluation> read(pid_t thread);

 private:
  struct known_code {
    // Of its objects, and how long it is: there may be another one at its address by now.
    std::uint64_t file = 0, name = 0, line_table = 0, units = 0;
    std::uint32_t first_line = 0;
    profile_frame frame;  // without a line
    std::vector<std::byte> lines;
    bool same_as(const known_code& other) const {
      return file == other.file && name == other.name && line_table == other.line_table &&
             units == other.units && first_line == other.first_line;
    }
  };
  std::optional<std::uint64_t> current_frame(pid_t thread) const;
  std::optional<std::uint64_t> thread_state(std::uint64_t native_id) const;
  const known_code* code_at(std::uint64_t address);
  std::optional<std::string> text_at(std::uint64_t address) const;
  std::vector<std::byte> bytes_at(std::uint64_t address) const;

  pid_t process_;
  foreign_memory memory_;
  python_symbols symbols_;
  python_layout layout_;
  std::string problem_;
  std::map<std::uint64_t, known_code> codes_;
};

/// Which of the evaluations, read later, are those of the captured stack: an answer for each of its
/// `count` native frames of the interpreter, innermost first, without functions where the thread
/// had gone on. An evaluation keeps pointers into its bytecode on the stack or in a register, which
/// the capture must have; what called such an evaluation has not changed either. `complete`: the
/// native stack reaches the thread's start. A capture without callee-saved registers cannot tell,
/// and only the number is compared.
std::vector<python_frames::evaluation> match_evaluations(
    std::vector<python_frames::evaluation> evaluations, const captured_stack& captured,
    std::size_t count, bool complete);

/// The native stack with its interpreter's frames replaced by the Python functions that these stand
/// for. Evaluations beyond them are farther out than the native stack reaches, and come last.
std::vector<profile_frame> merge_python(std::span<const profile_frame> native,
                                        std::span<const python_frames::evaluation> evaluations);

/// Whether it is a native frame of CPython's interpreter loop.
bool is_python_evaluation(const profile_frame& frame);

}  // namespace regatta::profiling
