// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

#include "harness/service/framed_answer.hpp"
#include "workloads/counter_random.hpp"
#include "workloads/dataset_parts.hpp"
#include "workloads/io/chat_completion.hpp"
#include "workloads/mixed/answer_service.hpp"
#include "workloads/mixed/answer_text.hpp"
#include "workloads/servers/english_words.hpp"
#include "workloads/servers/mock_document.hpp"

namespace regatta {
namespace {

constexpr std::size_t item_count = 64;
constexpr std::size_t library_size = 1000;  // mock documents are drawn from so many

enum part { settings_part, model_part, first_request };

std::string generated_request(counter_random& random, std::size_t document_bytes) {
  std::string document;
  while (document.size() < document_bytes) document += mock_document(random.below(library_size));
  std::string question = "What is said about";
  for (int i = 0; i < 3; ++i) {
    question += ' ';
    question += english_words[random.below(english_words.size())];
  }
  const nlohmann::json body{{"document", document}, {"question", question + "?"}};
  return body.dump();
}

/// A request of an AI service, from its body to its answer, written once for every backend that
/// `regatta serve` and `regatta run` have.
class answer {
 public:
  static workload_info describe() {
    workload_info info;
    info.name = "answer";
    info.kind = work_kind::mixed;
    info.summary = "a request of regatta serve: preprocess a document, ask an LLM, cite";
    info.needs = {"llm"};
    info.in_flight = 32;
    // usual, least, most
    info.parameters = {{"payload", "bytes of HTML in a request, at least", 8192, 1, 1'000'000},
                       {"llm-calls", "calls of the LLM at a time, in one process", 50, 1, 10'000}};
    return info;
  }

  static buffer build(const workload_options& options) {
    const workload_info info = describe();
    counter_random random(options.seed);
    std::vector<std::string> requests;
    const auto bytes = static_cast<std::size_t>(parameter_of(info, options, "payload"));
    for (std::size_t i = 0; i < item_count; ++i) {
      requests.push_back(generated_request(random, bytes));
    }
    answer_settings settings;
    settings.llm_calls = static_cast<std::uint64_t>(parameter_of(info, options, "llm-calls"));
    return answer_dataset(settings, options.model, requests);
  }

  explicit answer(bytes_view dataset) : answer(dataset, own_counts_) {}
  answer(bytes_view dataset, llm_counts& counts)
      : parts_(dataset),
        settings_(read_as<answer_settings>(parts_[settings_part])),
        counts_(counts),
        async_gate_(settings_.llm_calls),
        blocking_gate_(settings_.llm_calls) {}

  std::uint64_t distinct_items() const { return parts_.size() - first_request; }
  bytes_view input(std::uint64_t index) const {
    return parts_[first_request + index % distinct_items()];
  }

  template <class Context>
  typename Context::template task<buffer> run(Context& ctx, item it) const {
    if (settings_.timeout_ns == 0) co_return co_await answered(ctx, it.input);
    const auto step = [this, &it](Context& scoped) { return answered(scoped, it.input); };
    auto done = co_await ctx.with_timeout(std::chrono::nanoseconds(settings_.timeout_ns), step);
    if (!done) co_return error(504, "the LLM did not answer in time");
    co_return std::move(*done);
  }

 private:
  template <class Context>
  typename Context::template task<buffer> answered(Context& ctx, bytes_view body) const {
    const buffer prepared = co_await ctx.compute(prepare_question, body);
    const framed_answer question = unframe_answer(prepared);
    if (question.status != 200) co_return refused(prepared);

    http_request ask = chat_completion_request(as_text(parts_[model_part]),
                                               answer_prompt(question.body), settings_.max_tokens);
    std::string said;
    std::string problem;
    unsigned status = 200;
    try {
      const http_response completion = co_await ask_llm(ctx, std::move(ask));
      status = completion.status;
      said = chat_completion_content(completion);
    } catch (const deadline_exceeded&) {
      throw;
    } catch (const std::system_error& unreachable) {
      problem = std::string("the LLM cannot be reached: ") + unreachable.what();
    } catch (const std::runtime_error& unusable) {
      problem = unusable.what();
    }
    (problem.empty() ? counts_.answered : counts_.failed).add();
    // Its rate limit is our overload; anything else is a bad gateway.
    if (!problem.empty()) co_return error(status == 429 ? 503 : 502, problem);

    const std::string cited = with_passages(std::move(said), question.body);
    co_return co_await ctx.compute(cite_passages, as_bytes(cited));
  }

  template <class Context>
  typename Context::template task<http_response> ask_llm(Context& ctx, http_request ask) const {
    auto& gate = gate_of(ctx);
    {
      const counted waiting(counts_.waiting);
      co_await gate.acquire(ctx);
    }
    const permit held(gate);
    const counted asking(counts_.asking);
    co_return co_await ctx.http("llm", std::move(ask));
  }

  template <class Semaphore>
  class permit {
   public:
    explicit permit(Semaphore& gate) : gate_(gate) {}
    ~permit() { gate_.release(); }
    permit(const permit&) = delete;
    permit& operator=(const permit&) = delete;

   private:
    Semaphore& gate_;
  };

  buffer refused(const buffer& framed) const {
    const framed_answer why = unframe_answer(framed);
    if (settings_.errors_are_answers == 0) throw std::runtime_error(std::string(why.body));
    return framed;
  }
  buffer error(unsigned status, const std::string& why) const {
    if (settings_.errors_are_answers == 0) throw std::runtime_error(why);
    return framed_error(status, why);
  }

  async_context::semaphore& gate_of(const async_context&) const { return async_gate_; }
  blocking_context::semaphore& gate_of(const blocking_context&) const { return blocking_gate_; }

  const dataset_parts parts_;
  const answer_settings settings_;
  llm_counts own_counts_;
  llm_counts& counts_;
  // Items of one process share them, whatever thread they are on.
  mutable async_context::semaphore async_gate_;
  mutable blocking_context::semaphore blocking_gate_;
};

class counted_answer final : public workload_instance {
 public:
  counted_answer(bytes_view dataset, llm_counts& counts) : answer_(dataset, counts) {}
  std::uint64_t distinct_items() const override { return answer_.distinct_items(); }
  bytes_view input(std::uint64_t index) const override { return answer_.input(index); }
  async_task<buffer> run(async_context& context, item it) const override {
    return answer_.run(context, it);
  }
  blocking_task<buffer> run(blocking_context& context, item it) const override {
    return answer_.run(context, it);
  }

 private:
  answer answer_;
};

const workload_registration<answer> registered;

}  // namespace

buffer answer_dataset(const answer_settings& settings, std::string_view model,
                      const std::vector<std::string>& requests) {
  std::vector<bytes_view> parts = {std::as_bytes(std::span(&settings, 1)), as_bytes(model)};
  for (const std::string& request : requests) parts.push_back(as_bytes(request));
  return pack_parts(parts);
}

std::unique_ptr<workload_instance> open_answer_service(bytes_view dataset, llm_counts& counts) {
  return std::make_unique<counted_answer>(dataset, counts);
}

}  // namespace regatta
