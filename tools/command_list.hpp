// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace CLI {
class App;
}

namespace regatta {

/// `regatta list`: what there is to race, from the registries.
void add_list_command(CLI::App& app, int& exit_code);

}  // namespace regatta
