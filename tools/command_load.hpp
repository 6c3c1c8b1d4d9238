// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace CLI {
class App;
}

namespace regatta {

/// Adds `regatta load`. Its exit code ends up in `exit_code`.
void add_load_command(CLI::App& app, int& exit_code);

}  // namespace regatta
