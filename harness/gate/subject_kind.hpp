// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

namespace regatta {

enum class subject_kind { google_benchmark, command, regatta };

/// "google-benchmark", "command", "regatta".
std::string to_string(subject_kind kind);

/// What the user's text for one side of a gate means. A program is asked what it is only if its
/// file says that it will understand the question: nothing is started with flags that it may not
/// know. What a script starts is not seen. Throws
/// std::invalid_argument, with a sentence, if it is nothing that could be started.
subject_kind detect_subject_kind(const std::string& text, const std::function<bool()>& stop);

}  // namespace regatta
