// SPDX-License-Identifier: Apache-2.0
#include "tools/built_in_suite.hpp"

namespace regatta {
namespace {

constexpr const char* quick_suite = R"({
  "scale": "quick", "budget": "54s", "machine_card": "1s",
  "workloads": ["tokenize", "llm-complete", "rag"], "backends": ["*"]
})";
constexpr const char* standard_suite = R"({
  "scale": "standard", "budget": "6m",
  "workloads": ["db-query", "embed-topk", "image-augment", "llm-complete", "rag", "tokenize",
                "wait-compute"],
  "backends": ["*", "process:start=spawn", "process:start=forkserver"]
})";
constexpr const char* full_suite = R"({
  "scale": "full", "budget": "20m", "workloads": ["*"],
  "services": {"llm.tbt": "lognormal:5ms:0.3"},
  "backends": ["*", "process:start=spawn", "process:start=forkserver", "process:chunk=8"]
})";

}  // namespace

const char* built_in_suite(const std::string& name) {
  if (name == "quick") return quick_suite;
  if (name == "standard") return standard_suite;
  if (name == "full") return full_suite;
  return nullptr;
}

}  // namespace regatta
