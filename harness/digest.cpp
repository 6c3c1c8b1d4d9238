// SPDX-License-Identifier: Apache-2.0
#include "harness/digest.hpp"

namespace regatta {

// Four independent multiply-xor lanes over 8-byte words: about memory speed, so that checking an
// answer never becomes the work that is measured.
digest digest_of(bytes_view answer) {
  constexpr std::uint64_t multiplier = 0x9fb21c651e98df25U;
  std::uint64_t lanes[4] = {1, 2, 3, 4};
  bytes_view rest = answer;
  while (rest.size() >= sizeof(lanes)) {
    std::uint64_t words[4];
    std::memcpy(words, rest.data(), sizeof(words));
    for (int lane = 0; lane < 4; ++lane) {
      lanes[lane] = (lanes[lane] ^ words[lane]) * multiplier;
      lanes[lane] ^= lanes[lane] >> 29U;
    }
    rest = rest.subspan(sizeof(words));
  }
  std::uint64_t result = mix64(answer.size());
  for (const std::uint64_t lane : lanes) result = mix64(result ^ lane);
  for (const std::byte byte : rest) result = mix64(result ^ static_cast<std::uint64_t>(byte));
  return result;
}

}  // namespace regatta
