// SPDX-License-Identifier: Apache-2.0
#include "reports/xml.hpp"

#include <fmt/format.h>

#include "reports/utf8.hpp"

namespace regatta {
namespace {

void append(std::string& out, const xml_element& element, std::size_t depth) {
  const std::string indent(2 * depth, ' ');
  out += indent + "<" + element.name;
  for (const auto& [name, value] : element.attributes) {
    out += fmt::format(" {}=\"{}\"", name, escape_xml(value));
  }
  if (element.text.empty() && element.children.empty()) {
    out += "/>\n";
    return;
  }
  out += ">" + escape_xml(element.text);
  if (!element.children.empty()) {
    out += "\n";
    for (const xml_element& child : element.children) append(out, child, depth + 1);
    out += indent;
  }
  out += fmt::format("</{}>\n", element.name);
}

}  // namespace

std::string render_xml(const xml_element& root) {
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  append(out, root, 0);
  return out;
}

std::string escape_xml(std::string_view text) {
  std::string out;
  const std::string valid = valid_utf8(text);
  for (std::string_view rest = valid; !rest.empty();) {
    const std::string_view character = rest.substr(0, utf8_length(rest));
    rest.remove_prefix(character.size());
    const auto code = static_cast<unsigned char>(character[0]);
    if (character == "&") {
      out += "&amp;";
    } else if (character == "<") {
      out += "&lt;";
    } else if (character == ">") {
      out += "&gt;";
    } else if (character == "\"") {
      out += "&quot;";
    } else if (character == "\t" || character == "\n" || character == "\r") {
      out += fmt::format("&#{};", code);
    } else if (code < 0x20 || character == "\uFFFE" || character == "\uFFFF") {
      out += "\uFFFD";
    } else {
      out += character;
    }
  }
  return out;
}

}  // namespace regatta
