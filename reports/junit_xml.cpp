// SPDX-License-Identifier: Apache-2.0
#include "reports/junit_xml.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "reports/xml.hpp"

namespace regatta {
namespace {

using status = junit_status;

xml_element properties(const std::vector<std::pair<std::string, std::string>>& values) {
  xml_element list{"properties"};
  for (const auto& [name, value] : values) {
    list.children.push_back({"property", {{"name", name}, {"value", value}}});
  }
  return list;
}

xml_element render(const junit_case& each) {
  xml_element element{"testcase", {{"name", each.name}, {"classname", each.class_name}}};
  if (each.seconds) element.attributes.emplace_back("time", fmt::format("{:.6f}", *each.seconds));
  if (!each.properties.empty()) element.children.push_back(properties(each.properties));
  if (each.status == status::skipped) {
    element.children.push_back({"skipped", {{"message", each.message}}});
  } else if (each.status != status::passed) {
    const char* const name = each.status == status::failure ? "failure" : "error";
    element.children.push_back(
        {name, {{"message", each.message}, {"type", each.type}}, each.details});
  }
  if (!each.output.empty()) element.children.push_back({"system-out", {}, each.output});
  return element;
}

std::size_t count(const std::vector<junit_suite>& suites, std::optional<status> wanted) {
  std::size_t sum = 0;
  for (const junit_suite& suite : suites) {
    sum += static_cast<std::size_t>(
        std::count_if(suite.cases.begin(), suite.cases.end(),
                      [&](const junit_case& each) { return !wanted || each.status == *wanted; }));
  }
  return sum;
}

void add_counts(xml_element& element, const std::vector<junit_suite>& suites, double seconds,
                bool skipped) {
  element.attributes.emplace_back("tests", std::to_string(count(suites, {})));
  element.attributes.emplace_back("failures", std::to_string(count(suites, status::failure)));
  element.attributes.emplace_back("errors", std::to_string(count(suites, status::error)));
  if (skipped) {
    element.attributes.emplace_back("skipped", std::to_string(count(suites, status::skipped)));
  }
  element.attributes.emplace_back("time", fmt::format("{:.6f}", seconds));
}

}  // namespace

std::string render_junit_suites(const std::string& name, const std::vector<junit_suite>& suites) {
  double seconds = 0;
  for (const junit_suite& suite : suites) seconds += suite.seconds;
  xml_element root{"testsuites", {{"name", name}}};
  add_counts(root, suites, seconds, false);
  for (const junit_suite& suite : suites) {
    xml_element element{"testsuite", {{"name", suite.name}}};
    add_counts(element, {suite}, suite.seconds, true);
    if (!suite.started_at.empty()) {
      // The oldest readers refuse a zone: to the second, "2026-01-31T08:05:09".
      element.attributes.emplace_back("timestamp", suite.started_at.substr(0, 19));
    }
    if (!suite.hostname.empty()) element.attributes.emplace_back("hostname", suite.hostname);
    if (!suite.properties.empty()) element.children.push_back(properties(suite.properties));
    for (const junit_case& each : suite.cases) element.children.push_back(render(each));
    root.children.push_back(std::move(element));
  }
  return render_xml(root);
}

std::string junit_number(double value) { return fmt::format("{}", value); }

}  // namespace regatta
