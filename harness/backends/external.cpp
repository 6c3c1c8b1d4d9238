// SPDX-License-Identifier: Apache-2.0
#include <stdexcept>

#include "harness/external/external_backend.hpp"
#include "harness/gate/command_words.hpp"

namespace regatta {
namespace {

const backend_registration external_registered({
    .info = {.name = "external",
             .summary = "an adapter of yours, in any language: --external \"command\"",
             .complexity = 5,
             .options = {{"command", "none", "what --external says", {}, true},
                         {"approach", "none", "one of the adapter's", {}, true}},
             .family = "external"},
    .start = [](const backend_setup& setup) -> backend_or_unavailable {
      const std::string& command = setup.options.at("command");
      if (command == "none") return unavailable{"name the adapter's command with --external"};
      try {
        auto words = parse_command(command);
        return start_external(setup, {words.program, words.arguments},
                              setup.options.at("approach"));
      } catch (const std::invalid_argument& error) {
        return unavailable{error.what()};
      }
    },
});

}  // namespace
}  // namespace regatta
