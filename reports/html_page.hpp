// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "reports/html_markup.hpp"

namespace regatta {

/// What is put into a page beside its content.
struct page_parts {
  std::string title;
  std::string_view style;
  std::vector<std::string_view> scripts;  ///< run in this order, when the content is there
};

/// One HTML page that needs nothing but itself. Nothing may be loaded, sent or framed; and only the
/// style and the scripts of this very page count, by their hashes, so that text that slipped
/// through as a tag would do nothing.
std::string assemble_page(const page_parts& parts, const markup& content);

/// "2026-01-31 08:05 UTC" of "2026-01-31T08:05:09Z"; what is of another form stays as it is.
std::string show_moment(const std::string& iso8601);

/// `<section id="id"><h2>title</h2>…`
markup page_section(std::string_view id, std::string_view title, const markup& content);

}  // namespace regatta
