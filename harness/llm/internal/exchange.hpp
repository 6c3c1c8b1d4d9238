// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "harness/llm/internal/llm_call.hpp"
#include "harness/llm/internal/response_reader.hpp"

namespace regatta::internal {

/// One request and its answer, on a place of the pool that goes back at the end of this object:
/// with its connection, if finish() found that it can be used again.
/// Thread safety: the call's thread.
template <class Io>
class exchange {
 public:
  template <class T>
  using task = typename Io::template task<T>;
  using link = std::unique_ptr<connection<Io>>;

  /// Waits for a place in the pool.
  static task<exchange> begin(llm_call<Io>& call) {
    auto grant = co_await call.wait_for_link();
    exchange begun(call);
    begun.reused_ = grant.reused && !(*grant.reused)->stale();
    begun.link_ =
        begun.reused_ ? std::move(*grant.reused) : std::make_unique<connection<Io>>(call.core->io);
    call.use(begun.link_.get());
    co_return std::move(begun);
  }

  exchange(exchange&& other) noexcept
      : call_(std::exchange(other.call_, nullptr)),
        link_(std::move(other.link_)),
        reader_(std::move(other.reader_)),
        reused_(other.reused_),
        keep_(other.keep_) {}
  exchange& operator=(exchange&&) = delete;
  ~exchange() {
    if (call_ == nullptr) return;
    call_->use(nullptr);
    std::optional<link> usable;
    if (keep_) usable = std::move(link_);
    const std::lock_guard lock(call_->core->mutex);
    call_->core->give_back(call_->wire.place, std::move(usable));
  }

  /// Sends the request and reads the head of the answer.
  task<void> run() {
    if (!reused_) co_await connect();
    for (;;) {
      bool once_more = false;
      try {
        co_await send_and_read_head();
      } catch (const llm_fault& fault) {
        // The server may close an idle connection at any time; that is not this request's failure.
        once_more = reused_ && fault.failure == llm_failure::connection && !reader_.answered();
        if (!once_more) throw;
      }
      if (!once_more) co_return;
      co_await replace();
    }
  }

  /// Waits for more of the answer.
  task<void> read_more(deadline limit) {
    if (steady_clock::now() >= limit) throw call_->timed_out("receiving the answer");
    const arrival got = co_await link_->read(limit);
    call_->throw_if_aborted();
    if (got.how.expired) {
      throw call_->timed_out(reader_.answered() ? "receiving the answer"
                                                : "waiting for the answer");
    }
    if (got.how.interrupted) throw llm_fault(llm_failure::cancelled, "it was cancelled");
    if (got.how.error && reader_.answered()) {
      throw llm_fault(llm_failure::truncated, "the connection broke in the middle of the answer: " +
                                                  got.how.error.message());
    }
    if (got.how.error) throw lost("waiting for the answer", got.how);
    if (got.ended) {
      reader_.feed_end(got.cleanly);
    } else {
      reader_.feed(got.bytes);
    }
  }

  /// To be called when the answer has been read, as far as it is wanted.
  void finish() { keep_ = reader_.reusable(); }

  response_reader& answer() { return reader_; }

 private:
  explicit exchange(llm_call<Io>& call)
      : call_(&call),
        reader_(call.core->options.most_header_bytes, call.core->options.most_body_bytes) {}

  static llm_fault lost(const std::string& during, const transfer& how) {
    llm_fault fault(llm_failure::connection,
                    "the connection failed while " + during + ": " + how.error.message());
    fault.may_pass = true;
    return fault;
  }

  task<void> send_and_read_head() {
    const transfer sent = co_await link_->write(call_->wire.bytes, call_->limit);
    call_->throw_if_aborted();
    if (sent.expired) throw call_->timed_out("sending the request");
    if (sent.interrupted) throw llm_fault(llm_failure::cancelled, "it was cancelled");
    // A server that refuses a large request may answer and close before it has read it all.
    std::optional<llm_fault> not_sent;
    if (sent.error) not_sent = lost("sending the request", sent);
    try {
      while (!reader_.head_done()) co_await read_more(call_->limit);
    } catch (const llm_fault& fault) {
      if (not_sent && fault.failure == llm_failure::connection) throw *not_sent;
      throw;
    }
  }

  /// In the same place of the pool, a new connection.
  task<void> replace() {
    call_->use(nullptr);
    {
      const std::lock_guard lock(call_->core->mutex);
      // What was idle as long as this one is as dead.
      call_->core->links.drop_idle(call_->wire.place);
    }
    link_ = std::make_unique<connection<Io>>(call_->core->io);
    reused_ = false;
    call_->use(link_.get());
    co_await connect();
  }

  task<void> connect() {
    const std::chrono::nanoseconds patience = call_->core->options.connect_timeout;
    const deadline limit = earlier_deadline(call_->limit, patience);
    const http_origin& to = call_->wire.origin;
    const std::vector<std::string> addresses = co_await addresses_of(to.host, limit);
    const auto port = static_cast<unsigned short>(std::stoul(to.port));
    transfer last{};
    for (std::size_t i = 0; i < addresses.size(); ++i) {
      // An address that does not answer leaves time for the others.
      const auto share = (limit - steady_clock::now()) / static_cast<int>(addresses.size() - i);
      last = co_await link_->connect(addresses[i], port, earlier_deadline(limit, share));
      call_->throw_if_aborted();
      if (!last.error && !last.expired) break;
    }
    if (last.error || last.expired) call_->core->names->forget(to.host);
    require(last, "connecting");
    if (!to.tls) co_return;
    last = co_await link_->start_tls(call_->core->trust(), to.host, limit);
    call_->throw_if_aborted();
    if (last.count == 0 && !last.error && !last.expired && !last.interrupted) {
      llm_fault fault(llm_failure::connection,
                      "the server closed the connection in the TLS handshake");
      fault.may_pass = true;
      throw fault;
    }
    require(last, "in the TLS handshake");
  }

  void require(const transfer& how, const char* during) {
    if (how.interrupted) throw llm_fault(llm_failure::cancelled, "it was cancelled");
    if (how.expired) {
      if (steady_clock::now() >= call_->limit) throw call_->timed_out(during);
      llm_fault fault(
          llm_failure::connection,
          fmt::format("no connection within {:.3g} s: it was still {}",
                      std::chrono::duration<double>(call_->core->options.connect_timeout).count(),
                      during));
      fault.may_pass = true;
      throw fault;
    }
    if (how.error) throw lost(during, how);
  }

  task<std::vector<std::string>> addresses_of(const std::string& host, deadline limit) {
    if (is_address(host)) co_return std::vector<std::string>{host};
    std::optional<host_addresses> found = call_->core->names->cached(host);
    if (!found) {
      const auto lookup = begin_lookup(host);
      std::unique_lock lock(call_->core->mutex);
      while (!(found = lookup->result())) {
        if (steady_clock::now() >= limit) {
          lock.unlock();
          require({.expired = true}, "looking up the host");
        }
        co_await call_->signal.wait(lock, limit);
        lock.unlock();
        call_->throw_if_aborted();
        lock.lock();
      }
    }
    if (found->addresses.empty()) {
      llm_fault fault(llm_failure::lookup,
                      fmt::format("the host '{}' has no address: {}", host, found->error));
      fault.may_pass = found->may_pass;
      throw fault;
    }
    co_return std::move(found->addresses);
  }

  std::unique_ptr<name_service::lookup> begin_lookup(const std::string& host) {
    try {
      return call_->core->names->look_up(host, [&signal = call_->signal] { signal.notify(); });
    } catch (const std::system_error& error) {
      throw llm_fault(llm_failure::lookup,
                      fmt::format("no thread to look up '{}' in: {}", host, error.what()));
    }
  }

  llm_call<Io>* call_;
  link link_;
  response_reader reader_;
  bool reused_ = false;
  bool keep_ = false;
};

}  // namespace regatta::internal
