// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace regatta {

/// Raises this process's limit of file descriptors so that it may have `connections` of clients,
/// `calls` of services, and what else a server needs. Throws std::runtime_error with a sentence if
/// the hard limit is lower.
void allow_connections(std::size_t connections, std::size_t calls);

/// Descriptors that allow_connections asks for beside those: workers, loops, files, newcomers that
/// are being turned away.
constexpr std::size_t spare_descriptors = 128;

}  // namespace regatta
