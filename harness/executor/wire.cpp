// SPDX-License-Identifier: Apache-2.0
#include "harness/executor/wire.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "harness/executor/errors.hpp"
#include "harness/process/worker_protocol.hpp"

namespace regatta {
namespace {

constexpr const char* disagreement =
    "write() and read() of a regatta::wire specialisation do not agree";

}  // namespace

void wire_writer::bytes(const void* data, std::size_t size) {
  const auto* const begin = static_cast<const std::byte*>(data);
  out_.insert(out_.end(), begin, begin + size);
}

bytes_view wire_reader::bytes(std::size_t size) {
  if (size > rest_.size()) {
    throw std::runtime_error(fmt::format("a message has {} bytes left where {} are read: {}",
                                         rest_.size(), size, disagreement));
  }
  const bytes_view taken = rest_.first(size);
  rest_ = rest_.subspan(size);
  return taken;
}

std::size_t wire_reader::count(std::size_t least_size) {
  const auto elements = read_as<std::uint64_t>(bytes(sizeof(std::uint64_t)));
  if (least_size != 0 && elements > rest_.size() / least_size) {
    throw std::runtime_error(
        fmt::format("a message has {} bytes left where {} elements are read: "
                    "{}",
                    rest_.size(), elements, disagreement));
  }
  return static_cast<std::size_t>(elements);
}

void wire_reader::expect_end() const {
  if (rest_.empty()) return;
  throw std::runtime_error(
      fmt::format("{} bytes of a message were not read: {}", rest_.size(), disagreement));
}

namespace internal {

std::uint64_t travelling_offset(any_function function) {
  const std::uint64_t offset = kernel_offset(reinterpret_cast<kernel>(function));
  try {
    kernel_at(offset);
  } catch (const std::runtime_error&) {
    throw cannot_travel(
        "a function travels to a worker process by its place in the program, and this one is null "
        "or in a shared library: call it from a function of the program");
  }
  return offset;
}

any_function function_at(std::uint64_t offset) {
  return reinterpret_cast<any_function>(kernel_at(offset));
}

}  // namespace internal
}  // namespace regatta
