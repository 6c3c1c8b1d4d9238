// SPDX-License-Identifier: Apache-2.0
#include "harness/sql/postgresql_endpoint.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <stdexcept>

namespace regatta {
namespace {

constexpr std::string_view limits_begin = "#per_loop=";

unsigned limit_after(std::string_view text, std::string_view key) {
  const std::size_t at = text.find(key);
  unsigned value = 0;
  if (at != std::string_view::npos) {
    const std::string_view digits = text.substr(at + key.size());
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
  }
  return value;
}

// A password with a bare @ or : in it has run over into what libpq quotes when it cannot connect.
bool spilled(const connection_options& options) {
  const auto host = options.find("host");
  const auto port = options.find("port");
  return (host != options.end() && host->second.find('@') != std::string::npos) ||
         (port != options.end() &&
          port->second.find_first_not_of("0123456789,") != std::string::npos);
}

std::string percent_encoded(std::string_view text) {
  std::string encoded;
  for (const char each : text) {
    const auto byte = static_cast<unsigned char>(each);
    const bool plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                       (byte >= '0' && byte <= '9') || byte == '_' || byte == '-' || byte == '.';
    if (plain) {
      encoded += each;
    } else {
      encoded += fmt::format("%{:02X}", byte);
    }
  }
  return encoded;
}

}  // namespace

bool is_postgresql(std::string_view endpoint) {
  return endpoint.starts_with("postgresql://") || endpoint.starts_with("postgres://");
}

std::string to_text(const postgresql_endpoint& endpoint) {
  return fmt::format("{}{}{}&per_process={}&patience_ms={}", endpoint.url, limits_begin,
                     endpoint.per_loop, endpoint.per_process, endpoint.patience.count());
}

postgresql_endpoint parse_postgresql_endpoint(std::string_view text) {
  const std::size_t limits = text.rfind(limits_begin);
  postgresql_endpoint endpoint;
  endpoint.url = text.substr(0, limits);
  if (limits == std::string_view::npos) return endpoint;
  const std::string_view rest = text.substr(limits);
  endpoint.per_loop = std::max(1U, limit_after(rest, limits_begin));
  endpoint.per_process = std::max(1U, limit_after(rest, "&per_process="));
  endpoint.patience = std::chrono::milliseconds(limit_after(rest, "&patience_ms="));
  return endpoint;
}

connection_options parse_connection_url(const std::string& url) {
  char* words = nullptr;
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> parsed(
      PQconninfoParse(url.c_str(), &words), &PQconninfoFree);
  if (words != nullptr) PQfreemem(words);
  connection_options options;
  for (const PQconninfoOption* each = parsed.get(); each != nullptr && each->keyword != nullptr;
       ++each) {
    if (each->val != nullptr) options[each->keyword] = each->val;
  }
  if (parsed == nullptr || !is_postgresql(url) || spilled(options)) {
    throw std::invalid_argument(
        "this is no connection URL: it is written postgresql://user@host:port/database, special "
        "characters as %40 and the like");
  }
  return options;
}

std::string connection_url(const connection_options& options) {
  std::string url = "postgresql:///";
  char separator = '?';
  for (const auto& [key, value] : options) {
    url += separator + key + '=' + percent_encoded(value);
    separator = '&';
  }
  return url;
}

}  // namespace regatta
