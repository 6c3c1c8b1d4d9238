// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/shared_references.hpp"

#include <map>
#include <memory>

#include "harness/runner/running_services.hpp"

namespace regatta::test {
namespace {

using namespace std::chrono_literals;

struct shared_state {
  const run_plan plan{.suite = "conformance",
                      .service_settings = {{"llm.ttft", "1ms"},
                                           {"llm.tbt", "10us"},
                                           {"llm.tokens", "4"},
                                           {"documents.latency", "1ms"}},
                      .external_endpoints = {},
                      .api_key = {}};
  running_services services{plan};
  std::map<std::string, shared_reference> references;
};

std::unique_ptr<shared_state>& state() {
  static std::unique_ptr<shared_state> only;
  return only;
}

shared_reference make_reference(shared_state& shared, const std::string& workload) {
  workload_plan plan{.workload = workload, .options = {}, .backends = {}};
  plan.options.scale = dataset_scale::quick;
  shared_reference made;
  made.options = plan.options;
  made.endpoints = shared.services.endpoints_for(plan, workloads().at(workload).info.needs);
  made.dataset = make_dataset_file();
  cell_process process(made.dataset.get(), [] { return false; });
  made.result = process.reference({.workload = workload,
                                   .options = made.options,
                                   .choice = {},
                                   .endpoints = made.endpoints,
                                   .api_key = {},
                                   .key = {}},
                                  60s);
  return made;
}

}  // namespace

const shared_reference& shared_references::of(const std::string& workload) {
  if (state() == nullptr) state() = std::make_unique<shared_state>();
  auto& references = state()->references;
  auto found = references.find(workload);
  if (found == references.end()) {
    found = references.emplace(workload, make_reference(*state(), workload)).first;
  }
  return found->second;
}

void shared_references::end() { state().reset(); }

}  // namespace regatta::test
