// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>

namespace regatta {

/// Where a cell finds the run's PostgreSQL, and how much of it the cell may have. In endpoint_map
/// it is a text, a connection URL of libpq with the rest behind it:
///
///   postgresql:///?host=127.0.0.1&port=5432&password=…#per_loop=16&per_process=24&patience_ms=5000
struct postgresql_endpoint {
  std::string url;  ///< may hold a password: never printed, never stored
  /// Connections an event loop opens at most; items beyond wait for one of them.
  unsigned per_loop = 16;
  /// Connections a process opens at most: threads beyond borrow each other's, loops divide it.
  unsigned per_process = 1000;
  /// A server that does not answer is asked again until so long after it was last heard of.
  std::chrono::milliseconds patience{5000};
  bool operator==(const postgresql_endpoint&) const = default;
};

/// Of the service "database": a connection URL, and not the path of an SQLite file.
bool is_postgresql(std::string_view endpoint);

std::string to_text(const postgresql_endpoint& endpoint);
/// Also of a plain connection URL. REQUIRES: is_postgresql(text).
postgresql_endpoint parse_postgresql_endpoint(std::string_view text);

/// libpq's options by their names: host, port, user, dbname …
using connection_options = std::map<std::string, std::string>;

/// Those that the URL names. Throws std::invalid_argument with a sentence that says nothing of the
/// URL: libpq's own may quote a piece of the password.
connection_options parse_connection_url(const std::string& url);
/// A URL that parses to these, every character in it safe.
std::string connection_url(const connection_options& options);

}  // namespace regatta
