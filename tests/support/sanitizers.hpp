// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace regatta::test {

/// This build is instrumented: memory and stack are used as nobody wrote it.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

/// g++ turns the transfer between two coroutines into a jump only when it optimises.
#if defined(__OPTIMIZE__)
constexpr bool optimized = true;
#else
constexpr bool optimized = false;
#endif

}  // namespace regatta::test
