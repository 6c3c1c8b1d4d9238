// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "harness/http/sse_parser.hpp"
#include "harness/workload.hpp"
#include "workloads/io/chat_completion.hpp"
#include "workloads/io/chat_prompts.hpp"

namespace regatta {
namespace {

// Makes the answer of the pieces of a streamed one, and measures what its reader would wait for.
template <class Context>
class token_collector {
 public:
  explicit token_collector(Context& context) : context_(context), last_(steady_clock::now()) {}

  void take(std::string_view piece) {
    events_.feed(piece);
    while (const auto event = events_.next()) {
      if (event->data == "[DONE]") {
        done_ = true;
      } else {
        take_token(chat_completion_delta(event->data));
      }
    }
  }
  /// Throws std::runtime_error if the stream broke off.
  std::string answer() && {
    if (!done_) throw std::runtime_error("the LLM's stream ended before its [DONE]");
    return std::move(answer_);
  }

 private:
  void take_token(const std::string& token) {
    if (token.empty()) return;  // the reason for stopping, or the usage
    const auto now = steady_clock::now();
    context_.measure(answer_.empty() ? "time to first token" : "gap between tokens", now - last_);
    last_ = now;
    answer_ += token;
  }

  Context& context_;
  sse_parser events_;
  std::string answer_;
  steady_clock::time_point last_;
  bool done_ = false;
};

class llm_stream {
 public:
  static workload_info describe() {
    workload_info info;
    info.name = "llm-stream";
    info.kind = work_kind::io_bound;
    info.summary = "a streamed chat completion, server-sent events taken token by token";
    info.needs = {"llm"};
    info.in_flight = 64;
    info.parameters = chat_prompts::parameters(32);
    return info;
  }

  static buffer build(const workload_options& options) {
    return chat_prompts::build(describe(), options, "Tell me more about this");
  }

  explicit llm_stream(bytes_view dataset) : prompts_(dataset) {}
  std::uint64_t distinct_items() const { return chat_prompts::count; }
  bytes_view input(std::uint64_t index) const { return prompts_[index]; }

  template <class Context>
  typename Context::template task<buffer> run(Context& ctx, item it) const {
    http_request request = streamed_chat_completion_request(prompts_.model(), as_text(it.input),
                                                            prompts_.max_tokens());
    token_collector<Context> tokens(ctx);
    const http_piece_handler take = [&tokens](std::string_view piece) { tokens.take(piece); };
    const http_response response = co_await ctx.http_stream("llm", std::move(request), take);
    if (response.status != 200) chat_completion_content(response);  // throws what it says
    co_return to_buffer(std::move(tokens).answer());
  }

 private:
  chat_prompts prompts_;
};

const workload_registration<llm_stream> registered;

}  // namespace
}  // namespace regatta
