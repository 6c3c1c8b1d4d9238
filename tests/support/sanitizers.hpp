// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace regatta::test {

// g++ has macros, clang features.
#if defined(__has_feature)
#define REGATTA_TEST_HAS_FEATURE(feature) __has_feature(feature)
#else
#define REGATTA_TEST_HAS_FEATURE(feature) 0
#endif

#if defined(__SANITIZE_ADDRESS__) || REGATTA_TEST_HAS_FEATURE(address_sanitizer)
constexpr bool address_sanitized = true;
#else
constexpr bool address_sanitized = false;
#endif
#if defined(__SANITIZE_THREAD__) || REGATTA_TEST_HAS_FEATURE(thread_sanitizer)
constexpr bool thread_sanitized = true;
#else
constexpr bool thread_sanitized = false;
#endif
#undef REGATTA_TEST_HAS_FEATURE

/// This build is instrumented: memory and stack are used as nobody wrote it.
constexpr bool sanitized = address_sanitized || thread_sanitized;

/// g++ turns the transfer between two coroutines into a jump only when it optimises.
#if defined(__OPTIMIZE__)
constexpr bool optimized = true;
#else
constexpr bool optimized = false;
#endif

}  // namespace regatta::test
