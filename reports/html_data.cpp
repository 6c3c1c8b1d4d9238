// SPDX-License-Identifier: Apache-2.0
#include "reports/html_data.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "reports/html_assets.hpp"
#include "reports/json_report.hpp"

namespace regatta {
namespace {

using json = nlohmann::ordered_json;

constexpr int exact = 17;

double rounded(double value, int digits) {
  std::array<char, 32> text;
  const auto written = std::to_chars(text.data(), text.data() + text.size(), value,
                                     std::chars_format::scientific, digits - 1);
  std::from_chars(text.data(), written.ptr, value);
  return value;
}

// Moves the epochs out of their cells: {field: [workload: [cell: [epoch]]]}. Names are written
// once, and numbers of one kind lie side by side, which packs a quarter better than by cells.
json take_epochs(json& report) {
  json fields = json::object();
  json& workloads = report["workloads"];
  for (std::size_t i = 0; i < workloads.size(); ++i) {
    json& cells = workloads[i]["cells"];
    for (std::size_t j = 0; j < cells.size(); ++j) {
      for (const json& epoch : cells[j]["epochs"]) {
        for (const auto& [name, value] : epoch.items()) {
          fields[name][i][j].push_back(value);
        }
      }
      cells[j].erase("epochs");
    }
  }
  return fields;
}

// Of the figure that decides, and of the time, by which others are found, no fewer than six digits
// are left: with them a verdict can be computed again.
constexpr int needed_digits = 6;

bool decides(const std::string& field, const json& workload) {
  static const std::map<std::string, std::string> metrics{{"throughput", "throughput"},
                                                          {"p99 latency", "p99_seconds"},
                                                          {"median latency", "p50_seconds"},
                                                          {"CPU per item", "cpu_per_item_seconds"}};
  const auto found = metrics.find(workload["recommendation"]["metric"].get<std::string>());
  return field == "at_seconds" || (found != metrics.end() && found->second == field);
}

void round_epochs(json& epochs, const json& workloads, int digits) {
  for (const auto& [field, by_workload] : epochs.items()) {
    for (std::size_t i = 0; i < by_workload.size(); ++i) {
      const int kept = decides(field, workloads[i]) ? std::max(digits, needed_digits) : digits;
      for (json& cell : by_workload[i]) {
        for (json& value : cell) {
          if (value.is_number_float()) value = rounded(value.get<double>(), kept);
        }
      }
    }
  }
}

}  // namespace

std::string pack_for_page(const std::string& text) {
  constexpr int compression_level = 7;  // 9 takes five times as long, for 3 % less
  uLongf size = compressBound(text.size());
  std::string packed(size, '\0');
  if (compress2(reinterpret_cast<Bytef*>(packed.data()), &size,
                reinterpret_cast<const Bytef*>(text.data()), text.size(),
                compression_level) != Z_OK) {
    throw std::runtime_error("cannot compress the data of the HTML page");
  }
  packed.resize(size);
  return base64(packed);
}

page_data make_page_data(const run_result& run, const std::vector<recommendation>& advice,
                         std::size_t most) {
  json report = make_json_report(run, advice);
  json epochs = take_epochs(report);
  page_data data;
  for (const int digits : {exact, 6, 4, 3}) {
    data.digits = digits;
    if (digits != exact) round_epochs(epochs, report["workloads"], digits);
    report["epochs"] = epochs;
    // A name may have bytes that are no UTF-8; it is not the page that should fail on them.
    data.base64 = pack_for_page(report.dump(-1, ' ', false, json::error_handler_t::replace));
    if (data.base64.size() <= most) break;
  }
  return data;
}

}  // namespace regatta
