// SPDX-License-Identifier: Apache-2.0
#include "harness/llm/internal/name_service.hpp"

#include <arpa/inet.h>

#include <exception>
#include <thread>
#include <utility>

namespace regatta::internal {

bool is_address(const std::string& host) {
  unsigned char bytes[16];
  return ::inet_pton(AF_INET, host.c_str(), bytes) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), bytes) == 1;
}

struct name_service::lookup::shared {
  bool done = false;  // all under the service's mutex
  host_addresses result;
  std::list<std::function<void()>> wake;
};

name_service::name_service(std::function<host_addresses(const std::string&)> resolver,
                           std::function<time_point()> now, std::chrono::nanoseconds lifetime)
    : resolver_(std::move(resolver)), now_(std::move(now)), cache_(lifetime) {}

name_service::lookup::lookup(std::shared_ptr<name_service> names, std::shared_ptr<shared> state,
                             std::function<void()> wake)
    : names_(std::move(names)), state_(std::move(state)) {
  state_->wake.push_front(std::move(wake));
  mine_ = state_->wake.begin();
}

name_service::lookup::~lookup() {
  const std::lock_guard lock(names_->mutex_);
  if (!state_->done) state_->wake.erase(mine_);
}

std::optional<host_addresses> name_service::lookup::result() const {
  const std::lock_guard lock(names_->mutex_);
  if (!state_->done) return std::nullopt;
  return state_->result;
}

std::optional<host_addresses> name_service::cached(const std::string& host) {
  const time_point now = now_();
  const std::lock_guard lock(mutex_);
  const auto* const known = cache_.find(host, now);
  if (known == nullptr) return std::nullopt;
  return host_addresses{*known, {}};
}

std::unique_ptr<name_service::lookup> name_service::look_up(const std::string& host,
                                                            std::function<void()> wake) {
  const time_point now = now_();
  const std::lock_guard lock(mutex_);
  std::shared_ptr<lookup::shared> state;
  if (const auto* const known = cache_.find(host, now)) {
    // Another lookup ended after the caller had asked the cache.
    state = std::make_shared<lookup::shared>();
    state->result.addresses = *known;
    state->done = true;
  } else if (const auto found = under_way_.find(host); found != under_way_.end()) {
    state = found->second;
  } else {
    state = std::make_shared<lookup::shared>();
    // Detached: it holds everything it needs, and nobody can make getaddrinfo end.
    std::thread([self = shared_from_this(), host, state] { self->run(host, state); }).detach();
    under_way_.emplace(host, state);
  }
  return std::unique_ptr<lookup>(new lookup(shared_from_this(), state, std::move(wake)));
}

void name_service::forget(const std::string& host) {
  const std::lock_guard lock(mutex_);
  cache_.forget(host);
}

void name_service::run(const std::string& host, const std::shared_ptr<lookup::shared>& state) {
  host_addresses found;
  try {
    found = resolver_(host);
  } catch (const std::exception& error) {
    found = {{}, error.what()};
  }
  const time_point now = now_();
  const std::lock_guard lock(mutex_);
  if (!found.addresses.empty()) cache_.store(host, found.addresses, now);
  under_way_.erase(host);
  state->result = std::move(found);
  state->done = true;
  // Under the lock: whoever gives up meanwhile waits in ~lookup, so nobody is woken who is gone.
  for (const auto& wake : state->wake) wake();
  state->wake.clear();
}

}  // namespace regatta::internal
