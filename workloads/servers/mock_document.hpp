// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace regatta {

/// Document `n` of an endless library, 2 to 8 KiB: ASCII prose in simple HTML (headings,
/// paragraphs, lists, emphasis, links, entities, a comment), enough to give a text extractor
/// something to do. A function of `n` alone, so that a client can compute what GET /documents/<n>
/// must answer. Each document has its own topic words, so that ranking documents by shared words
/// means something.
std::string mock_document(std::uint64_t n);

}  // namespace regatta
