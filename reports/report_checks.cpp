// SPDX-License-Identifier: Apache-2.0
#include "reports/report_checks.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "reports/json_report.hpp"
#include "reports/stored_json.hpp"

namespace regatta {
namespace {

using nlohmann::json;
using complaint = std::optional<std::string>;

// The labels of a recommendation are those of cells.
complaint check_labels(const workload_result& one, const recommendation& advice,
                       const json::json_pointer& at) {
  std::set<std::string> labels;
  for (std::size_t i = 0; i < one.cells.size(); ++i) {
    const std::string& label = one.cells[i].choice.label;
    if (!labels.insert(label).second) {
      return fmt::format("{} is {}, which an earlier cell is called",
                         (at / "cells" / i / "label").to_string(), json(label).dump());
    }
  }
  const auto unknown = [&](const json::json_pointer& where, const std::string& label) -> complaint {
    if (labels.count(label) != 0) return std::nullopt;
    return fmt::format("{} names {}, which is not among the cells", where.to_string(),
                       json(label).dump());
  };
  const auto advised = at / "recommendation";
  for (std::size_t i = 0; i < advice.choice.size(); ++i) {
    if (auto found = unknown(advised / "choice" / i, advice.choice[i])) return found;
  }
  for (std::size_t i = 0; i < advice.standings.size(); ++i) {
    const auto where = advised / "standings" / i / "label";
    if (auto found = unknown(where, advice.standings[i].label)) return found;
  }
  if (advice.runner_up) {
    if (auto found = unknown(advised / "runner_up", *advice.runner_up)) return found;
  } else if (advice.lead) {
    return fmt::format("{} is there, but no runner_up", (advised / "lead").to_string());
  }
  for (std::size_t i = 0; i < one.cells.size(); ++i) {
    if (one.cells[i].beaten_by.empty()) continue;
    const auto where = at / "cells" / i / "beaten_by";
    if (auto found = unknown(where, one.cells[i].beaten_by)) return found;
  }
  return std::nullopt;
}

complaint check_verdict(const recommendation& advice, const json::json_pointer& at) {
  const std::size_t chosen = advice.choice.size();
  const bool fits = advice.outcome == verdict::nothing  ? chosen == 0
                    : advice.outcome == verdict::winner ? chosen == 1
                    : advice.outcome == verdict::tie    ? chosen > 1
                                                        : true;
  if (fits) return std::nullopt;
  return fmt::format("{} has {} of them, which is not what the verdict says",
                     (at / "recommendation" / "choice").to_string(), chosen);
}

complaint check_ratio(const std::optional<ratio_estimate>& ratio, const json::json_pointer& at) {
  if (!ratio || (ratio->lower <= ratio->ratio && ratio->ratio <= ratio->upper)) return std::nullopt;
  return fmt::format("{} has its ratio outside of its own interval", at.to_string());
}

complaint check_latency(const cell_result& cell, const json::json_pointer& at) {
  const latency_summary& latency = cell.latency;
  double last = 0;
  for (const auto& each : {latency.p50, latency.p90, latency.p99, latency.p999, latency.max}) {
    if (each && *each < last) {
      return fmt::format("{} has a percentile that is smaller than a lower one", at.to_string());
    }
    last = each.value_or(last);
  }
  for (const auto& range : {latency.p50_interval, latency.p99_interval}) {
    if (range && range->lower > range->upper) {
      return fmt::format("{} has an interval that ends before it begins", at.to_string());
    }
  }
  return std::nullopt;
}

complaint check_measures(const cell_result& cell, const json::json_pointer& at) {
  std::set<std::string> names;
  for (std::size_t i = 0; i < cell.measures.size(); ++i) {
    const measure& each = cell.measures[i];
    if (!names.insert(each.name).second) {
      return fmt::format("{} is {}, as an earlier measure is called", (at / i / "name").to_string(),
                         json(each.name).dump());
    }
    double last = 0;
    for (const auto& value : {each.p50, each.p90, each.p99, std::optional(each.max)}) {
      if (value && *value < last) {
        return fmt::format("{} has a percentile that is smaller than a lower one",
                           (at / i).to_string());
      }
      last = value.value_or(last);
    }
  }
  return std::nullopt;
}

complaint check_workload(const workload_result& one, const recommendation& advice,
                         const json::json_pointer& at) {
  if (auto found = check_labels(one, advice, at)) return found;
  if (auto found = check_verdict(advice, at)) return found;
  if (auto found = check_ratio(advice.lead, at / "recommendation" / "lead")) return found;
  for (std::size_t i = 0; i < advice.standings.size(); ++i) {
    const auto where = at / "recommendation" / "standings" / i / "leader_over_this";
    if (auto found = check_ratio(advice.standings[i].behind, where)) return found;
  }
  for (std::size_t i = 0; i < one.cells.size(); ++i) {
    const auto where = at / "cells" / i;
    const cell_result& cell = one.cells[i];
    if (cell.ended == outcome::ok && !cell.reason.empty()) {
      return fmt::format("{} is there, but the outcome is ok", (where / "reason").to_string());
    }
    if (auto found = check_latency(cell, where / "latency")) return found;
    if (auto found = check_measures(cell, where / "measures")) return found;
  }
  return std::nullopt;
}

}  // namespace

complaint contradiction(const json& document, const stored_report& report) {
  const json again = make_json_report(report.run, report.advice);
  const json::json_pointer root;
  for (const char* part : {"complete", "workloads"}) {
    if (auto found = first_difference(document, again, part)) return found;
  }
  for (std::size_t i = 0; i < report.run.workloads.size(); ++i) {
    if (auto found =
            check_workload(report.run.workloads[i], report.advice[i], root / "workloads" / i)) {
      return found;
    }
  }
  return std::nullopt;
}

}  // namespace regatta
