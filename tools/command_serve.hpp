// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace CLI {
class App;
}

namespace regatta {

/// `regatta serve`: the workload `answer` behind HTTP, on a backend of the user's choice.
/// docs/service.md.
void add_serve_command(CLI::App& app, int& exit_code);

}  // namespace regatta
