// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace CLI {
class App;
}

namespace regatta {

/// `regatta race-profile FILE`: races what a stored profile did.
void add_race_profile_command(CLI::App& app, int& exit_code);

}  // namespace regatta
