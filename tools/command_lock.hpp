// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace CLI {
class App;
}

namespace regatta {

/// Adds `regatta lock-impact` and `regatta lock-check`. Their exit code ends up in `exit_code`.
void add_lock_commands(CLI::App& app, int& exit_code);

}  // namespace regatta
