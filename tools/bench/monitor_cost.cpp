// SPDX-License-Identifier: Apache-2.0
// What the loop monitor (heartbeat mode) costs a loop that is never blocked and runs a million
// handlers a second:
//
//   regatta_monitor_cost             table: the loop's time with the monitor, as a ratio
//   regatta_monitor_cost --check     exit 1 unless the ratio is below 1.005, beyond doubt
//
// A batch is a fixed number of handlers, each a fixed number of instructions: what the monitor
// takes shows in its time. Batches take turns as with, without, without, with; the two of a kind
// are added, so that a drift of the machine cancels out. There are batches until the interval of
// the median ratio is on one side of the limit, looked at after twice as many each time.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <ctime>
#include <optional>
#include <vector>

#include "harness/diagnostics/loop_monitor/loop_monitor_asio.hpp"
#include "harness/statistics/sign_interval.hpp"

namespace {

namespace asio = boost::asio;

constexpr double limit = 1.005;
constexpr double confidence = 0.99;  // of a look; there are about six
constexpr std::size_t first_look = 16;

struct scenario {
  const char* name;
  int queue;         // handlers that are always ready
  int instructions;  // of a handler, about: what makes it a microsecond is found out
};

/// What a batch took, by two clocks.
struct cost {
  double wall = 0, cpu = 0;  // ns a handler
};

double now(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

void compute(int instructions) {
  for (int i = 0; i < instructions; ++i) asm volatile("" : : : "memory");
}

class batch {
 public:
  explicit batch(const scenario& what) : what_(what) {}

  cost run(bool is_monitored) {
    std::optional<regatta::loop_monitor> monitor;
    if (is_monitored) {
      regatta::monitor_options options;
      options.on_report = [](const regatta::block_report&) {};
      monitor.emplace(io_, options);
    }
    for (int i = 0; i < what_.queue; ++i) again();
    io_.run();
    const double handlers = measured;
    return {(end_.wall - begin_.wall) / handlers, (end_.cpu - begin_.cpu) / handlers};
  }

 private:
  // The first ones are not measured: the watchdog's thread starts meanwhile.
  static constexpr int lead_in = 10'000, measured = 40'000;

  void again() {
    asio::post(io_, [this] {
      compute(what_.instructions);
      if (done_ == lead_in) begin_ = time();
      if (done_ == lead_in + measured) {
        end_ = time();
        io_.stop();
      }
      ++done_;
      again();
    });
  }

  static cost time() { return {now(CLOCK_MONOTONIC), now(CLOCK_THREAD_CPUTIME_ID)}; }

  const scenario& what_;
  asio::io_context io_{1};
  int done_ = 0;
  cost begin_, end_;
};

/// With the instructions that make its handlers take a microsecond, posting and all.
scenario calibrated(scenario one) {
  const double without = batch(one).run(false).cpu;
  one.instructions += 1'000;
  const double per_instruction = (batch(one).run(false).cpu - without) / 1'000;
  one.instructions = std::max(0, static_cast<int>((1'000 - without) / per_instruction));
  return one;
}

struct comparison {
  std::vector<double> with, without;  // wall
  std::vector<double> with_cpu, without_cpu;

  void add_turn(const scenario& one) {
    std::array<cost, 2> sums{};
    for (const bool is_monitored : {true, false, false, true}) {
      const cost taken = batch(one).run(is_monitored);
      sums[is_monitored ? 1 : 0].wall += taken.wall;
      sums[is_monitored ? 1 : 0].cpu += taken.cpu;
    }
    with.push_back(sums[1].wall);
    without.push_back(sums[0].wall);
    with_cpu.push_back(sums[1].cpu);
    without_cpu.push_back(sums[0].cpu);
  }
};

std::string text(const std::optional<regatta::ratio_estimate>& of) {
  if (!of) return "-";
  return fmt::format("{:.4f} [{:.4f}, {:.4f}]", of->ratio, of->lower, of->upper);
}

/// Whether it is below the limit beyond doubt.
bool compare(const scenario& uncalibrated, std::chrono::seconds patience) {
  const scenario one = calibrated(uncalibrated);
  const auto give_up = std::chrono::steady_clock::now() + patience;
  comparison taken;
  std::optional<regatta::ratio_estimate> wall;
  const char* verdict = "undecided";
  for (std::size_t look = first_look;; look *= 2) {
    while (taken.with.size() < look && std::chrono::steady_clock::now() < give_up) {
      taken.add_turn(one);
    }
    wall = regatta::ratio_interval(taken.with, taken.without, confidence);
    if (wall && wall->upper <= limit) verdict = "within the limit";
    if (wall && wall->lower > limit) verdict = "above the limit";
    const bool is_decided = wall && (wall->upper <= limit || wall->lower > limit);
    if (is_decided || taken.with.size() < look) break;
  }
  const auto cpu = regatta::ratio_interval(taken.with_cpu, taken.without_cpu, confidence);
  double per_handler = 0;
  for (const double both : taken.without) per_handler += both / 2;
  fmt::print("{:26} {:7.0f} ns  {:26} {:26} {:4}  {}\n", one.name,
             per_handler / static_cast<double>(taken.without.size()), text(wall), text(cpu),
             taken.with.size(), verdict);
  return wall && wall->upper <= limit;
}

}  // namespace

int main(int argc, char** argv) {
  bool check = false;
  int patience = 150;
  CLI::App app("Measures what the loop monitor costs a loop.");
  app.add_flag("--check", check, "exit 1 unless each ratio is below the limit");
  app.add_option("--patience", patience, "seconds for each row at most")
      ->check(CLI::Range(1, 3600));
  CLI11_PARSE(app, argc, argv);

  fmt::print("{:26} {:>10}  {:26} {:26} {}\n", "", "a handler", "wall time, with/without",
             "CPU time, with/without", "turns");
  bool within = true;
  for (const scenario& one :
       {scenario{"64 handlers ready", 64, 0}, scenario{"1 handler an iteration", 1, 0}}) {
    within = compare(one, std::chrono::seconds(patience)) && within;
  }
  return check && !within ? 1 : 0;
}
