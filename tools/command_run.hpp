// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace CLI {
class App;
}

namespace regatta {

/// `regatta run`: measures a suite, prints tables and recommendations, writes the JSON report.
void add_run_command(CLI::App& app, int& exit_code);

}  // namespace regatta
