// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace CLI {
class App;
}

namespace regatta {

/// `regatta crossover`: from which load or item size on another approach wins.
void add_crossover_command(CLI::App& app, int& exit_code);

}  // namespace regatta
