// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

struct Dwfl;
struct Dwfl_Module;

namespace regatta::internal {

struct dwfl_closer {
  void operator()(Dwfl* session) const;
};
/// elfutils' view of a process: its modules, with what was read of their files.
using dwfl_session = std::unique_ptr<Dwfl, dwfl_closer>;

/// For the modules that dwfl_linux_proc_report() or report_own_modules() will name. May be null.
dwfl_session open_session();

/// The module that has the address; null if none has. (dwfl_addrmodule() may answer the nearest one
/// below.)
Dwfl_Module* module_at(Dwfl* session, std::uintptr_t address);

/// Whether there is a function, by the tables for exceptions.
bool is_in_function(Dwfl* session, std::uintptr_t address);

/// Whether its function says there that nobody called it: a thread's or the program's first.
bool is_outermost(Dwfl* session, std::uintptr_t address);

}  // namespace regatta::internal
