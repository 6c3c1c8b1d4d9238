// SPDX-License-Identifier: Apache-2.0
#include "workloads/servers/mock_document.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "harness/digest.hpp"
#include "workloads/servers/english_words.hpp"

namespace regatta {
namespace {

constexpr std::size_t smallest_bytes = 2048;
constexpr std::size_t largest_bytes = 8192;
constexpr std::size_t last_paragraph_room = 1024;  // a document ends after the paragraph it is in

/// Writes one document; holds the state of its random sequence. Draws stand in statements of their
/// own: compilers disagree about the order in which arguments are evaluated.
class document_writer {
 public:
  explicit document_writer(std::uint64_t n) : state_(mix64(n)) {
    for (auto& word : topic_) {
      const std::size_t topics = english_words.size() - common_english_words;
      word = english_words[common_english_words + random(topics)];
    }
    const std::size_t target =
        smallest_bytes + random(largest_bytes - last_paragraph_room - smallest_bytes);
    text_ = fmt::format(
        "<html>\n<head><title>{0} and {1}</title></head>\n<body>\n"
        "<!-- document {2} -->\n<h1>On the {0} &amp; the {1}</h1>\n",
        topic_[0], topic_[1], n);
    while (text_.size() < target) write_section();
    text_ += "</body>\n</html>\n";
  }

  std::string take() { return std::move(text_); }

 private:
  std::size_t random(std::size_t bound) { return (state_ = mix64(state_)) % bound; }

  /// Common words are drawn more often the earlier they stand: the smaller of two draws.
  std::string_view word() {
    if (random(4) == 0) return topic_[random(topic_.size())];
    return english_words[std::min(random(english_words.size()), random(english_words.size()))];
  }

  void write_section() {
    const std::size_t kind = random(6);
    if (kind == 0) {
      const auto topic = topic_[random(topic_.size())];
      text_ += fmt::format("<h2>{} of {}</h2>\n", topic, word());
    } else if (kind == 1) {
      text_ += "<ul>\n";
      for (std::size_t items = 2 + random(4); items > 0; --items) {
        const auto first = word();
        text_ += fmt::format("  <li>{} {}</li>\n", first, word());
      }
      text_ += "</ul>\n";
    } else {
      text_ += "<p>";
      for (std::size_t sentences = 2 + random(4); sentences > 0; --sentences) write_sentence();
      text_ += "</p>\n";
    }
  }

  void write_sentence() {
    const std::size_t begin = text_.size();
    for (std::size_t words = 6 + random(12); words > 0; --words) {
      const auto form = random(24);
      const auto said = word();
      switch (form) {
        case 0:
          text_ += fmt::format("<b>{}</b>", said);
          break;
        case 1:
          text_ += fmt::format("<a href=\"/documents/{}\">{}</a>", random(1000), said);
          break;
        case 2:
          text_ += fmt::format("{} &amp; {}", said, word());
          break;
        default:
          text_ += said;
      }
      text_ += words > 1 ? " " : ". ";
    }
    char& initial = text_[begin];
    if (initial >= 'a' && initial <= 'z') initial = static_cast<char>(initial - 'a' + 'A');
  }

  std::uint64_t state_;
  std::array<std::string_view, 8> topic_;
  std::string text_;
};

}  // namespace

std::string mock_document(std::uint64_t n) { return document_writer(n).take(); }

}  // namespace regatta
