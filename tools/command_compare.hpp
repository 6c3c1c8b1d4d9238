// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace CLI {
class App;
}

namespace regatta {

/// `regatta compare`: holds stored reports against each other, and says what follows and what not.
void add_compare_command(CLI::App& app, int& exit_code);

}  // namespace regatta
