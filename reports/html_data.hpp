// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "reports/recommendation.hpp"

namespace regatta {

/// The JSON report as an HTML page carries it: its epochs as one list a field, {"throughput":
/// [workload: [cell: [epoch]]], …}, all of it compressed (zlib, RFC 1950) and in base64.
struct page_data {
  std::string base64;
  int digits = 17;  ///< of an epoch's figures, but for the one that decides; 17 is exact
};

/// Exact if that takes no more than `most` characters; 1,000,000 hold some 13,000 epochs. Else the
/// epochs' figures are rounded, to no fewer than the three digits that people are shown, and the
/// one that decides to six.
page_data make_page_data(const run_result& run, const std::vector<recommendation>& advice,
                         std::size_t most);

/// Compressed (zlib, RFC 1950) and in base64, as scripts of a page unpack it.
std::string pack_for_page(const std::string& text);

}  // namespace regatta
