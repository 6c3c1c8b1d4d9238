// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "harness/diagnostics/source_frame.hpp"

namespace regatta {

/// Names for code addresses of a process, this one or another: function, file and line, and the
/// functions that were inlined there. Reads ELF and DWARF with elfutils' libdw, on first use only,
/// and remembers every answer. For another process it reads /proc/PID/maps and the files named
/// there; the process itself is neither stopped nor entered.
///
///   symbols names;                       // of this process
///   for (const source_frame& frame : names.at_call(return_address)) …
///
/// Not for signal handlers: it allocates and opens files.
/// Thread safety: all members from any thread.
class symbols {
 public:
  symbols();
  explicit symbols(pid_t process);
  ~symbols();
  symbols(const symbols&) = delete;
  symbols& operator=(const symbols&) = delete;

  /// Innermost first; the last one is the function that exists in the binary. Never empty: an
  /// address nobody knows is one frame named "0x…".
  std::vector<source_frame> at(std::uintptr_t address);
  /// The same for a return address: of the call before it, not of what runs afterwards.
  std::vector<source_frame> at_call(std::uintptr_t return_address);

  /// Whether the code there is in a file below /lib or /usr/lib: a library that came with the
  /// system. False if nobody knows.
  bool is_system_code(std::uintptr_t address);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

/// The symbols of this process, shared and never destroyed: usable until the last exit handler.
symbols& own_symbols();

/// "echo" of "echo(boost::asio::ip::tcp::socket)": what a reader calls the function.
std::string short_function_name(std::string_view demangled);

/// Whether it is a function of Boost or of the standard library, by its file or else by its name.
bool is_library_frame(const source_frame& frame);

}  // namespace regatta
