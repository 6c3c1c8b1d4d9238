// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <system_error>

namespace regatta::internal {

/// How one operation on a socket ended, the same in both colours. None of the three and no bytes
/// read: the peer has ended the connection.
struct transfer {
  std::size_t count = 0;
  std::error_code error{};
  bool expired = false;      ///< the deadline came first
  bool interrupted = false;  ///< by interrupt(), or the coroutine was cancelled
};

}  // namespace regatta::internal
