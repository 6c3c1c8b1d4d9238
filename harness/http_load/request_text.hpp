// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "harness/http_load/load_plan.hpp"

namespace regatta::http_load {

/// Fills in host, port, tls and target from the URL. Throws std::invalid_argument with a sentence
/// for the user.
void set_url(load_plan& plan, const std::string& url);

/// The plan's request as it goes on the wire, each time the same. Throws std::invalid_argument if a
/// header or the method cannot be sent.
std::string request_text(const load_plan& plan);

/// Makes the plan's request a streamed chat completion of an OpenAI-compatible server; adds
/// "/v1/chat/completions", or what of it the URL lacks, to the target. `max_tokens` 0: unlimited.
void ask_for_stream(load_plan& plan, const std::string& model, const std::string& prompt,
                    unsigned max_tokens, const std::string& api_key);

}  // namespace regatta::http_load
