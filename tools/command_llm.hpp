// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace CLI {
class App;
}

namespace regatta {

/// `regatta llm`: asks an OpenAI-compatible service, once or a file full of prompts.
void add_llm_command(CLI::App& app, int& exit_code);

}  // namespace regatta
