// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "harness/workload.hpp"
#include "workloads/io/chat_completion.hpp"
#include "workloads/io/chat_prompts.hpp"

namespace regatta {
namespace {

class llm_complete {
 public:
  static workload_info describe() {
    workload_info info;
    info.name = "llm-complete";
    info.kind = work_kind::io_bound;
    info.summary = "one chat completion of an LLM service over HTTP";
    info.needs = {"llm"};
    info.in_flight = 64;
    info.parameters = chat_prompts::parameters(16);
    return info;
  }

  static buffer build(const workload_options& options) {
    return chat_prompts::build(describe(), options, "Summarise in one sentence");
  }

  explicit llm_complete(bytes_view dataset) : prompts_(dataset) {}
  std::uint64_t distinct_items() const { return chat_prompts::count; }
  bytes_view input(std::uint64_t index) const { return prompts_[index]; }

  template <class Context>
  typename Context::template task<buffer> run(Context& ctx, item it) const {
    http_request request =
        chat_completion_request(prompts_.model(), as_text(it.input), prompts_.max_tokens());
    const http_response response = co_await ctx.http("llm", std::move(request));
    co_return to_buffer(chat_completion_content(response));
  }

 private:
  chat_prompts prompts_;
};

const workload_registration<llm_complete> registered;

}  // namespace
}  // namespace regatta
