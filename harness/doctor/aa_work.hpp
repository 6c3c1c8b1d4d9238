// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace regatta::doctor {

/// Work that takes the same instructions each time it is run with the same amount.
class repeatable_work {
 public:
  virtual ~repeatable_work() = default;
  virtual void run(std::uint64_t amount) = 0;
};

struct kind_of_work {
  std::string_view name;  ///< what happens
  std::string_view kind;  ///< what it stands for
};

/// One thread computes; two threads compute, each pinned to a CPU of its own, as regatta's pools
/// are; two threads hand a byte back and forth through pipes.
const std::vector<kind_of_work>& kinds_of_work();

/// Throws if it cannot be had here: std::system_error, or std::runtime_error with a sentence.
std::unique_ptr<repeatable_work> make_work(std::size_t kind, const std::vector<int>& cpus);

}  // namespace regatta::doctor
