// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/workload.hpp"
#include "workloads/counter_random.hpp"
#include "workloads/cpu/input_files.hpp"
#include "workloads/cpu/text_cleaning.hpp"
#include "workloads/dataset_parts.hpp"
#include "workloads/generated_text.hpp"
#include "workloads/mixed/retrieval_text.hpp"

namespace regatta {
namespace {

constexpr std::size_t item_count = 64;
constexpr std::size_t kept_words = 100;

// How the words of a document may be separated, beside a plain space.
constexpr std::array<std::string_view, 6> separators = {
    "\n", "  \t", "\xc2\xa0", "\xe2\x80\x83", "\xe3\x80\x80", "<br/>\r\n"};

void append_word(std::string& html, std::string_view word, counter_random& random) {
  switch (random.below(16)) {
    case 0:
      html.append("<b>").append(word).append("</b>");
      break;
    case 1:
      html.append("<a href=\"/documents/1?a=b&amp;c\">").append(word).append("</a>");
      break;
    case 2:
      html.append("\xc3\x89").append(word);  // U+00C9, a capital outside of ASCII
      break;
    default:
      html.append(word);
  }
}

std::string generated_document(counter_random& random, std::size_t size) {
  std::string html = "<html>\n<!-- generated -->\n<body>\n";
  while (html.size() < size) {
    html += "<p class=\"text\">";
    const std::string text = generated_text(random, 400);
    for (const std::string_view word : split_at_spaces(text)) {
      append_word(html, word, random);
      html += random.below(4) == 0 ? separators[random.below(separators.size())] : " ";
    }
    html += "</p>\n";
  }
  return html + "</body>\n</html>\n";
}

std::vector<std::string> documents(const workload_options& options, std::size_t size) {
  std::vector<std::string> all;
  if (options.input) {
    for (const auto& file : input_files(*options.input)) all.push_back(read_input_file(file));
    return all;
  }
  for (std::size_t i = 0; i < item_count; ++i) {
    counter_random random(options.seed, i);
    all.push_back(generated_document(random, size));
  }
  return all;
}

// A step at a time over the whole text, as in Python: that is what is measured.
buffer clean(bytes_view, bytes_view document) {
  const std::string text = strip_markup(as_text(document));
  const std::string spaced = normal_spaces(text);
  const std::string lower = lower_case(spaced);
  std::vector<std::string_view> words = split_at_spaces(lower);
  for (std::string_view& word : words) word = without_punctuation(word);
  std::erase_if(words, [](std::string_view word) { return word.empty() || is_stop_word(word); });
  std::string answer = std::to_string(words.size()) + " words\n";
  for (const auto& [word, uses] : most_common(words, kept_words)) {
    answer.append(word).append(" ").append(std::to_string(uses)).append("\n");
  }
  return to_buffer(answer);
}

/// The pre-processing of documents that Python services spend their CPU time on.
class text_clean {
 public:
  static workload_info describe() {
    workload_info info;
    info.name = "text-clean";
    info.kind = work_kind::cpu_bound;
    info.summary = "strips, splits and counts the words of a document of 32 KiB, as Python would";
    info.takes_input = true;
    // usual, least, most
    info.parameters = {{"payload", "bytes of a generated document", 32768, 100, 1 << 20}};
    return info;
  }

  static buffer build(const workload_options& options) {
    const auto size = static_cast<std::size_t>(parameter_of(describe(), options, "payload"));
    const std::vector<std::string> all = documents(options, size);
    std::vector<bytes_view> parts;
    for (const std::string& document : all) parts.push_back(as_bytes(document));
    return pack_parts(parts);
  }

  explicit text_clean(bytes_view dataset) : documents_(dataset) {}
  std::uint64_t distinct_items() const { return documents_.size(); }
  bytes_view input(std::uint64_t index) const { return documents_[index % documents_.size()]; }

  template <class Context>
  typename Context::template task<buffer> run(Context& ctx, item it) const {
    co_return co_await ctx.compute(clean, it.input);
  }

 private:
  dataset_parts documents_;
};

const workload_registration<text_clean> registered;

}  // namespace
}  // namespace regatta
