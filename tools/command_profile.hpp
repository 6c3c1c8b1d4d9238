// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace CLI {
class App;
}

namespace regatta {

/// Adds `regatta profile` and `regatta stall-assert`. Their exit code ends up in `exit_code`.
void add_profile_commands(CLI::App& app, int& exit_code);

}  // namespace regatta
