// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace CLI {
class App;
}

namespace regatta {

/// `regatta doctor`: is this machine fit to measure, what can it resolve, and what to do.
void add_doctor_command(CLI::App& app, int& exit_code);

}  // namespace regatta
