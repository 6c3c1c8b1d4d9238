// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace CLI {
class App;
}

namespace regatta {

/// `regatta gate`: is the candidate slower than the baseline? For CI.
void add_gate_command(CLI::App& app, int& exit_code);

}  // namespace regatta
