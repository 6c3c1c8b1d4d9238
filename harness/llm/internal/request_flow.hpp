// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "harness/llm/internal/exchange.hpp"
#include "harness/llm/retry_schedule.hpp"

namespace regatta::internal {

/// Reads on until the answer is whole, or as far as the server lets it: of a refusal. Not for long:
/// the status has been said.
template <class Io>
typename Io::template task<void> read_refusal(llm_call<Io>& call, exchange<Io>& of) {
  try {
    const deadline limit = earlier_deadline(call.limit, std::chrono::seconds(1));
    while (!of.answer().done()) co_await of.read_more(limit);
    of.finish();
  } catch (const llm_fault& fault) {
    // The status says more than why its explanation did not come.
    if (fault.failure == llm_failure::cancelled || fault.failure == llm_failure::closed) throw;
  }
}

/// What the answer with this status means, if it is no 2xx.
template <class Io>
llm_fault fault_of_status(const llm_call<Io>& call, response_reader& answer) {
  const unsigned status = answer.status();
  if (status >= 300 && status < 400) {
    const std::string to(answer.location());
    llm_fault fault(llm_failure::redirect,
                    fmt::format("the server answers {} and sends us to '{}'; redirects of a POST "
                                "are not followed: if that is the service, give its URL",
                                status, to));
    fault.status = status;
    return fault;
  }
  std::string sentence = fmt::format("the server answers {}", status);
  if (const std::string words = refusal_text(answer.body()); !words.empty()) {
    sentence += ": " + words;
  }
  llm_fault fault(llm_failure::status, std::move(sentence));
  fault.status = status;
  fault.may_pass = status_may_pass(status);
  if (const auto wait = answer.retry_after()) {
    fault.retry_after = parse_retry_after(*wait, call.core->options.surroundings.unix_seconds());
  }
  return fault;
}

/// One attempt: the head of a good answer, or llm_fault.
template <class Io>
typename Io::template task<exchange<Io>> attempt(llm_call<Io>& call) {
  exchange<Io> begun = co_await exchange<Io>::begin(call);
  co_await begun.run();
  const unsigned status = begun.answer().status();
  if (status < 200 || status >= 300) {
    co_await read_refusal(call, begun);
    throw fault_of_status(call, begun.answer());
  }
  co_return std::move(begun);
}

/// Attempts until one succeeds or the policy says to give up.
template <class Io>
typename Io::template task<exchange<Io>> open_exchange(llm_call<Io>& call) {
  for (;;) {
    ++call.attempts;
    std::optional<llm_fault> failed;
    try {
      co_return co_await attempt(call);
    } catch (const llm_fault& fault) {
      failed = fault;
    }
    const retry_policy& policy = call.core->options.retry;
    const auto delay = next_delay(policy, {call.attempts, failed->may_pass, failed->retry_after},
                                  call.limit - steady_clock::now(), call.core->random_word());
    if (!delay) {
      if (failed->may_pass && call.attempts < policy.attempts) {
        failed->sentence += "; the time left is too short for another attempt";
      }
      throw *failed;
    }
    co_await call.pause(*delay);
  }
}

/// The whole of complete(). Throws llm_error.
template <class Io>
typename Io::template task<llm_answer> complete(std::shared_ptr<llm_core<Io>> core,
                                                wire_request wire, std::chrono::nanoseconds total,
                                                std::stop_token stop) {
  try {
    llm_call<Io> call(std::move(core), std::move(wire), total, stop);
    try {
      co_await call.wait_for_turn();
      exchange<Io> good = co_await open_exchange(call);
      while (!good.answer().done()) co_await good.read_more(call.limit);
      good.finish();
      llm_answer answer = read_completion(good.answer().body());
      answer.attempts = call.attempts;
      co_return std::move(answer);
    } catch (const llm_fault& fault) {
      throw call.error_of(fault);
    }
  } catch (const llm_fault& fault) {  // there was no call
    throw llm_error(fault.failure, fault.sentence);
  }
}

}  // namespace regatta::internal
