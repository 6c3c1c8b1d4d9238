// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string_view>

#include "harness/bytes.hpp"

namespace regatta {

/// An HTTP answer in the form in which workloads answer and kernels return: one run of bytes, that
/// travels between processes. The status stands before the body.
struct framed_answer {
  unsigned status = 200;
  std::string_view body;
};

inline buffer frame_answer(unsigned status, std::string_view body) {
  buffer framed(sizeof(std::uint32_t) + body.size());
  const std::uint32_t head = status;
  std::memcpy(framed.data(), &head, sizeof(head));
  if (!body.empty()) std::memcpy(framed.data() + sizeof(head), body.data(), body.size());
  return framed;
}

/// Borrows `bytes`. Throws std::runtime_error if they are no framed answer.
inline framed_answer unframe_answer(bytes_view bytes) {
  if (bytes.size() < sizeof(std::uint32_t)) throw std::runtime_error("an answer without a status");
  return {read_as<std::uint32_t>(bytes), as_text(bytes.subspan(sizeof(std::uint32_t)))};
}

}  // namespace regatta
