// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "harness/llm/internal/event_reader.hpp"
#include "harness/llm/internal/request_flow.hpp"

namespace regatta::internal {

/// The whole of stream(), a token at a time. Nothing happens before the first next(); at the end,
/// after an error and with this object the connection goes back to the pool.
/// Thread safety: one thread at a time.
template <class Io>
class stream_flow {
 public:
  template <class T>
  using task = typename Io::template task<T>;

  stream_flow(std::shared_ptr<llm_core<Io>> core, wire_request wire, std::chrono::nanoseconds total,
              std::stop_token stop)
      : core_(std::move(core)), wire_(std::move(wire)), total_(total), stop_(std::move(stop)) {}

  /// nullopt: the answer is complete. Throws llm_error; after that there is nothing more.
  task<std::optional<std::string>> next() {
    if (ended_) co_return std::nullopt;
    const end_after_error guard{*this};
    try {
      if (!call_) co_await begin();
      const running_mark mark(*call_);
      std::optional<std::string> token = co_await advance();
      if (!token) end();
      guard.good = true;
      co_return std::move(token);
    } catch (const llm_fault& fault) {
      if (call_) throw call_->error_of(fault);
      throw llm_error(fault.failure, fault.sentence);
    }
  }

  const llm_stream_end& summary() const { return summary_; }

 private:
  struct end_after_error {
    stream_flow& flow;
    mutable bool good = false;
    ~end_after_error() {
      if (!good) flow.end();
    }
  };

  struct running_mark {
    explicit running_mark(llm_call<Io>& of) : core(of.core), call(&of) { set(true); }
    ~running_mark() { set(false); }
    void set(bool running) {
      const std::lock_guard lock(core->mutex);
      // The call may have ended meanwhile.
      for (llm_call<Io>* each : core->calls) {
        if (each == call) each->running = running;
      }
      for (auto* closer : core->closers) closer->notify();
    }
    std::shared_ptr<llm_core<Io>> core;
    llm_call<Io>* call;
  };

  void end() {
    ended_ = true;
    exchange_.reset();
    call_.reset();
  }

  task<void> begin() {
    call_ = std::make_unique<llm_call<Io>>(std::move(core_), std::move(wire_), total_, stop_);
    co_await call_->wait_for_turn();
    exchange<Io> good = co_await open_exchange(*call_);
    summary_.attempts = call_->attempts;
    exchange_ = std::make_unique<exchange<Io>>(std::move(good));
    if (exchange_->answer().content_type().starts_with("application/json")) {
      co_await read_refusal(*call_, *exchange_);
      throw llm_fault(llm_failure::malformed,
                      "a stream was asked for, and the server answers with JSON in one piece: " +
                          refusal_text(exchange_->answer().body()));
    }
  }

  task<std::optional<std::string>> advance() {
    call_->throw_if_aborted();
    response_reader& answer = exchange_->answer();
    for (;;) {
      while (std::optional<std::string> data = events_.next()) {
        if (*data == "[DONE]") {
          co_await finish();
          co_return std::nullopt;
        }
        stream_piece piece = read_stream_piece(*data);
        if (!piece.model.empty()) summary_.model = std::move(piece.model);
        if (!piece.finish_reason.empty()) summary_.finish_reason = std::move(piece.finish_reason);
        if (piece.usage) summary_.usage = piece.usage;
        if (!piece.text.empty()) co_return std::move(piece.text);
      }
      if (answer.done() && answer.body().empty()) break;
      if (answer.body().empty()) co_await exchange_->read_more(call_->limit);
      events_.feed(answer.body());
      answer.body().clear();
    }
    // Not every server says [DONE]; a reason to stop is an end as well.
    if (summary_.finish_reason.empty()) {
      throw llm_fault(llm_failure::truncated,
                      "the stream ended without [DONE] and without a reason to stop: the answer is "
                      "not whole");
    }
    exchange_->finish();
    co_return std::nullopt;
  }

  /// [DONE] has come; the end of the HTTP message should be right behind it. It is waited for so
  /// that the connection can be used again, and not for longer than a new one would take.
  task<void> finish() {
    try {
      const deadline limit = earlier_deadline(call_->limit, std::chrono::milliseconds(100));
      while (!exchange_->answer().done()) co_await exchange_->read_more(limit);
      exchange_->finish();
    } catch (const llm_fault&) {
      // The answer is whole without it.
    }
  }

  std::shared_ptr<llm_core<Io>> core_;
  wire_request wire_;
  const std::chrono::nanoseconds total_;
  const std::stop_token stop_;
  std::unique_ptr<llm_call<Io>> call_;
  std::unique_ptr<exchange<Io>> exchange_;  // ends before its call
  event_reader events_;
  llm_stream_end summary_;
  bool ended_ = false;
};

}  // namespace regatta::internal
