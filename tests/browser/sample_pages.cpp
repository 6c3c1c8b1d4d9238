// SPDX-License-Identifier: Apache-2.0
// Writes the pages that the browser tests open: regatta_sample_pages FOLDER
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <limits>

#include "reports/html_report.hpp"
#include "reports/profile_html.hpp"
#include "tests/reports/measured.hpp"
#include "tests/reports/sample_profiles.hpp"
#include "tests/reports/sample_runs.hpp"

namespace regatta::test {
namespace {

void write(const std::filesystem::path& folder, const char* name, const run_result& run) {
  std::ofstream(folder / name) << render_html(run, advice_on(run));
}

void write(const std::filesystem::path& folder, const char* name,
           const profiling::profile_result& profile) {
  std::ofstream(folder / name) << render_profile_html(profile);
}

/// Ten minutes of as many intervals and stretches as there can be.
profiling::profile_result long_profile() {
  using namespace std::chrono_literals;
  profiling::profile_result profile = sample_profile();
  profile.duration = 600s;
  profiling::loop_profile& loop = profile.loops.front();
  loop.timeline.clear();
  for (int i = 0; i < 750; ++i) {
    loop.timeline.push_back({.begin = i * 800ms,
                             .length = 800ms,
                             .iterations = static_cast<std::uint64_t>(i),
                             .waiting = 500ms,
                             .working = 300ms});
  }
  while (loop.stretches.size() < 1000) {
    profiling::blocked_stretch next = loop.stretches[loop.stretches.size() % 2];
    next.begin = static_cast<int>(loop.stretches.size()) * 590ms;
    loop.stretches.push_back(next);
  }
  return profile;
}

run_result on_some_machine(const char* suite) {
  run_result run;
  run.plan.suite = suite;
  run.where.cpu_model = "Example CPU";
  run.where.started_at = "2026-01-31T08:05:09Z";
  run.throttled = throttling{600, 12, std::chrono::milliseconds(80)};
  run.where.build = {"g++ 12.2.0", "Release", "4da8681", "none", true};
  run.seconds = 48;
  return run;
}

/// A winner, a tie, several loads of one workload, an open loop, and every way to end.
run_result varied() {
  sample_runs samples(3);
  run_result run = on_some_machine("varied");
  run.warnings = {"the load average was 1.9 before the run began"};
  run.workloads.push_back(samples.workload(
      "tokenize", 8, 40,
      {{"thread", 1}, {"tbb", 1 / 1.4, 24}, {"coroutine", 0.5, 12}, {"serial", 0.02, 12}}));
  for (const unsigned in_flight : {1, 8, 64}) {
    run.workloads.push_back(
        samples.workload("rag", in_flight, 60,
                         {{"coroutine", 1, 0, 2}, {"thread", 0.99, 0, 1}, {"process", 0.7, 30}}));
  }
  run.workloads.push_back(
      samples.workload("llm-complete", 64, 40, {{"coroutine", 1}, {"thread", 0.9}}));
  run.workloads.back().plan.rate = 2000;
  run.workloads.push_back(samples.workload("embed-topk", 8, 3, samples.arms(3)));
  auto& cells = run.workloads.front().cells;
  cells.push_back(ended("process", outcome::crashed, "killed by signal 11 (SIGSEGV)"));
  cells.push_back(ended("shared-memory", outcome::wrong_answer, "2 of 10 answers were wrong"));
  cells.push_back(ended("coroutine+tbb", outcome::unavailable, "built without oneTBB"));
  run.workloads.push_back(measured({}));
  run.workloads.back().plan.workload = "image-augment";
  run.workloads.back().not_run = "the folder has no PNG files";
  return run;
}

/// Whatever can stand in a report, in every place where it can stand.
run_result hostile() {
  const std::string evil = "<script>alert(1)</script>";
  const std::string quotes = "\"'><img src=x onerror=alert(2)>&amp;\\u003c ${alert(3)} `";
  const std::string foreign = "größer 速い \u202egnp\u202c \U0001f6a3 </script><!-- --> \xff";
  sample_runs samples(5);
  run_result run = on_some_machine(evil.c_str());
  run.where.hostname = quotes;
  run.where.kernel = foreign;
  run.plan.service_settings = {{evil, quotes}, {"__proto__", "x"}};
  run.warnings = {evil, quotes, foreign};
  run.workloads.push_back(samples.workload(evil, 8, 40,
                                           {{evil, 1},
                                            {quotes, 0.9},
                                            {foreign, 0.5},
                                            {"__proto__", 0.4},
                                            {"constructor", 0.4},
                                            {std::string(300, 'w'), 0.3}}));
  run.workloads.back().info.summary = quotes;
  run.workloads.back().race->ended = evil;
  run.workloads.back().cells.push_back(ended("=cmd", outcome::failed, evil));
  return run;
}

/// Many races with small and large differences, so that JavaScript and C++ have much to disagree
/// on.
run_result random_races(std::uint64_t seed, bool race, objective by, double delta,
                        double confidence) {
  sample_runs samples(seed);
  run_result run = on_some_machine("random");
  run.plan.race = race;
  run.plan.by = by;
  run.plan.practical_difference = delta;
  run.plan.confidence = confidence;
  for (std::size_t i = 0; i < 20; ++i) {
    auto arms = samples.arms(2 + i % 10);
    for (auto& arm : arms) {
      arm.speed *= samples.uniform(0.97, 1.03);
      if (samples.uniform(0, 1) < 0.3) arm.blocks = static_cast<unsigned>(samples.uniform(1, 60));
    }
    run.workloads.push_back(samples.workload("race-" + std::to_string(i), 8,
                                             static_cast<unsigned>(samples.uniform(2, 120)), arms));
    if (i % 7 == 0) run.workloads.back().plan.rate = 900;
    // An epoch in which nothing was finished.
    epoch_sample& idle = run.workloads.back().cells.front().epochs.back();
    idle.throughput = 0;
    idle.p50 = idle.p99 = idle.cpu_per_item = std::nullopt;
  }
  return run;
}

run_result constrained() {
  run_result run = random_races(11, true, objective::throughput, 0.05, 0.95);
  run.plan.required.isolate = true;
  run.plan.required.slo_p99 = 0.045;
  return run;
}

}  // namespace
}  // namespace regatta::test

int main(int argc, char** argv) {
  using namespace regatta::test;
  using enum regatta::objective;
  if (argc != 2) {
    std::fputs("usage: regatta_sample_pages FOLDER\n", stderr);
    return 2;
  }
  const std::filesystem::path folder = argv[1];
  write(folder, "varied.html", varied());
  write(folder, "hostile.html", hostile());
  write(folder, "empty.html", regatta::run_result());
  write(folder, "full.html", full_suite());
  write(folder, "verdicts-race.html", random_races(1, true, throughput, 0.05, 0.95));
  write(folder, "verdicts-wide.html", random_races(2, true, throughput, 0.2, 0.8));
  write(folder, "verdicts-strict.html", random_races(3, true, throughput, 0.01, 0.999));
  write(folder, "verdicts-p99.html", random_races(4, true, p99, 0.05, 0.9));
  write(folder, "verdicts-cpu.html", random_races(5, true, cpu, 0.05, 0.95));
  write(folder, "verdicts-memory.html", random_races(6, true, memory, 0.02, 0.95));
  write(folder, "verdicts-fixed.html", random_races(7, false, throughput, 0.05, 0.95));
  write(folder, "verdicts-constrained.html", constrained());
  write(folder, "profile.html", sample_served_profile());
  write(folder, "profile-quiet.html", regatta::profiling::profile_result());
  write(folder, "profile-hostile.html", hostile_profile());
  write(folder, "profile-long.html", long_profile());
}
