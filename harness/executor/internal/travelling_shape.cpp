// SPDX-License-Identifier: Apache-2.0
#include "harness/executor/internal/travelling_shape.hpp"

#include <fmt/format.h>

#include <boost/core/demangle.hpp>

#include "harness/executor/errors.hpp"

namespace regatta::internal {

std::string named_type(const std::string& what, const std::type_info& type) {
  return fmt::format("{} ({})", what, boost::core::demangle(type.name()));
}

[[noreturn]] void refuse_to_travel(const std::string& what, const std::string& instead) {
  throw cannot_travel(fmt::format(
      "{} cannot travel to a worker process: {}; or use an executor of threads", what, instead));
}

}  // namespace regatta::internal
