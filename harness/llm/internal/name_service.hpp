// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "harness/llm/address_cache.hpp"
#include "harness/llm/llm_client_options.hpp"

namespace regatta::internal {

/// "127.0.0.1" or "::1": nothing to look up.
bool is_address(const std::string& host);

/// Looks hosts up, each at most once at a time, in threads of their own: getaddrinfo knows no time
/// limit, and whoever waits for it must be able to give up. Thread safety: any thread.
class name_service : public std::enable_shared_from_this<name_service> {
 public:
  using time_point = address_cache::time_point;

  name_service(std::function<host_addresses(const std::string&)> resolver,
               std::function<time_point()> now, std::chrono::nanoseconds lifetime);

  /// One caller's interest in a lookup; ends with it.
  class lookup {
   public:
    lookup(const lookup&) = delete;
    lookup& operator=(const lookup&) = delete;
    ~lookup();
    /// nullopt: not yet; the caller will be woken.
    std::optional<host_addresses> result() const;

   private:
    friend class name_service;
    struct shared;
    lookup(std::shared_ptr<name_service> names, std::shared_ptr<shared> state,
           std::function<void()> wake);
    std::shared_ptr<name_service> names_;
    std::shared_ptr<shared> state_;
    std::list<std::function<void()>>::iterator mine_;
  };

  /// From the cache, without waiting.
  std::optional<host_addresses> cached(const std::string& host);
  /// Joins the lookup that is under way, or starts one. `wake` is called once when it is done, in
  /// another thread, and never after the lookup object is gone; it must not come back to here.
  std::unique_ptr<lookup> look_up(const std::string& host, std::function<void()> wake);
  void forget(const std::string& host);

 private:
  void run(const std::string& host, const std::shared_ptr<lookup::shared>& state);

  const std::function<host_addresses(const std::string&)> resolver_;
  const std::function<time_point()> now_;
  std::mutex mutex_;
  address_cache cache_;
  std::map<std::string, std::shared_ptr<lookup::shared>> under_way_;
};

}  // namespace regatta::internal
