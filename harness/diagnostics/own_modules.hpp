// SPDX-License-Identifier: Apache-2.0
#pragma once

struct Dwfl;

namespace regatta::internal {

/// What dwfl_linux_proc_report() does for another process, for this one: between
/// dwfl_report_begin() and dwfl_report_end(). It asks the dynamic linker and not /proc/self/maps,
/// where the files that an earlier session reads symbols from are mapped as well, and may be taken
/// for the loaded ones. Any thread; not async-signal-safe.
void report_own_modules(Dwfl* session);

}  // namespace regatta::internal
