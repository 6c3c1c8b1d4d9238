// SPDX-License-Identifier: Apache-2.0
#include "reports/gate_github.hpp"

#include <fmt/format.h>

#include "reports/gate_text.hpp"
#include "reports/utf8.hpp"

namespace regatta {
namespace {

constexpr std::size_t most_shown = 10;  // per step, of each kind; GitHub drops the rest silently

// As the runner's own toolkit does it: a line is a command.
std::string escape(std::string_view text, bool property) {
  std::string out;
  for (const char each : valid_utf8(text)) {
    const bool special =
        each == '%' || each == '\r' || each == '\n' || (property && (each == ':' || each == ','));
    out += special ? fmt::format("%{:02X}", static_cast<int>(each)) : std::string(1, each);
  }
  return out;
}

struct annotation {
  std::string title, message;
};

std::string render(const char* level, const std::vector<annotation>& all, const std::string& file) {
  std::string out;
  const std::string where = file.empty() ? "" : fmt::format("file={},", escape(file, true));
  for (std::size_t i = 0; i < all.size(); ++i) {
    annotation each = all[i];
    if (i + 1 == most_shown && all.size() > most_shown) {
      each = {"regatta gate",
              fmt::format("{} more like these; the step summary has them all", all.size() - i)};
    }
    if (i == most_shown) break;
    out += fmt::format("::{} {}title={}::{}\n", level, where, escape(each.title, true),
                       escape(each.message, false));
  }
  return out;
}

}  // namespace

std::string render_gate_annotations(const gate_result& result, const std::string& file) {
  std::vector<annotation> errors;
  std::vector<annotation> warnings;
  if (result.unfit) warnings.push_back({"Unfit environment", *result.unfit});
  for (const gate_comparison* each : by_concern(result)) {
    if (!concerns(*each)) continue;
    const bool is_error = fails_build(*each, result);
    annotation made{fmt::format("{}: {}", name_of(*each, result), verdict_word(*each)),
                    each->reason};
    if (made.message.empty()) made.message = "worse × " + effect(decisive(*each));
    if (!each->rule.reason.empty()) made.message += " (rule: " + each->rule.reason + ")";
    (is_error ? errors : warnings).push_back(std::move(made));
  }
  return render("error", errors, file) + render("warning", warnings, file);
}

}  // namespace regatta
