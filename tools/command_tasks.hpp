// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace CLI {
class App;
}

namespace regatta {

/// `regatta tasks --pid N`: the coroutines of a running process that was built with regatta::debug,
/// as a tree. `ps`, for coroutines.
void add_tasks_command(CLI::App& app, int& exit_code);

}  // namespace regatta
