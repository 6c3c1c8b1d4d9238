// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "harness/backend.hpp"
#include "harness/bytes.hpp"

namespace regatta {

// What an adapter, a program in any language that runs items for us, says and is told: a JSON
// object a line. docs/external-backends.md is the protocol's own page.
constexpr int adapter_protocol = 1;

/// The adapter broke the protocol, or has ended. The text is a sentence's end: "said …".
struct adapter_fault : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// How it introduces itself.
struct adapter_hello {
  std::string name;                               ///< "python"
  std::string runtime;                            ///< "CPython 3.11.7"
  std::optional<bool> interpreter_lock;           ///< whether its threads hold one
  std::map<std::string, std::string> approaches;  ///< name → what it is
  std::vector<std::string> workloads;
};

struct adapter_ready {
  unsigned workers = 1;
  unsigned capacity = 1;
};

/// One item of an epoch, as the adapter ran it. Times are of CLOCK_MONOTONIC.
struct adapter_item {
  std::uint64_t sequence = 0;
  steady_time began, ended;
  std::variant<buffer, digest, std::string> outcome;  ///< an answer, its digest, or an error
};

struct adapter_epoch_end {
  std::uint64_t items = 0;
};

// Each takes one line, and throws adapter_fault for anything it should not be.
adapter_hello parse_hello(std::string_view line);
std::variant<adapter_ready, unavailable> parse_opened(std::string_view line);
std::variant<adapter_item, adapter_epoch_end> parse_of_epoch(std::string_view line);

std::string hello_line();
/// `dataset` is a path that the adapter can open.
std::string open_line(const backend_setup& setup, const std::string& approach,
                      const std::string& dataset);
std::string epoch_line(const epoch& slice);
std::string bye_line();

}  // namespace regatta
