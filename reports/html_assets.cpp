// SPDX-License-Identifier: Apache-2.0
#include "reports/html_assets.hpp"

#include <openssl/evp.h>

#include <array>
#include <stdexcept>

// The assembler copies the files in as they are, one after the other: a string literal may have no
// more than 65,536 characters, and an array of numbers takes the compiler seconds. The paths come
// from CMake.
#define FILE_OF(path) ".incbin \"" path "\"\n"
#define EMBED(name, files)                                                                \
  __asm__(".pushsection .rodata\n" #name "_begin:\n" files #name "_end:\n.popsection\n"); \
  extern "C" const char name##_begin[];                                                   \
  extern "C" const char name##_end[];

EMBED(regatta_html_style,
      FILE_OF(REGATTA_HTML_FOLDER "/page.css")    // colours, letters, the top of the page
      FILE_OF(REGATTA_HTML_FOLDER "/data.css")    // tables, figures, controls
      FILE_OF(REGATTA_HTML_FOLDER "/media.css"))  // narrow windows, motion, paper
EMBED(regatta_html_script,
      FILE_OF(REGATTA_HTML_FOLDER "/format.js")       // figures as people read them
      FILE_OF(REGATTA_HTML_FOLDER "/common.js")       // what all pages do
      FILE_OF(REGATTA_HTML_FOLDER "/statistics.js")   // evidence, intervals, the race
      FILE_OF(REGATTA_HTML_FOLDER "/report.js")       // the data that the page carries
      FILE_OF(REGATTA_HTML_FOLDER "/verdicts.js")     // recomputed
      FILE_OF(REGATTA_HTML_FOLDER "/chart_parts.js")  // marks that the chart library lacks
      FILE_OF(REGATTA_HTML_FOLDER "/charts.js")       // one function a figure
      FILE_OF(REGATTA_HTML_FOLDER "/series_charts.js")
          FILE_OF(REGATTA_HTML_FOLDER "/page.js"))  // begins when the page is there
EMBED(regatta_profile_style,
      FILE_OF(REGATTA_HTML_FOLDER "/page.css") FILE_OF(REGATTA_HTML_FOLDER "/data.css")
          FILE_OF(REGATTA_HTML_FOLDER "/profile.css")  // timeline, flame graph, ledgers
      FILE_OF(REGATTA_HTML_FOLDER "/media.css"))
EMBED(regatta_profile_script,
      FILE_OF(REGATTA_HTML_FOLDER "/format.js") FILE_OF(REGATTA_HTML_FOLDER "/common.js")
          FILE_OF(REGATTA_HTML_FOLDER "/flame_tree.js")    // stacks merged into a tree
      FILE_OF(REGATTA_HTML_FOLDER "/flame_graph.js")       // shown, searched, walked by keys
      FILE_OF(REGATTA_HTML_FOLDER "/profile_timeline.js")  // what the loops did when
      FILE_OF(REGATTA_HTML_FOLDER "/profile_page.js"))     // begins when the page is there
EMBED(regatta_chart_library, FILE_OF(REGATTA_CHART_LIBRARY))
EMBED(regatta_chart_library_terms, FILE_OF(REGATTA_HTML_FOLDER "/chart_library_licence.txt"))

namespace regatta {
namespace {

std::string_view between(const char* begin, const char* end) {
  return {begin, static_cast<std::size_t>(end - begin)};
}

}  // namespace

std::string_view html_style() { return between(regatta_html_style_begin, regatta_html_style_end); }

std::string_view html_script() {
  return between(regatta_html_script_begin, regatta_html_script_end);
}

std::string_view profile_style() {
  return between(regatta_profile_style_begin, regatta_profile_style_end);
}

std::string_view profile_script() {
  return between(regatta_profile_script_begin, regatta_profile_script_end);
}

std::string_view chart_library() {
  return between(regatta_chart_library_begin, regatta_chart_library_end);
}

std::string_view chart_library_terms() {
  return between(regatta_chart_library_terms_begin, regatta_chart_library_terms_end);
}

std::string csp_hash(std::string_view content) {
  std::array<char, 32> digest{};
  unsigned size = 0;
  if (EVP_Digest(content.data(), content.size(), reinterpret_cast<unsigned char*>(digest.data()),
                 &size, EVP_sha256(), nullptr) != 1) {
    throw std::runtime_error("cannot compute the SHA-256 of a part of the HTML page");
  }
  return "sha256-" + base64({digest.data(), size});
}

std::string base64(std::string_view bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');  // OpenSSL ends it with a zero
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                     reinterpret_cast<const unsigned char*>(bytes.data()),
                                     static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

}  // namespace regatta
