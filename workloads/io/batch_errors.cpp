// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <exception>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "harness/workload.hpp"
#include "workloads/counter_random.hpp"
#include "workloads/dataset_parts.hpp"
#include "workloads/generated_text.hpp"
#include "workloads/io/chat_completion.hpp"

namespace regatta {
namespace {

constexpr std::size_t item_count = 32;
constexpr std::size_t prompt_size = 200;
constexpr unsigned max_tokens = 16;
constexpr unsigned refused_tokens = 0;  // no service takes it: an answer of no tokens

enum part { model_part, first_item };

// A request of a batch: how many tokens it asks for, then its prompt.
buffer make_entry(unsigned tokens, const std::string& prompt) {
  buffer entry;
  append(entry, tokens);
  append(entry, std::span<const std::byte>(as_bytes(prompt)));
  return entry;
}

std::string line_of(const settled<std::string>& one) {
  if (const auto* answer = std::get_if<std::string>(&one)) return "ok: " + *answer + '\n';
  try {
    std::rethrow_exception(std::get<std::exception_ptr>(one));
  } catch (const std::exception& error) {
    return std::string("failed: ") + error.what() + '\n';
  }
}

/// asyncio.gather(return_exceptions=True): what becomes of one request is no other's concern.
class batch_errors {
 public:
  static workload_info describe() {
    workload_info info;
    info.name = "batch-errors";
    info.kind = work_kind::io_bound;
    info.summary = "12 chat completions at once, a quarter refused: all answers in order";
    info.needs = {"llm"};
    // usual, least, most, whole
    info.parameters = {
        {"requests", "requests of an item", 12, 1, 1000},
        {"failing", "share of the requests that the service refuses", 0.25, 0, 1, false}};
    return info;
  }

  static buffer build(const workload_options& options) {
    const auto count = static_cast<std::size_t>(parameter_of(describe(), options, "requests"));
    const double failing = parameter_of(describe(), options, "failing");
    std::vector<buffer> items;
    for (std::size_t i = 0; i < item_count; ++i) {
      counter_random random(options.seed, i);
      std::vector<buffer> entries;
      for (std::size_t k = 0; k < count; ++k) {
        // Exactly the share, as far as there are whole requests, at places of their own each time.
        const bool fails = static_cast<double>(k) < failing * static_cast<double>(count);
        const std::string prompt = "Correct:\n" + generated_text(random, prompt_size);
        entries.push_back(make_entry(fails ? refused_tokens : max_tokens, prompt));
      }
      for (std::size_t k = count; k > 1; --k) std::swap(entries[k - 1], entries[random.below(k)]);
      items.push_back(pack_parts({entries.begin(), entries.end()}));
    }
    std::vector<bytes_view> parts = {as_bytes(options.model)};
    parts.insert(parts.end(), items.begin(), items.end());
    return pack_parts(parts);
  }

  explicit batch_errors(bytes_view dataset) : parts_(dataset) {}
  std::uint64_t distinct_items() const { return item_count; }
  bytes_view input(std::uint64_t index) const { return parts_[first_item + index % item_count]; }

  template <class Context>
  typename Context::template task<buffer> run(Context& ctx, item it) const {
    const dataset_parts requests(it.input);
    const auto ask = [&](std::size_t i) { return complete(ctx, requests[i]); };
    const std::vector<settled<std::string>> all = co_await ctx.gather_settled(requests.size(), ask);
    std::string lines;
    for (const settled<std::string>& one : all) lines += line_of(one);
    co_return to_buffer(lines);
  }

 private:
  template <class Context>
  typename Context::template task<std::string> complete(Context& ctx, bytes_view entry) const {
    http_request request =
        chat_completion_request(as_text(parts_[model_part]),
                                as_text(entry.subspan(sizeof(unsigned))), read_as<unsigned>(entry));
    const http_response response = co_await ctx.http("llm", std::move(request));
    co_return chat_completion_content(response);
  }

  dataset_parts parts_;
};

const workload_registration<batch_errors> registered;

}  // namespace
}  // namespace regatta
