// SPDX-License-Identifier: Apache-2.0
// How right the loop monitor is: runs the labelled corpus and prints the score. It is made twice,
// for heartbeat mode and for exact mode. Here and not in tools/bench, which does not include tests.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>
#include <vector>

#include "harness/platform/child_process.hpp"
#include "tests/harness/diagnostics/loop_monitor/corpus/run_case.hpp"
#include "tests/harness/diagnostics/loop_monitor/corpus/score_table.hpp"
#include "tests/harness/diagnostics/loop_monitor/corpus/stopped_process.hpp"

namespace {

using namespace regatta::corpus;

#if defined(REGATTA_TRACK_HANDLERS) && REGATTA_TRACK_HANDLERS
const std::string built_for = "exact";
#else
const std::string built_for = "heartbeat";
#endif

struct program_options {
  std::string mode = built_for;
  std::string filter;
  double threshold = 20;  // ms
  int repeat = 1;
  bool check = false, list = false, verbose = false;
};

/// The program beside this one that is built for the other mode.
[[noreturn]] void become_other(char** argv) {
  const std::string suffix = "_exact";
  std::string path = regatta::self_path();
  if (path.ends_with(suffix)) {
    path.resize(path.size() - suffix.size());
  } else {
    path += suffix;
  }
  ::execv(path.c_str(), argv);
  fmt::print(stderr, "cannot start {}; build it\n", path);
  std::exit(1);
}

void print_findings(const score& points) {
  for (const finding& each : points.findings) {
    fmt::print("{}: {}\n", to_string(each.kind), each.what);
  }
}

int run(const program_options& options) {
  const auto threshold = std::chrono::nanoseconds(static_cast<long>(options.threshold * 1e6));
  std::vector<scored_case> scored;
  keep_monitor_warm(threshold);
  for (int round = 0; round < options.repeat; ++round) {
    for (const test_case& one : all_cases()) {
      if (one.name.find(options.filter) == std::string::npos) continue;
      if (options.verbose) fmt::print(stderr, "{}\n", one.name);
      scored.push_back({one.name, score_of(run_case(one, threshold))});
      print_findings(scored.back().points);
      std::fflush(stdout);
    }
  }
  fmt::print("\n{} mode, threshold {} ms\n{}", built_for, options.threshold, score_table(scored));
  const std::vector<std::string> missed = missed_bars(scored);
  for (const std::string& each : missed) fmt::print("missed: {}\n", each);
  return options.check && !missed.empty() ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  run_if_child();
  program_options options;
  CLI::App app("Scores the loop monitor on the labelled corpus.");
  app.add_option("--mode", options.mode)->check(CLI::IsMember({"heartbeat", "exact"}));
  app.add_option("--threshold", options.threshold, "in ms")->check(CLI::Range(2.0, 1000.0));
  app.add_option("--repeat", options.repeat)->check(CLI::PositiveNumber);
  app.add_option("--filter", options.filter, "part of a case's name");
  app.add_flag("--check", options.check, "exit 1 if a bar is missed");
  app.add_flag("--list", options.list, "the cases' names");
  app.add_flag("--verbose", options.verbose, "names of the cases as they run");
  CLI11_PARSE(app, argc, argv);
  if (options.mode != built_for) become_other(argv);
  if (!options.list) return run(options);
  for (const test_case& one : all_cases()) fmt::print("{}\n", one.name);
}
