// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/workload.hpp"
#include "workloads/counter_random.hpp"
#include "workloads/dataset_parts.hpp"
#include "workloads/generated_text.hpp"
#include "workloads/io/chat_completion.hpp"

namespace regatta {
namespace {

constexpr std::size_t item_count = 64;
constexpr std::size_t prompt_size = 200;
constexpr unsigned max_tokens = 16;
// The mock server reads it from the model's name, see servers/model_latency.hpp. So much longer
// than any limit that no machine is slow enough for the primary to answer in time: which of the two
// does must not be left to chance.
constexpr std::string_view slow_suffix = "@1000s";

enum part { fallback_part, primary_part, limit_part, first_prompt };

/// A model that does not answer in time, and another that does. Each time-out costs its connection:
/// the answer would still come.
class timeout_fallback {
 public:
  static workload_info describe() {
    workload_info info;
    info.name = "timeout-fallback";
    info.kind = work_kind::io_bound;
    info.summary = "asks a slow model, gives it up after 10 ms and asks a fast one";
    info.needs = {"llm"};
    info.in_flight = 32;
    // usual, least, most
    info.parameters = {{"timeout", "milliseconds the slow model is given", 10, 1, 10'000}};
    return info;
  }

  static buffer build(const workload_options& options) {
    const std::string primary = options.model + std::string(slow_suffix);
    const auto limit = static_cast<std::uint64_t>(parameter_of(describe(), options, "timeout"));
    std::vector<std::string> prompts;
    for (std::size_t i = 0; i < item_count; ++i) {
      counter_random random(options.seed, i);
      prompts.push_back("Translate:\n" + generated_text(random, prompt_size));
    }
    std::vector<bytes_view> parts = {as_bytes(options.model), as_bytes(primary),
                                     std::as_bytes(std::span(&limit, 1))};
    for (const std::string& prompt : prompts) parts.push_back(as_bytes(prompt));
    return pack_parts(parts);
  }

  explicit timeout_fallback(bytes_view dataset) : parts_(dataset) {}
  std::uint64_t distinct_items() const { return item_count; }
  bytes_view input(std::uint64_t index) const { return parts_[first_prompt + index % item_count]; }

  template <class Context>
  typename Context::template task<buffer> run(Context& ctx, item it) const {
    const std::chrono::milliseconds limit(read_as<std::uint64_t>(parts_[limit_part]));
    const auto ask_primary = [&](Context& limited) {
      return complete(limited, as_text(parts_[primary_part]), as_text(it.input));
    };
    const std::optional<std::string> in_time = co_await ctx.with_timeout(limit, ask_primary);
    if (in_time) co_return to_buffer("primary: " + *in_time);
    const std::string answer =
        co_await complete(ctx, as_text(parts_[fallback_part]), as_text(it.input));
    co_return to_buffer("fallback: " + answer);
  }

 private:
  template <class Context>
  static typename Context::template task<std::string> complete(Context& ctx, std::string_view model,
                                                               std::string_view prompt) {
    http_request request = chat_completion_request(model, prompt, max_tokens);
    const http_response response = co_await ctx.http("llm", std::move(request));
    co_return chat_completion_content(response);
  }

  dataset_parts parts_;
};

const workload_registration<timeout_fallback> registered;

}  // namespace
}  // namespace regatta
