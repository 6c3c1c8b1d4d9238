// SPDX-License-Identifier: Apache-2.0
// What the gate's and the race's statistics do on the real noise of this machine. Nothing is
// simulated: every epoch is real work, and a slowdown of 10 % is 10 % more of it.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <exception>
#include <nlohmann/json.hpp>
#include <random>
#include <string>

#include "harness/platform/write_file.hpp"
#include "tools/bench/calibration/calibration_report.hpp"
#include "tools/bench/calibration/real_work.hpp"
#include "tools/bench/calibration/simulated_work.hpp"
#include "tools/exit_codes.hpp"

namespace regatta::calibration {
namespace {

struct options {
  std::size_t runs = 400, races = 400, pairs = 50, quads = 4;
  double slice_us = 250, minutes = 7.5;
  std::uint64_t seed = 1;
  bool quick = false, simulate = false;
  std::string json;
};

void add_options(CLI::App& app, options& chosen) {
  app.add_option("--runs", chosen.runs,
                 "gate runs of identical work; half as many of each slowdown");
  app.add_option("--races", chosen.races, "races of five arms");
  app.add_option("--pairs", chosen.pairs, "pairs to a gate run, at most")
      ->check(CLI::Range(8, 10'000));
  app.add_option("--quads", chosen.quads, "ABBA quads to a pair")->check(CLI::Range(1, 100));
  app.add_option("--slice", chosen.slice_us, "microseconds of work to a slice")
      ->check(CLI::Range(50.0, 100'000.0));
  app.add_option("--minutes", chosen.minutes, "begin nothing after that; a busy machine does less")
      ->check(CLI::Range(0.1, 600.0));
  app.add_option("--seed", chosen.seed, "of every random order");
  app.add_flag("--simulate", chosen.simulate,
               "simulated machines instead of this one; give more --runs and --races");
  app.add_option("--json", chosen.json, "write every trial to this file");
  app.add_flag("--quick", chosen.quick, "a tenth of it: under a minute, for a first look");
}

progress on_terminal(std::string what) {
  return [what = std::move(what), shown = ::isatty(STDERR_FILENO) != 0](std::size_t done,
                                                                        std::size_t of) {
    if (shown) fmt::print(stderr, "\r{} {} of {} ", what, done + 1, of);
  };
}

calibration calibrate(const options& chosen) {
  calibration measured;
  measured.before = read_environment();
  measured.seed = chosen.seed;
  measured.simulated = chosen.simulate;
  const std::size_t part = chosen.quick ? 10 : 1;
  measured.gate.identical = chosen.runs / part;
  measured.gate.slowed = chosen.runs / part / 2;
  measured.gate.pairs = chosen.pairs;
  measured.gate.quads = chosen.quads;
  measured.gate.slice = chosen.slice_us * 1e-6;
  measured.race.races = chosen.races / part;
  const double seconds = 60 * chosen.minutes / static_cast<double>(part);
  measured.gate.seconds = chosen.races == 0 ? seconds : seconds * 0.55;

  using clock = std::chrono::steady_clock;
  const clock::time_point start = clock::now();
  std::mt19937_64 random(chosen.seed);
  all_work works = chosen.simulate ? all_simulated_work(chosen.seed) : all_real_work();
  for (const auto& work : works) measured.works.push_back(work->name());
  measured.gates = run_gate_trials(works, measured.gate, random, on_terminal("gate run"));
  const double spent = std::chrono::duration<double>(clock::now() - start).count();
  measured.race.seconds = seconds - spent;
  measured.races = run_race_trials(works, measured.race, random, on_terminal("race"));
  measured.seconds = std::chrono::duration<double>(clock::now() - start).count();
  measured.after = read_environment();
  if (::isatty(STDERR_FILENO) != 0) fmt::print(stderr, "\n");
  return measured;
}

}  // namespace
}  // namespace regatta::calibration

int main(int argc, char** argv) {
  using namespace regatta;
  CLI::App app(
      "How often are the gate and the race wrong, and what do they find, on this machine?");
  calibration::options chosen;
  calibration::add_options(app, chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? exit_fine : exit_usage;
  }
  try {
    if (!chosen.json.empty()) check_writable(chosen.json);
    const calibration::calibration measured = calibration::calibrate(chosen);
    fmt::print("{}", calibration::to_markdown(measured));
    if (!chosen.json.empty()) {
      write_file(chosen.json, calibration::to_json(measured).dump(1) + "\n");
    }
  } catch (const std::exception& error) {
    fmt::print(stderr, "regatta_calibrate: {}\n", error.what());
    return exit_error;
  }
  return exit_fine;
}
