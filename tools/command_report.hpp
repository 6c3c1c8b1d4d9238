// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace CLI {
class App;
}

namespace regatta {

/// `regatta report`: renders a stored report, or checks it against its schema.
void add_report_command(CLI::App& app, int& exit_code);

}  // namespace regatta
