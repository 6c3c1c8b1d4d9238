// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "harness/workload.hpp"
#include "workloads/counter_random.hpp"
#include "workloads/dataset_parts.hpp"
#include "workloads/generated_text.hpp"

namespace regatta {

/// The dataset of a workload of which an item is one chat completion: the model, how many tokens to
/// ask for, and the prompts, each a task and a text of its own.
/// Thread safety: the const members, any thread.
class chat_prompts {
 public:
  static constexpr std::size_t count = 256;

  static std::vector<workload_parameter> parameters(unsigned usual_tokens) {
    // usual, least, most
    return {
        {"payload", "bytes of the prompt, in whole sentences", 400, 100, 65536},
        {"tokens", "tokens of the answer, at most", static_cast<double>(usual_tokens), 1, 4096}};
  }

  static buffer build(const workload_info& info, const workload_options& options,
                      std::string_view task) {
    const auto size = static_cast<std::size_t>(parameter_of(info, options, "payload"));
    const auto tokens = static_cast<unsigned>(parameter_of(info, options, "tokens"));
    std::vector<std::string> prompts;
    for (std::size_t i = 0; i < count; ++i) {
      counter_random random(options.seed, i);
      prompts.push_back(std::string(task) + ":\n" + generated_text(random, size));
    }
    std::vector<bytes_view> parts = {as_bytes(options.model), std::as_bytes(std::span(&tokens, 1))};
    for (const std::string& prompt : prompts) parts.push_back(as_bytes(prompt));
    return pack_parts(parts);
  }

  explicit chat_prompts(bytes_view dataset) : parts_(dataset) {}

  std::string_view model() const { return as_text(parts_[model_part]); }
  unsigned max_tokens() const { return read_as<unsigned>(parts_[max_tokens_part]); }
  bytes_view operator[](std::uint64_t index) const { return parts_[first_prompt + index % count]; }

 private:
  enum part { model_part, max_tokens_part, first_prompt };

  dataset_parts parts_;
};

}  // namespace regatta
