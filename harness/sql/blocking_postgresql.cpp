// SPDX-License-Identifier: Apache-2.0
#include "harness/sql/blocking_postgresql.hpp"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "harness/sql/postgresql_session.hpp"
#include "harness/sql/reconnect_window.hpp"

namespace regatta {
namespace {

using session_pointer = std::unique_ptr<postgresql_session>;

// Milliseconds for poll: never early, and not for ever where there is a limit.
int poll_time(deadline limit) {
  if (limit == no_deadline) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(limit - steady_clock::now());
  return static_cast<int>(std::clamp<std::chrono::milliseconds::rep>(left.count(), 0, 1'000'000));
}

void drive(postgresql_session& session, deadline limit) {
  for (socket_need need; (need = session.advance()) != socket_need::nothing;) {
    const short events = need == socket_need::readable ? POLLIN : POLLOUT;
    pollfd waited{session.socket(), events, 0};
    const int ready = ::poll(&waited, 1, poll_time(limit));
    if (ready < 0 && errno != EINTR) {
      throw std::system_error(errno, std::generic_category(), "waiting for PostgreSQL");
    }
    if (limit != no_deadline && steady_clock::now() >= limit) throw deadline_exceeded();
  }
}

session_pointer connect(const postgresql_endpoint& endpoint, reconnect_window& window,
                        deadline limit) {
  for (;;) {
    try {
      auto fresh = std::make_unique<postgresql_session>(endpoint.url);
      const deadline attempt = earlier_deadline(limit, reconnect_window::attempt_limit);
      try {
        drive(*fresh, attempt);
      } catch (const deadline_exceeded&) {
        if (steady_clock::now() >= limit) throw;
        throw postgresql_error("the server was silent for 10 s while connecting");
      }
      window.heard_of(steady_clock::now());
      return fresh;
    } catch (const postgresql_error&) {
      if (!window.open(steady_clock::now())) throw;
    }
    if (steady_clock::now() + reconnect_window::pause >= limit) throw deadline_exceeded();
    std::this_thread::sleep_for(reconnect_window::pause);
  }
}

}  // namespace

struct blocking_postgresql::state : std::enable_shared_from_this<state> {
  struct idle_session {
    std::thread::id owner;  // who had it last
    session_pointer session;
  };

  explicit state(postgresql_endpoint where)
      : endpoint(std::move(where)), window(endpoint.patience) {}

  const postgresql_endpoint endpoint;
  reconnect_window window;
  std::mutex mutex;
  std::condition_variable returned;
  // Guarded by mutex:
  std::vector<idle_session> idle;
  unsigned open = 0;                    // those in use and being opened included
  unsigned waiting = 0;                 // threads that may open none and found none idle
  std::vector<session_pointer> handed;  // to them: whoever gave one back would be quicker else

  // This thread's own if there is one, else a new one, else somebody else's.
  session_pointer take(deadline limit);
  session_pointer take_idle();
  session_pointer wait_for_one(std::unique_lock<std::mutex>& lock, deadline limit);
  void put_back(session_pointer session);
  void close(session_pointer session);
  void close_those_of(std::thread::id owner);
};

namespace {

// What a thread that ends has to give back.
class thread_connections {
 public:
  ~thread_connections() {
    for (const auto& each : states_) {
      if (const auto alive = each.lock()) alive->close_those_of(std::this_thread::get_id());
    }
  }
  void add(const std::shared_ptr<blocking_postgresql::state>& state) {
    std::erase_if(states_, [](const auto& each) { return each.expired(); });
    const auto known = [&](const auto& each) { return each.lock() == state; };
    if (std::none_of(states_.begin(), states_.end(), known)) states_.push_back(state);
  }

 private:
  std::vector<std::weak_ptr<blocking_postgresql::state>> states_;
};

thread_local thread_connections of_this_thread;

}  // namespace

// Null: none that this thread may have. REQUIRES: the mutex is held.
session_pointer blocking_postgresql::state::take_idle() {
  const auto mine = [me = std::this_thread::get_id()](const auto& each) {
    return each.owner == me;
  };
  for (;;) {
    auto found = std::find_if(idle.begin(), idle.end(), mine);
    if (found == idle.end() && open >= endpoint.per_process) found = idle.begin();
    if (found == idle.end()) return nullptr;
    session_pointer session = std::move(found->session);
    idle.erase(found);
    if (!session->gone_meanwhile()) return session;
    window.heard_of(steady_clock::now());
    --open;
  }
}

// Null: one may be opened now, perhaps.
session_pointer blocking_postgresql::state::wait_for_one(std::unique_lock<std::mutex>& lock,
                                                         deadline limit) {
  const auto something = [&] { return !handed.empty() || open < endpoint.per_process; };
  ++waiting;
  bool got = true;
  if (limit == no_deadline) {
    returned.wait(lock, something);
  } else {
    got = returned.wait_until(lock, limit, something);
  }
  --waiting;
  session_pointer session;
  if (got && !handed.empty()) {
    session = std::move(handed.front());
    handed.erase(handed.begin());
  }
  for (; handed.size() > waiting; handed.pop_back()) {
    idle.push_back({std::thread::id(), std::move(handed.back())});
  }
  if (!got) {
    returned.notify_one();  // what woke us may have been meant for another
    throw deadline_exceeded();
  }
  if (session == nullptr || !session->gone_meanwhile()) return session;
  window.heard_of(steady_clock::now());
  --open;
  return nullptr;
}

session_pointer blocking_postgresql::state::take(deadline limit) {
  std::unique_lock lock(mutex);
  for (;;) {
    if (session_pointer session = take_idle()) return session;
    if (open < endpoint.per_process) break;
    if (session_pointer session = wait_for_one(lock, limit)) return session;
  }
  ++open;
  lock.unlock();
  of_this_thread.add(shared_from_this());
  try {
    return connect(endpoint, window, limit);
  } catch (...) {
    close(nullptr);
    throw;
  }
}

void blocking_postgresql::state::put_back(session_pointer session) {
  if (!session->idle()) {
    window.heard_of(steady_clock::now());
    close(std::move(session));
    return;
  }
  const std::lock_guard lock(mutex);
  if (waiting > handed.size()) {
    handed.push_back(std::move(session));
    returned.notify_one();
  } else {
    idle.push_back({std::this_thread::get_id(), std::move(session)});
  }
}

void blocking_postgresql::state::close(session_pointer session) {
  session.reset();
  const std::lock_guard lock(mutex);
  --open;
  returned.notify_one();
}

void blocking_postgresql::state::close_those_of(std::thread::id owner) {
  for (;;) {
    session_pointer mine;
    {
      const std::lock_guard lock(mutex);
      const auto found = std::find_if(
          idle.begin(), idle.end(), [&](const idle_session& each) { return each.owner == owner; });
      if (found == idle.end()) return;
      mine = std::move(found->session);
      idle.erase(found);
    }
    close(std::move(mine));
  }
}

blocking_postgresql::blocking_postgresql(postgresql_endpoint endpoint)
    : state_(std::make_shared<state>(std::move(endpoint))) {}
blocking_postgresql::~blocking_postgresql() = default;

sql_rows blocking_postgresql::run(const sql_query& query, deadline limit) {
  session_pointer session = state_->take(limit);
  struct returning {
    state& pool;
    session_pointer& session;
    ~returning() { pool.put_back(std::move(session)); }
  } const at_end{*state_, session};
  session->send(query);
  drive(*session, limit);
  return session->take_rows();
}

}  // namespace regatta
