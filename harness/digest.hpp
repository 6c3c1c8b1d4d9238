// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "harness/bytes.hpp"

namespace regatta {

/// Fingerprint of an answer: 64 bits, equal answers have equal digests on every machine.
/// Not cryptographic: it guards against mistakes, not against malice.
using digest = std::uint64_t;

digest digest_of(bytes_view answer);

/// A 64-bit finaliser (splitmix64, Steele et al., OOPSLA 2014): spreads a counter over all bits.
/// Used for seeds and for order-independent set checksums.
constexpr std::uint64_t mix64(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15U;
  x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27U)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31U);
}

}  // namespace regatta
