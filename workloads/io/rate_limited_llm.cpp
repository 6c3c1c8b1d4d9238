// SPDX-License-Identifier: Apache-2.0
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
#include "workloads/io/rate_limit.hpp"

namespace regatta {
namespace {

constexpr std::size_t item_count = 32;
constexpr std::size_t prompt_size = 200;
constexpr unsigned max_tokens = 16;

struct settings {
  std::uint64_t limit = 0;
  double per_second = 0;
};

enum part { model_part, settings_part, first_item };

/// All prompts of an item at once, through a limit of its own: a batch under a service's rules.
class rate_limited_llm {
 public:
  static workload_info describe() {
    workload_info info;
    info.name = "rate-limited-llm";
    info.kind = work_kind::io_bound;
    info.summary = "12 chat completions at once, 5 of them under way at a time by a semaphore";
    info.needs = {"llm"};
    // usual, least, most
    info.parameters = {
        {"prompts", "prompts of an item", 12, 1, 1000},
        {"limit", "requests of an item under way at a time", 5, 1, 1000},
        {"per-second", "requests an item may begin a second, after the first limit; 0: any", 0, 0,
         1'000'000}};
    return info;
  }

  static buffer build(const workload_options& options) {
    const settings chosen{static_cast<std::uint64_t>(parameter_of(describe(), options, "limit")),
                          parameter_of(describe(), options, "per-second")};
    const auto count = static_cast<std::size_t>(parameter_of(describe(), options, "prompts"));
    std::vector<buffer> items;
    for (std::size_t i = 0; i < item_count; ++i) {
      counter_random random(options.seed, i);
      std::vector<std::string> prompts(count);
      for (std::string& prompt : prompts) {
        prompt = "Name the subject:\n" + generated_text(random, prompt_size);
      }
      std::vector<bytes_view> parts;
      for (const std::string& prompt : prompts) parts.push_back(as_bytes(prompt));
      items.push_back(pack_parts(parts));
    }
    std::vector<bytes_view> parts = {as_bytes(options.model), std::as_bytes(std::span(&chosen, 1))};
    parts.insert(parts.end(), items.begin(), items.end());
    return pack_parts(parts);
  }

  explicit rate_limited_llm(bytes_view dataset) : parts_(dataset) {}
  std::uint64_t distinct_items() const { return item_count; }
  bytes_view input(std::uint64_t index) const { return parts_[first_item + index % item_count]; }

  template <class Context>
  typename Context::template task<buffer> run(Context& ctx, item it) const {
    const auto chosen = read_as<settings>(parts_[settings_part]);
    std::optional<token_bucket> bucket;
    if (chosen.per_second > 0) {
      bucket.emplace(chosen.per_second, static_cast<unsigned>(chosen.limit));
    }
    rate_limit<Context> limit(chosen.limit, bucket);
    const dataset_parts prompts(it.input);
    const auto ask = [&](std::size_t i) { return complete(ctx, limit, as_text(prompts[i])); };
    const std::vector<std::string> answers = co_await ctx.gather(prompts.size(), ask);
    std::string lines;
    for (const std::string& answer : answers) lines += answer + '\n';
    co_return to_buffer(lines);
  }

 private:
  template <class Context>
  typename Context::template task<std::string> complete(Context& ctx, rate_limit<Context>& limit,
                                                        std::string_view prompt) const {
    const auto place = co_await limit.enter(ctx);
    http_request request = chat_completion_request(as_text(parts_[model_part]), prompt, max_tokens);
    const http_response response = co_await ctx.http("llm", std::move(request));
    co_return chat_completion_content(response);
  }

  dataset_parts parts_;
};

const workload_registration<rate_limited_llm> registered;

}  // namespace
}  // namespace regatta
