// SPDX-License-Identifier: Apache-2.0
#include "harness/gate/regatta_subject.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "harness/gate/executable.hpp"
#include "harness/gate/program_launch.hpp"
#include "harness/platform/mapping.hpp"

namespace regatta {

using namespace std::chrono_literals;

namespace {

constexpr auto start_limit = 120s;
constexpr auto introduction_limit = 10s;

}  // namespace

regatta_subject::regatta_subject(std::string path, std::string shown_as, regatta_course& course,
                                 std::uint64_t seed, std::function<bool()> stop)
    : path_(std::move(path)),
      shown_as_(std::move(shown_as)),
      course_(course),
      stop_(std::move(stop)),
      random_(seed) {}

gate_subject_info regatta_subject::info() const {
  return {.kind = "regatta", .what = shown_as_, .digest = file_digest(path_)};
}

std::vector<std::string> regatta_subject::names() {
  cell_introduction build;
  try {
    const unique_fd nothing = memory_file(0);
    cell_process process(nothing.get(), stop_, {.path = path_, .environment = {}});
    build = process.introduce(introduction_limit);
  } catch (const cell_failure&) {
    throw std::runtime_error(fmt::format(
        "{} does not answer as a regatta that can be measured by another build: it is older than "
        "`regatta gate`, or no regatta",
        shown_as_));
  }
  if (build.protocol != cell_protocol) {
    throw std::runtime_error(fmt::format(
        "the cells of {} speak protocol {}, this regatta speaks {}: run the gate with a regatta "
        "that both builds understand, such as the older one's own",
        shown_as_, build.protocol, cell_protocol));
  }
  const auto has = [](const std::vector<std::string>& all, const std::string& one) {
    return std::find(all.begin(), all.end(), one) != all.end();
  };
  std::vector<std::string> names;
  for (const regatta_course::cell& each : course_.cells()) {
    if (has(build.workloads, each.workload.workload) && has(build.backends, each.choice.backend)) {
      names.push_back(each.name);
    }
  }
  return names;
}

std::vector<gate_metric> regatta_subject::metrics() const {
  const gate_metric throughput{"throughput", "/s", gate_direction::larger};
  const gate_metric cpu{"cpu_per_item", "s"};
  // In an open loop throughput is the load's.
  if (course_.open_loop()) return {{"p99", "s"}, cpu, throughput};
  return {throughput, cpu};
}

void regatta_subject::start(const cell_work& work, const std::string& name, unsigned launch) {
  process_.reset();
  process_ = std::make_unique<cell_process>(
      work.dataset, stop_, cell_program{.path = path_, .environment = {layout_padding(random_)}});
  name_ = name;
  launch_ = launch;
  epoch_ = 0;
  const auto answer = process_->start(work.start, start_limit);
  if (const auto* const missing = std::get_if<unavailable>(&answer)) {
    throw cell_failure(outcome::unavailable, missing->reason);
  }
  run(work);  // warm-up
}

// Both sides run the same items in an epoch, and others in the next.
epoch_plan regatta_subject::next_epoch(const cell_work& work) {
  epoch_plan plan = work.epoch;
  plan.first_index = ((std::uint64_t{launch_} << 8U) + epoch_++) << 32U;
  plan.seed = course_.seed() ^ plan.first_index;
  return plan;
}

gate_epoch regatta_subject::run(const cell_work& work) {
  const epoch_report report = process_->run(next_epoch(work), true, work.limit);
  if (const auto why = why_bad(report)) throw cell_failure(outcome::failed, *why);
  gate_epoch epoch{.values = {{"throughput", report.result.throughput}}, .note = {}};
  if (report.cpu_per_item) epoch.values["cpu_per_item"] = *report.cpu_per_item;
  if (report.p99) {
    epoch.values["p99"] = *report.p99;
  } else {
    epoch.note = fmt::format("an epoch of {} items is too short to show one", report.result.items);
  }
  return epoch;
}

std::variant<gate_epoch, gate_failure> regatta_subject::measure(const std::string& name,
                                                                unsigned launch) {
  const auto& cells = course_.cells();
  const auto which =
      std::find_if(cells.begin(), cells.end(), [&](const auto& each) { return each.name == name; });
  const cell_work* work = nullptr;
  try {
    work = &course_.work_of(*which);
  } catch (const cell_failure& failure) {
    return gate_failure{fmt::format("has no work to do, because on the baseline it {}: {}",
                                    to_string(failure.ended), failure.what())};
  }
  try {
    if (process_ == nullptr || name != name_ || launch != launch_) start(*work, name, launch);
    return run(*work);
  } catch (const cell_failure& failure) {
    process_.reset();
    const auto cause = course_.service_failure(*which);
    return gate_failure{
        fmt::format("ended as {}: {}", to_string(failure.ended), cause.value_or(failure.what()))};
  }
}

}  // namespace regatta
