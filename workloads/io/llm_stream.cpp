// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/http/sse_parser.hpp"
#include "harness/workload.hpp"
#include "workloads/counter_random.hpp"
#include "workloads/dataset_parts.hpp"
#include "workloads/generated_text.hpp"
#include "workloads/io/chat_completion.hpp"

namespace regatta {
namespace {

constexpr std::size_t prompt_count = 256;

enum part { model_part, max_tokens_part, first_prompt };

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
    // usual, least, most
    info.parameters = {{"payload", "bytes of the prompt, in whole sentences", 400, 100, 65536},
                       {"tokens", "tokens of the answer, at most", 32, 1, 4096}};
    return info;
  }

  static buffer build(const workload_options& options) {
    const auto size = static_cast<std::size_t>(parameter_of(describe(), options, "payload"));
    const auto max_tokens = static_cast<unsigned>(parameter_of(describe(), options, "tokens"));
    std::vector<std::string> prompts;
    for (std::size_t i = 0; i < prompt_count; ++i) {
      counter_random random(options.seed, i);
      prompts.push_back("Tell me more about this:\n" + generated_text(random, size));
    }
    std::vector<bytes_view> parts = {as_bytes(options.model),
                                     std::as_bytes(std::span(&max_tokens, 1))};
    for (const std::string& prompt : prompts) parts.push_back(as_bytes(prompt));
    return pack_parts(parts);
  }

  explicit llm_stream(bytes_view dataset) : parts_(dataset) {}
  std::uint64_t distinct_items() const { return prompt_count; }
  bytes_view input(std::uint64_t index) const {
    return parts_[first_prompt + index % prompt_count];
  }

  template <class Context>
  typename Context::template task<buffer> run(Context& ctx, item it) const {
    http_request request = streamed_chat_completion_request(
        as_text(parts_[model_part]), as_text(it.input), read_as<unsigned>(parts_[max_tokens_part]));
    token_collector<Context> tokens(ctx);
    const http_piece_handler take = [&tokens](std::string_view piece) { tokens.take(piece); };
    const http_response response = co_await ctx.http_stream("llm", std::move(request), take);
    if (response.status != 200) chat_completion_content(response);  // throws what it says
    co_return to_buffer(std::move(tokens).answer());
  }

 private:
  dataset_parts parts_;
};

const workload_registration<llm_stream> registered;

}  // namespace
}  // namespace regatta
