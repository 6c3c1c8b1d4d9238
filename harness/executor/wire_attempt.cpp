// SPDX-License-Identifier: Apache-2.0
#include "harness/executor/wire_attempt.hpp"

#include "harness/diagnostics/exception_handler.hpp"
#include "harness/executor/errors.hpp"

namespace regatta::internal {

void write_exception(wire_writer& out, const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const remote_error& from_further_away) {
    wire_write(out, from_further_away.type());
    wire_write(out, std::string(from_further_away.what()));
  } catch (...) {
    wire_write(out, current_exception_type());
    wire_write(out, current_exception_text());
  }
}

std::exception_ptr read_exception(wire_reader& in) {
  auto type = wire_read<std::string>(in);
  const auto text = wire_read<std::string>(in);
  return std::make_exception_ptr(remote_error(std::move(type), text));
}

}  // namespace regatta::internal
