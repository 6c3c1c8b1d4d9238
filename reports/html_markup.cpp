// SPDX-License-Identifier: Apache-2.0
#include "reports/html_markup.hpp"

#include "reports/utf8.hpp"

namespace regatta {

markup::markup(std::string_view text) {
  html_.reserve(text.size());
  for (const char c : valid_utf8(text)) {
    switch (c) {
      case '&':
        html_ += "&amp;";
        break;
      case '<':
        html_ += "&lt;";
        break;
      case '>':
        html_ += "&gt;";
        break;
      case '"':
        html_ += "&quot;";
        break;
      case '\'':
        html_ += "&#39;";
        break;
      default:
        // HTML has no way to write the other control characters, not even escaped.
        html_ += static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' ? ' ' : c;
    }
  }
}

markup markup::raw(std::string_view html) {
  markup made;
  made.html_ = html;
  return made;
}

markup& markup::operator+=(const markup& more) {
  html_ += more.html_;
  return *this;
}

markup element(std::string_view name, attributes with, const markup& content) {
  std::string html = "<";
  html += name;
  for (const auto& [key, value] : with) {
    html += ' ';
    html += key;
    html += "=\"" + markup(value).html() + '"';
  }
  html += '>';
  html += content.html();
  html += "</";
  html += name;
  html += '>';
  return markup::raw(html);
}

markup list_items(const std::vector<std::string>& texts) {
  markup items;
  for (const std::string& text : texts) items += element("li", {}, text);
  return items;
}

markup table(std::string_view caption, const std::vector<html_column>& columns,
             const std::vector<std::vector<markup>>& rows) {
  const auto is_words = [&](std::size_t column) { return column > 0 && !columns[column].number; };
  markup head;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    head += is_words(i) ? element("th", {{"scope", "col"}, {"class", "words"}}, columns[i].title)
                        : element("th", {{"scope", "col"}}, columns[i].title);
  }
  markup body;
  for (const auto& row : rows) {
    markup cells;
    for (std::size_t i = 0; i < row.size(); ++i) {
      cells += i == 0        ? element("th", {{"scope", "row"}}, row[i])
               : is_words(i) ? element("td", {{"class", "words"}}, row[i])
                             : element("td", {}, row[i]);
    }
    body += element("tr", {}, cells) + markup::raw("\n");
  }
  return element(
      "div", {{"class", "scroll"}, {"role", "region"}, {"tabindex", "0"}, {"aria-label", caption}},
      element("table", {},
              element("caption", {{"class", "unseen"}}, caption) +
                  element("thead", {}, element("tr", {}, head)) + element("tbody", {}, body)));
}

markup facts(const std::vector<std::pair<std::string, markup>>& rows) {
  markup items;
  for (const auto& [name, value] : rows) {
    items += element("div", {}, element("dt", {}, name) + element("dd", {}, value));
  }
  return element("dl", {{"class", "facts"}}, items);
}

}  // namespace regatta
