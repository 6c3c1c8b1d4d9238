// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace CLI {
class App;
}

namespace regatta {

namespace http_load {
struct load_result;
}

/// What a load's exit code is, by its answers, its levels and its client; the reason is told on
/// stderr.
int load_exit_code(const http_load::load_result& result, bool fail_on_unfit);

/// Adds `regatta load`. Its exit code ends up in `exit_code`.
void add_load_command(CLI::App& app, int& exit_code);

}  // namespace regatta
