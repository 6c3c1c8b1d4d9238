// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace regatta {

/// Addresses of hosts, each for a while. Thread safety: none.
class address_cache {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  explicit address_cache(std::chrono::nanoseconds lifetime) : lifetime_(lifetime) {}

  /// nullptr: not known, or not any more. Valid until the next call.
  const std::vector<std::string>* find(const std::string& host, time_point now) {
    const auto found = entries_.find(host);
    if (found == entries_.end()) return nullptr;
    if (now - found->second.since >= lifetime_) {
      entries_.erase(found);
      return nullptr;
    }
    return &found->second.addresses;
  }

  void store(const std::string& host, std::vector<std::string> addresses, time_point now) {
    entries_[host] = {std::move(addresses), now};
  }

  void forget(const std::string& host) { entries_.erase(host); }

 private:
  struct entry {
    std::vector<std::string> addresses;
    time_point since;
  };
  std::chrono::nanoseconds lifetime_;
  std::map<std::string, entry> entries_;
};

}  // namespace regatta
