// SPDX-License-Identifier: Apache-2.0
#include "harness/sql/async_postgresql.hpp"

#include <algorithm>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "harness/contexts/asio_operation.hpp"
#include "harness/contexts/async_context.hpp"
#include "harness/sql/postgresql_session.hpp"
#include "harness/sql/reconnect_window.hpp"

namespace regatta {

namespace asio = boost::asio;
using error_code = boost::system::error_code;

namespace {

/// A session and what waits for its socket. The socket is libpq's: it is watched and never closed
/// here.
class link : public std::enable_shared_from_this<link> {
 public:
  link(event_loop& loop, const std::string& url)
      : loop_(loop), session_(url), limit_timer_(loop.io()) {}
  ~link() { unwatch(); }
  link(const link&) = delete;
  link& operator=(const link&) = delete;

  postgresql_session& session() { return session_; }

  /// Waits from here on end with deadline_exceeded at `limit`.
  void set_deadline(deadline limit) {
    ++deadlines_set_;
    expired_ = false;
    limit_timer_.cancel();
    if (limit == no_deadline) return;
    limit_timer_.expires_at(limit);
    limit_timer_.async_wait([weak = weak_from_this(), mine = deadlines_set_](error_code error) {
      const auto self = weak.lock();
      // Fired when the query had its answer already: the link may serve another one by now.
      if (error || self == nullptr || self->deadlines_set_ != mine) return;
      self->expired_ = true;
      if (self->socket_) self->socket_->cancel();
    });
  }

  /// Until it is connected, or has the rows.
  async_task<void> drive() {
    for (;;) {
      const socket_need need = session_.advance();
      if (need == socket_need::nothing) break;
      if (!socket_) socket_.emplace(loop_.io(), session_.socket());
      const auto kind = need == socket_need::readable ? asio::posix::descriptor_base::wait_read
                                                      : asio::posix::descriptor_base::wait_write;
      if (!expired_) {
        const auto [error] = co_await operation<error_code>(
            [&](auto done) { socket_->async_wait(kind, std::move(done)); });
        if (error && !expired_) {
          throw std::system_error(std::error_code(error), "waiting for PostgreSQL");
        }
      }
      if (expired_) throw deadline_exceeded();
      // The next step of connecting may close this socket and open another of the same number.
      if (!connected_) unwatch();
    }
    connected_ = true;
  }

 private:
  void unwatch() {
    if (!socket_) return;
    socket_->release();
    socket_.reset();
  }

  event_loop& loop_;
  postgresql_session session_;
  std::optional<asio::posix::stream_descriptor> socket_;
  asio::steady_timer limit_timer_;
  unsigned deadlines_set_ = 0;
  bool expired_ = false;
  bool connected_ = false;
};

}  // namespace

struct async_postgresql::state {
  state(event_loop& loop_in, const postgresql_endpoint& where, unsigned loops)
      : loop(loop_in),
        endpoint(where),
        window(where.patience),
        permits(std::clamp(where.per_process / std::max(1U, loops), 1U,
                           std::max(1U, where.per_loop))) {}

  event_loop& loop;
  const postgresql_endpoint endpoint;
  reconnect_window window;
  async_context::semaphore permits;  // one for each connection in use
  std::vector<std::shared_ptr<link>> idle;

  /// One that the server has not closed meanwhile; null: there is none.
  std::shared_ptr<link> take_idle() {
    while (!idle.empty()) {
      std::shared_ptr<link> last = std::move(idle.back());
      idle.pop_back();
      if (!last->session().gone_meanwhile()) return last;
      window.heard_of(steady_clock::now());
    }
    return nullptr;
  }

  async_task<std::shared_ptr<link>> connect(deadline limit) {
    for (;;) {
      try {
        auto fresh = std::make_shared<link>(loop, endpoint.url);
        fresh->set_deadline(earlier_deadline(limit, reconnect_window::attempt_limit));
        co_await fresh->drive();
        window.heard_of(steady_clock::now());
        co_return fresh;
      } catch (const deadline_exceeded&) {
        const auto now = steady_clock::now();
        if (now >= limit) throw;
        if (!window.open(now)) {
          throw postgresql_error("the server was silent for 10 s while connecting");
        }
      } catch (const postgresql_error&) {
        if (!window.open(steady_clock::now())) throw;
      }
      const auto next = steady_clock::now() + reconnect_window::pause;
      if (next >= limit) throw deadline_exceeded();
      co_await sleep_until(loop, next);
    }
  }
};

namespace {

/// A permit, and the connection that goes back to the pool with it if it is fit to.
template <class Pool>
class lease {
 public:
  explicit lease(std::shared_ptr<Pool> pool) : pool_(std::move(pool)) {}
  ~lease() {
    if (connection != nullptr && connection->session().idle()) {
      connection->set_deadline(no_deadline);
      pool_->idle.push_back(std::move(connection));
    } else if (connection != nullptr) {
      pool_->window.heard_of(steady_clock::now());
    }
    pool_->permits.release();
  }
  lease(const lease&) = delete;
  lease& operator=(const lease&) = delete;

  std::shared_ptr<link> connection;

 private:
  const std::shared_ptr<Pool> pool_;
};

}  // namespace

async_postgresql::async_postgresql(event_loop& loop, const postgresql_endpoint& endpoint,
                                   unsigned loops)
    : state_(std::make_shared<state>(loop, endpoint, loops)) {}
async_postgresql::~async_postgresql() = default;

async_task<sql_rows> async_postgresql::run(sql_query query, async_context context) {
  const std::shared_ptr<state> pool = state_;
  co_await pool->permits.acquire(context);
  lease<state> held(pool);
  held.connection = pool->take_idle();
  const deadline limit = context.current_deadline();
  if (held.connection == nullptr) held.connection = co_await pool->connect(limit);
  held.connection->set_deadline(limit);
  held.connection->session().send(query);
  co_await held.connection->drive();
  co_return held.connection->session().take_rows();
}

}  // namespace regatta
