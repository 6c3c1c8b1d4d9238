// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace CLI {
class App;
}

namespace regatta {

/// `regatta matrix`: the seven classic scenarios, the textbook's answer beside the measured ones.
void add_matrix_command(CLI::App& app, int& exit_code);

}  // namespace regatta
