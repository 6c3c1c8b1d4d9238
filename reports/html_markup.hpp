// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace regatta {

/// Finished HTML. A string becomes markup by being escaped and in no other way but markup::raw(),
/// so that no name in a report can become a tag: `element("td", {}, cell.choice.label)`.
class markup {
 public:
  markup() = default;
  markup(std::string_view text);  // NOLINT: implicit, text is what strings are
  markup(const std::string& text) : markup(std::string_view(text)) {}
  markup(const char* text) : markup(std::string_view(text)) {}

  static markup raw(std::string_view html);  ///< of our own making only

  markup& operator+=(const markup& more);
  friend markup operator+(markup left, const markup& right) { return std::move(left += right); }
  const std::string& html() const { return html_; }
  bool empty() const { return html_.empty(); }

 private:
  std::string html_;
};

using attributes = std::initializer_list<std::pair<std::string_view, std::string_view>>;

/// `<name key="value">content</name>`; the values are escaped.
markup element(std::string_view name, attributes with, const markup& content);
/// `<li>` each.
markup list_items(const std::vector<std::string>& texts);

struct html_column {
  std::string title;
  bool number = true;  ///< aligned right, in digits of equal width
};

/// A table that can be scrolled sideways by mouse and keyboard; the first cell of a row is its
/// heading. `caption` names it for those who do not see it. REQUIRES: no row has more cells than
/// there are columns.
markup table(std::string_view caption, const std::vector<html_column>& columns,
             const std::vector<std::vector<markup>>& rows);

/// Name and value, for what is not a series.
markup facts(const std::vector<std::pair<std::string, markup>>& rows);

}  // namespace regatta
