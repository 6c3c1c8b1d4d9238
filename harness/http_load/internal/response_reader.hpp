// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace regatta::http_load {

/// What the head of a plain response says: HTTP/1.1, a body of known length.
struct plain_head {
  unsigned status = 0;
  std::uint64_t body_bytes = 0;
  bool keep_alive = true;

  bool operator==(const plain_head&) const = default;
};

/// Reads a head up to and with its empty line. nullopt: anything unusual (chunks, no length, two
/// lengths, 1xx, 204, 304, HTTP/1.0, folded or malformed lines), which a full parser has to judge.
std::optional<plain_head> read_plain_head(std::string_view head);

/// The last plain head that was read. Servers say nearly the same each time; what is the same byte
/// for byte need not be read again.
struct known_head {
  std::string bytes;
  plain_head meaning;
};

/// Finds where the responses of one connection end, and what their status is. Plain responses take
/// a short way, all others Boost.Beast's parser. Thread safety: none.
class response_reader {
 public:
  enum class progress { more, complete, malformed };

  response_reader();
  ~response_reader();
  response_reader(const response_reader&) = delete;
  response_reader& operator=(const response_reader&) = delete;

  /// Begins with the next response. `no_body`: it answers HEAD. `keep_body`: see take_body().
  void expect(bool no_body, bool keep_body);
  /// Takes from the front of `bytes` what belongs to the response.
  progress feed(std::string_view& bytes, known_head& known);
  /// The peer has closed: complete if that is how the response ends.
  progress end();

  /// Of a response that is complete, or whose head is.
  unsigned status() const { return status_; }
  bool keep_alive() const { return keep_alive_; }
  /// What has come of the body since the last time.
  std::string take_body();

 private:
  class full_parser;
  enum class way { undecided, plain, full };

  progress feed_plain(std::string_view& bytes);
  progress feed_full(std::string_view& bytes);
  progress begin(const plain_head& head, std::string_view& rest);

  way way_ = way::undecided;
  bool no_body_ = false, keep_body_ = false, keep_alive_ = true;
  unsigned status_ = 0;
  std::uint64_t missing_ = 0;  ///< of a plain body
  std::string pending_;        ///< a part of a head, or what the full parser wants more of
  std::string body_;
  std::unique_ptr<full_parser> parser_;
};

}  // namespace regatta::http_load
