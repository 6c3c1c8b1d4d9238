// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <utility>
#include <vector>

#include "harness/workload.hpp"
#include "workloads/counter_random.hpp"
#include "workloads/dataset_parts.hpp"
#include "workloads/generated_text.hpp"
#include "workloads/io/chat_completion.hpp"

namespace regatta {
namespace {

constexpr std::size_t prompt_count = 256;

enum part { model_part, max_tokens_part, first_prompt };

class llm_complete {
 public:
  static workload_info describe() {
    workload_info info;
    info.name = "llm-complete";
    info.kind = work_kind::io_bound;
    info.summary = "one chat completion of an LLM service over HTTP";
    info.needs = {"llm"};
    info.in_flight = 64;
    // usual, least, most
    info.parameters = {{"payload", "bytes of the prompt, in whole sentences", 400, 100, 65536},
                       {"tokens", "tokens of the answer, at most", 16, 1, 4096}};
    return info;
  }

  static buffer build(const workload_options& options) {
    const auto size = static_cast<std::size_t>(parameter_of(describe(), options, "payload"));
    const auto max_tokens = static_cast<unsigned>(parameter_of(describe(), options, "tokens"));
    std::vector<std::string> prompts;
    for (std::size_t i = 0; i < prompt_count; ++i) {
      counter_random random(options.seed, i);
      prompts.push_back("Summarise in one sentence:\n" + generated_text(random, size));
    }
    std::vector<bytes_view> parts = {as_bytes(options.model),
                                     std::as_bytes(std::span(&max_tokens, 1))};
    for (const std::string& prompt : prompts) parts.push_back(as_bytes(prompt));
    return pack_parts(parts);
  }

  explicit llm_complete(bytes_view dataset) : parts_(dataset) {}
  std::uint64_t distinct_items() const { return prompt_count; }
  bytes_view input(std::uint64_t index) const {
    return parts_[first_prompt + index % prompt_count];
  }

  template <class Context>
  typename Context::template task<buffer> run(Context& ctx, item it) const {
    http_request request = chat_completion_request(as_text(parts_[model_part]), as_text(it.input),
                                                   read_as<unsigned>(parts_[max_tokens_part]));
    const http_response response = co_await ctx.http("llm", std::move(request));
    co_return to_buffer(chat_completion_content(response));
  }

 private:
  dataset_parts parts_;
};

const workload_registration<llm_complete> registered;

}  // namespace
}  // namespace regatta
