// SPDX-License-Identifier: Apache-2.0
#include "reports/doctor_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "reports/environment_fields.hpp"
#include "reports/figures.hpp"
#include "reports/report_schema.hpp"
#include "reports/terminal_style.hpp"
#include "reports/text_table.hpp"

namespace regatta {
namespace {

constexpr std::array<enum_name<check_status>, 4> status_names{{
    {check_status::ok, "ok"},
    {check_status::advice, "advice"},
    {check_status::problem, "problem"},
    {check_status::unknown, "unknown"},
}};

const char* to_string(check_status status) {
  for (const auto& [value, name] : status_names) {
    if (value == status) return name;
  }
  return "?";
}

const char* color_of(check_status status) {
  switch (status) {
    case check_status::ok:
      return "32";
    case check_status::advice:
      return "33";
    case check_status::problem:
      return "31";
    case check_status::unknown:
      break;
  }
  return "2";
}

// A promise: rounded up.
std::string percent_up(double share) {
  const double percent = 100 * share;
  const double step = percent < 10 ? 0.1 : 1;
  return fmt::format("{:.4g} %", std::ceil(percent / step - 1e-9) * step);
}

std::string share_text(double share) { return fmt::format("{:.3g} %", 100 * share); }

std::string listed(const std::vector<std::string>& parts) {
  if (parts.size() < 2) return parts.empty() ? "" : parts.front();
  const std::vector<std::string> first(parts.begin(), parts.end() - 1);
  return fmt::format("{} and {}", fmt::join(first, ", "), parts.back());
}

std::vector<std::string> names_with(const doctor_result& result, check_status status) {
  std::vector<std::string> names;
  for (const doctor_check& check : result.checks) {
    if (check.status == status) names.push_back(check.name);
  }
  return names;
}

std::string what_is_found(const doctor_result& result) {
  std::vector<std::string> parts;
  for (const work_resolution& each : result.resolutions) {
    if (each.not_run || each.rejected) continue;
    if (each.detectable) {
      const char* const what = parts.empty() ? "changes of " : "";
      const char* const least = parts.empty() ? " or more" : "";
      parts.push_back(
          fmt::format("{}{}{} in {}", what, percent_up(*each.detectable), least, each.kind));
    } else {
      parts.push_back(fmt::format("no change in {}", each.kind));
    }
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string ratio_text(const std::optional<ratio_estimate>& ratio) {
  if (!ratio) return "–";
  return fmt::format("{:.3f} [{:.3f}, {:.3f}]", ratio->ratio, ratio->lower, ratio->upper);
}

std::string found_text(const std::optional<double>& detectable) {
  return detectable ? percent_up(*detectable) : "nothing";
}

std::string correlation_text(const std::optional<double>& value) {
  return value ? fmt::format("{:.2f}", *value) : "–";
}

std::vector<std::string> resolution_table(const doctor_result& result, std::size_t width) {
  table_column name{"the same work twice", false, 0, {}};
  table_column finds{"finds", true, 0, {}};
  table_column gate{"with margin", true, 1, {}};
  table_column ratio{"A/A [interval]", false, 2, {}};
  table_column pairs{"pairs", true, 3, {}};
  table_column variation{"variation", true, 4, {}};
  table_column lag{"lag-1", true, 5, {}};
  table_column lag_pairs{"of pairs", true, 6, {}};
  table_column epoch{"epoch", true, 7, {}};
  for (const work_resolution& each : result.resolutions) {
    if (each.not_run) continue;
    name.cells.push_back(each.name);
    finds.cells.push_back(each.rejected ? "unfit" : found_text(each.detectable));
    gate.cells.push_back(each.rejected ? "" : found_text(each.detectable_beyond_margin));
    ratio.cells.push_back(ratio_text(each.ratio));
    pairs.cells.push_back(std::to_string(each.pairs));
    variation.cells.push_back(share_text(each.variation));
    lag.cells.push_back(correlation_text(each.lag1));
    lag_pairs.cells.push_back(correlation_text(each.lag1_pairs));
    epoch.cells.push_back(show_seconds(each.epoch));
  }
  if (name.cells.empty()) return {};
  return render_table({name, finds, gate, ratio, pairs, variation, lag, lag_pairs, epoch}, width);
}

}  // namespace

// Beside the type, for argument-dependent look-up.
auto enum_names(check_status) { return status_names; }

template <class Fields>
void fields(Fields& file, stored<Fields, doctor_check>& check) {
  file("name", check.name);
  file("status", check.status);
  file("seen", check.seen);
  file.text("remedy", check.remedy);
}

template <class Fields>
void fields(Fields& file, stored<Fields, work_resolution>& each) {
  const bool ran = !each.not_run;
  file("name", each.name);
  file("kind", each.kind);
  file("not_run", each.not_run);
  file.known_if(ran, "pairs", each.pairs);
  file.known_if(ran, "epoch_seconds", each.epoch);
  file.known_if(ran, "variation", each.variation);
  file("lag1_autocorrelation", each.lag1);
  file("lag1_autocorrelation_of_pairs", each.lag1_pairs);
  file("ratio", each.ratio);
  file.known_if(ran, "rejected", each.rejected);
  file("detectable", each.detectable);
  file("detectable_beyond_margin", each.detectable_beyond_margin);
}

std::string doctor_verdict(const doctor_result& result) {
  if (result.interrupted) return "Interrupted: no verdict.";
  const std::string found = what_is_found(result);
  if (!result.fit()) {
    std::vector<std::string> causes = names_with(result, check_status::problem);
    for (const work_resolution& each : result.resolutions) {
      if (each.rejected) {
        causes.push_back(fmt::format("the same work twice taking different times ({}: {})",
                                     each.name, ratio_text(each.ratio)));
      }
    }
    return fmt::format("Unfit to measure, because of {}{}.", listed(causes),
                       found.empty() ? "" : "; as it is, it would find " + found);
  }
  if (found.empty()) {
    return "Fit to measure, as far as looking tells; no A/A run was made, so that nothing is known "
           "of how small a change it can show.";
  }
  const auto advised = names_with(result, check_status::advice);
  return fmt::format(
      "Fit to find {}, in 50 pairs; for less: {}take four times the pairs for half of "
      "it.",
      found, advised.empty() ? "" : fmt::format("see to {}, or ", listed(advised)));
}

std::string render_doctor(const doctor_result& result, const terminal_style& style) {
  const environment& where = result.where;
  std::string out = wrap(fmt::format("{}; {} of {} CPUs usable; Linux {}", where.cpu_model,
                                     where.cpus.usable, where.cpus.visible, where.kernel),
                         "", style.columns) +
                    "\n";
  std::size_t widest = 0;
  for (const doctor_check& check : result.checks) {
    widest = std::max(widest, display_width(check.name));
  }
  constexpr std::size_t status_width = 7;  // "unknown"
  constexpr std::size_t readable = 40;     // else what was seen gets lines of its own
  const std::size_t text_at = 2 + status_width + 2 + widest + 2;
  const bool narrow = style.columns < text_at + readable;
  const std::string indent(narrow ? 2 : text_at - 2, ' ');
  for (const doctor_check& check : result.checks) {
    std::string line =
        fmt::format("  {:<7}  {:<{}}  ", to_string(check.status), check.name, widest);
    line = narrow ? line.substr(0, line.find_last_not_of(' ') + 1) + "\n" +
                        wrap(check.seen, "    ", style.columns)
                  : wrap(check.seen, line, style.columns);
    // Painted after it is wrapped: escapes have no width.
    const std::string status = to_string(check.status);
    line.replace(2, status.size(), paint(style, color_of(check.status), status));
    out += line + "\n";
    if (!check.remedy.empty()) out += wrap(check.remedy, indent + "→ ", style.columns) + "\n";
  }
  const auto table = resolution_table(result, style.columns - 2);
  if (!table.empty()) out += "\n";
  for (const std::string& line : table) out += "  " + line + "\n";
  for (const work_resolution& each : result.resolutions) {
    if (!each.not_run) continue;
    out +=
        wrap(fmt::format("{}: not run: {}", each.name, *each.not_run), "  ", style.columns) + "\n";
  }
  const char* const color = result.interrupted ? "1" : result.fit() ? "1;32" : "1;31";
  return out + "\n" + paint(style, color, wrap(doctor_verdict(result), "", style.columns)) + "\n";
}

nlohmann::ordered_json make_doctor_json(const doctor_result& result) {
  nlohmann::ordered_json file;
  file["$schema"] = file_name_of(report_schema::doctor);
  file["kind"] = "doctor";
  file["schema_version"] = 1;
  file["generator"] = {{"name", "regatta"}, {"version", REGATTA_VERSION}};
  file["fit"] = result.fit();
  file["verdict"] = doctor_verdict(result);
  file["complete"] = !result.interrupted;
  file["seconds"] = result.seconds;
  file["environment"] = json_fields::write(result.where);
  file["machine_card"] = json_fields::write(result.card);
  file["checks"] = json_fields::write(result.checks);
  file["resolution"] = json_fields::write(result.resolutions);
  return file;
}

}  // namespace regatta
