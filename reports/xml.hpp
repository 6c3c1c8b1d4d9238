// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace regatta {

/// One element of an XML 1.0 document. Names are the program's own and are not checked.
struct xml_element {
  std::string name;
  std::vector<std::pair<std::string, std::string>> attributes = {};
  std::string text = {};  ///< before the children
  std::vector<xml_element> children = {};
};

/// The document with its declaration, indented by two spaces, in UTF-8.
std::string render_xml(const xml_element& root);

/// For element content or a value in double quotes: markup is escaped, white space survives the
/// normalisation of attributes, and what XML 1.0 cannot say at all (most control characters,
/// U+FFFE, U+FFFF, bytes that are not UTF-8) becomes U+FFFD.
std::string escape_xml(std::string_view text);

}  // namespace regatta
