// SPDX-License-Identifier: Apache-2.0
#include "reports/html_page.hpp"

#include <fmt/format.h>

#include "reports/html_assets.hpp"

namespace regatta {
namespace {

std::string security_policy(const page_parts& parts) {
  std::string scripts;
  for (const std::string_view script : parts.scripts) {
    scripts += fmt::format(" '{}'", csp_hash(script));
  }
  return fmt::format(
      "default-src 'none'; script-src{}; style-src '{}'; img-src data:; base-uri 'none'; "
      "form-action 'none'",
      scripts, csp_hash(parts.style));
}

markup head(const page_parts& parts) {
  return markup::raw("<head>\n<meta charset=\"utf-8\">\n") +
         markup::raw("<meta http-equiv=\"Content-Security-Policy\" content=\"" +
                     security_policy(parts) + "\">\n") +
         markup::raw(
             "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
             "<meta name=\"color-scheme\" content=\"light dark\">\n"
             "<meta name=\"referrer\" content=\"no-referrer\">\n"
             "<link rel=\"icon\" href=\"data:,\">\n") +
         element("title", {}, parts.title) + element("style", {}, markup::raw(parts.style)) +
         markup::raw("</head>\n");
}

}  // namespace

std::string assemble_page(const page_parts& parts, const markup& content) {
  markup scripts;
  for (const std::string_view script : parts.scripts) {
    scripts += element("script", {}, markup::raw(script));
  }
  const markup page = head(parts) + element("body", {}, element("main", {}, content) + scripts);
  return "<!DOCTYPE html>\n" + element("html", {{"lang", "en"}}, page).html() + "\n";
}

std::string show_moment(const std::string& iso8601) {
  if (iso8601.size() != 20 || iso8601[10] != 'T' || iso8601[19] != 'Z') return iso8601;
  return iso8601.substr(0, 10) + " " + iso8601.substr(11, 5) + " UTC";
}

markup page_section(std::string_view id, std::string_view title, const markup& content) {
  return element("section", {{"id", id}}, element("h2", {}, title) + content);
}

}  // namespace regatta
