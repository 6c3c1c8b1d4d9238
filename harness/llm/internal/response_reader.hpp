// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace regatta::internal {

/// One HTTP/1 response, from bytes in any portions. No I/O. Interim answers (100 Continue) are
/// passed over. Thread safety: none.
class response_reader {
 public:
  response_reader(std::size_t most_header_bytes, std::size_t most_body_bytes);
  ~response_reader();
  response_reader(response_reader&& other) noexcept;
  response_reader& operator=(response_reader&& other) noexcept;

  /// Throws llm_fault for what is not HTTP and for what exceeds a limit.
  void feed(std::string_view bytes);
  /// The connection has ended; `clean`: as TLS wants it, or there is no TLS. Throws llm_fault if
  /// the response has not.
  void feed_end(bool clean);

  bool answered() const;  ///< any byte has come
  bool head_done() const;
  bool done() const;
  unsigned status() const;
  std::string_view content_type() const;
  std::string_view location() const;
  std::optional<std::string_view> retry_after() const;
  /// What has come of the body; may be taken away from.
  std::string& body();
  /// Done, and the connection can take the next request.
  bool reusable() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace regatta::internal
