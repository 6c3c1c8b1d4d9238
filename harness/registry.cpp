// SPDX-License-Identifier: Apache-2.0
#include <stdexcept>

#include "harness/backend.hpp"
#include "harness/service.hpp"
#include "harness/workload.hpp"

namespace regatta {
namespace {

// Function-local, so that registration from another file's static initialiser always finds it.
template <class Entry>
std::map<std::string, Entry>& table() {
  static std::map<std::string, Entry> entries;
  return entries;
}

template <class Entry>
void add(const char* kind, const std::string& name, Entry entry) {
  const bool inserted = table<Entry>().emplace(name, std::move(entry)).second;
  if (!inserted) throw std::logic_error(std::string("two ") + kind + "s are named '" + name + "'");
}

}  // namespace

const std::map<std::string, workload_entry>& workloads() { return table<workload_entry>(); }
const std::map<std::string, service_starter>& services() { return table<service_starter>(); }
const std::map<std::string, backend_entry>& backends() { return table<backend_entry>(); }

void refuse_settings(const service_options& options, const std::string& service) {
  for (const auto& [key, value] : options.settings) {
    if (!key.starts_with(service + ".")) continue;
    throw std::invalid_argument("there is no setting '" + key + "': the service '" + service +
                                "' has none");
  }
}

void register_workload(workload_entry entry) {
  const std::string name = entry.info.name;
  add("workload", name, std::move(entry));
}
void register_service(std::string name, service_starter starter) { add("service", name, starter); }
void register_backend(backend_entry entry) {
  const std::string name = entry.info.name;
  add("backend", name, std::move(entry));
}

}  // namespace regatta
