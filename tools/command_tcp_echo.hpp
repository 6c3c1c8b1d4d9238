// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace CLI {
class App;
}

namespace regatta {

/// `regatta tcp-echo`: the server that the workload tcp-echo talks to.
void add_tcp_echo_command(CLI::App& app, int& exit_code);

}  // namespace regatta
