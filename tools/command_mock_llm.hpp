// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace CLI {
class App;
}

namespace regatta {

/// `regatta mock-llm`: an OpenAI-compatible server to point any client at, until Ctrl-C. The hidden
/// flags --announce-fd and --parent are for mock_llm_service, which runs the same command as a
/// child.
void add_mock_llm_command(CLI::App& app, int& exit_code);

}  // namespace regatta
