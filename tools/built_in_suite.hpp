// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace regatta {

/// A suite that comes along, in the form that a user's own file has. Null: none is called that.
const char* built_in_suite(const std::string& name);

}  // namespace regatta
