// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <variant>

#include "harness/backend_info.hpp"
#include "harness/endpoints.hpp"
#include "harness/load/epoch.hpp"
#include "harness/platform/cpu_limits.hpp"
#include "harness/workload.hpp"

namespace regatta {

class event_loop;
class measure_book;
class reporting_engine;

/// All that a backend may know when it starts.
struct backend_setup {
  const workload_info& info;
  const workload_instance& workload;
  bytes_view dataset;
  std::map<std::string, std::string> options;  ///< every one of backend_info::options, resolved
  unsigned in_flight = 1;
  cpu_limits cpus;
  endpoint_map endpoints;
  std::string api_key;               ///< sent as a bearer token to the service "llm"
  std::size_t max_answer_bytes = 0;  ///< of the serial reference
  /// Where its items write down what they measure; null: nowhere. In memory that all processes
  /// share that have it mapped, as forked ones do; others map measures_file.
  measure_book* measures = nullptr;
  int measures_file = -1;
  std::shared_ptr<void> preparation;  ///< what backend_entry::prepare made
};

/// A backend cannot serve this workload, or this machine lacks what it needs.
struct unavailable {
  std::string reason;
};

/// One concurrency approach, started, with its workers waiting.
/// Thread safety: one thread drives it.
class backend {
 public:
  virtual ~backend() = default;
  /// Claims tickets and runs their items until claim() answers nullopt and every claimed ticket is
  /// answered or failed. Items that throw are failed; nothing escapes but bugs of the backend.
  virtual void run(epoch& slice) = 0;
  virtual backend_facts facts() const = 0;
};

using backend_or_unavailable = std::variant<std::unique_ptr<backend>, unavailable>;

struct backend_entry {
  backend_info info;
  backend_or_unavailable (*start)(const backend_setup&) = nullptr;
  /// Runs before the dataset is in memory, while the process is small and has one thread: the
  /// place to fork a server of clean processes. May be null.
  std::shared_ptr<void> (*prepare)(const std::map<std::string, std::string>& options) = nullptr;
  /// Of event loops: where they take kernels; the setup must outlive it. Null for the others.
  std::unique_ptr<reporting_engine> (*make_engine)(event_loop&, const backend_setup&) = nullptr;
  bool loop_per_cpu = false;  ///< an event loop for each usable CPU, instead of one
};

/// Every registered backend, by name.
const std::map<std::string, backend_entry>& backends();
void register_backend(backend_entry entry);

struct backend_registration {
  explicit backend_registration(backend_entry entry) { register_backend(std::move(entry)); }
};

}  // namespace regatta
