// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "harness/profiling/profile_result.hpp"

namespace regatta {

/// What `regatta stall-assert` makes of a profile.
struct stall_verdict {
  int code = 0;  ///< see exit_codes.hpp
  /// The longest stretch that the program itself was blocked for; of the profile that was judged.
  /// Null: none was too long.
  const profiling::blocked_stretch* worst = nullptr;
  std::string sentence;  ///< why the code is not 0; or empty
};

/// exit_regression if a callback took longer than the profile's threshold by itself: what the
/// machine did to it, by giving it no CPU or by stopping it, is not the program's fault. exit_error
/// where nothing can be said: there was no loop, or the command failed. `longest`: the threshold as
/// it was written. Pure.
stall_verdict judge_stalls(const profiling::profile_result& result, const std::string& longest);

}  // namespace regatta
