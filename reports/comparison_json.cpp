// SPDX-License-Identifier: Apache-2.0
#include "reports/comparison_json.hpp"

#include <array>

#include "reports/json_fields.hpp"

namespace regatta {

constexpr auto enum_names(agreement) {
  return std::array<enum_name<agreement>, 4>{{{agreement::same_winner, "same winner"},
                                              {agreement::compatible, "compatible"},
                                              {agreement::changed, "changed"},
                                              {agreement::open, "open"}}};
}

template <class Fields>
void fields(Fields& file, stored<Fields, run_difference>& difference) {
  file("what", difference.what);
  file("values", difference.values);
  file("loud", difference.loud);
}

template <class Fields>
void fields(Fields& file, stored<Fields, run_figure>& figure) {
  file("ended", figure.ended);
  file("median", figure.median);
  file("lower_quartile", figure.lower);
  file("upper_quartile", figure.upper);
  file("over_first", figure.over_first);
  file("moved", figure.moved);
}

template <class Fields>
void fields(Fields& file, stored<Fields, compared_approach>& approach) {
  file("label", approach.label);
  file("runs", approach.runs);
}

template <class Fields>
void fields(Fields& file, stored<Fields, compared_workload>& workload) {
  file("workload", workload.workload);
  file("load", workload.load);
  file.text("metric", workload.metric);
  file("differences", workload.differences);
  file("same_work", workload.same_work);
  file("approaches", workload.approaches);
  file("recommended", workload.said);
  file("agreement", workload.held);
  file("conclusion", workload.conclusion);
  file.text("race", workload.race);
}

template <class Fields>
void fields(Fields& file, stored<Fields, next_step>& step) {
  file("purpose", step.purpose);
  file("command", step.command);
}

template <class Fields>
void fields(Fields& file, stored<Fields, run_comparison>& comparison) {
  file("runs", comparison.runs);
  file("conclusions", comparison.conclusions);
  file("next", comparison.next);
  file("differences", comparison.differences);
  file("workloads", comparison.workloads);
}

std::string render_comparison_json(const run_comparison& comparison) {
  using json = nlohmann::ordered_json;
  json file = {{"kind", "comparison"},
               {"schema_version", comparison_schema_version},
               {"generator", {{"name", "regatta"}, {"version", REGATTA_VERSION}}}};
  file.update(json_fields::write(comparison));
  return file.dump(1, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace regatta
