// SPDX-License-Identifier: Apache-2.0
#include "tools/external_choice.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "harness/external/external_backend.hpp"
#include "harness/gate/command_words.hpp"
#include "tools/usage_error.hpp"

namespace regatta {
namespace {

adapter_hello introduction_of(const std::string& command) {
  try {
    auto words = parse_command(command);
    return introduce_adapter({words.program, words.arguments});
  } catch (const adapter_fault& fault) {
    throw usage_error(
        fmt::format("--external: '{}' {}; what is expected of it is in "
                    "docs/external-backends.md",
                    command, fault.what()));
  } catch (const std::exception& error) {
    throw usage_error(fmt::format("--external: {}", error.what()));
  }
}

}  // namespace

std::vector<backend_choice> external_choices(const std::vector<std::string>& commands) {
  std::vector<backend_choice> choices;
  for (const std::string& command : commands) {
    const adapter_hello hello = introduction_of(command);
    for (const auto& [approach, meaning] : hello.approaches) {
      choices.push_back({.backend = "external",
                         .options = {{"command", command}, {"approach", approach}},
                         .label = hello.name + "-" + approach});
    }
  }
  return choices;
}

}  // namespace regatta
