// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/diagnostics/loop_monitor/corpus/stopped_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

#include "harness/platform/child_process.hpp"
#include "harness/platform/unique_fd.hpp"
#include "tests/harness/diagnostics/loop_monitor/corpus/cases.hpp"

namespace regatta::corpus {
namespace {

using namespace std::chrono_literals;

constexpr const char* variable = "REGATTA_CORPUS_CHILD";  // the threshold in nanoseconds
constexpr int child_end = 3;                              // a line for the start, then one a report

struct close_file {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

}  // namespace

void stopped_process(const scene& setting) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
  const std::unique_ptr<std::FILE, close_file> lines(::fdopen(ends[0], "r"));
  unique_fd writer(ends[1]);
  pid_t child =
      spawn({.program = self_path(),
             .arguments = {},
             .descriptors = {{writer.get(), child_end}},
             .environment = {variable + ("=" + std::to_string(setting.threshold.count()))}});
  writer.reset();
  std::array<char, 1024> line{};
  if (std::fgets(line.data(), line.size(), lines.get()) != nullptr) {
    std::this_thread::sleep_for(50ms);
    ::kill(child, SIGSTOP);
    std::this_thread::sleep_for(300ms);
    ::kill(child, SIGCONT);
  }
  for (std::uint64_t i = 1; std::fgets(line.data(), line.size(), lines.get()) != nullptr; ++i) {
    arrival said;
    said.report.stretch = i;
    said.report.detail = line.data();
    setting.log.record(said);
  }
  const auto status = wait_child(child, true);
  if (!status || status->signal != 0 || status->code != 0) {
    throw std::runtime_error("the process to be stopped: " +
                             status.value_or(exit_status{}).describe());
  }
}

void run_if_child() {
  const char* const threshold = std::getenv(variable);
  if (threshold == nullptr) return;
  truth_log log;
  monitor_options options;
  options.threshold = std::chrono::nanoseconds(std::atoll(threshold));
  options.most_reports_a_second = 0;
  options.on_report = [](const block_report& report) {
    if (report.phase == block_phase::began) ::dprintf(child_end, "%s\n", summary(report).c_str());
  };
  const scene setting{options.threshold, options, log};
  // Handlers of 15 ms one after the other: it is stopped in one of them, or just between two.
  const handler work = handler_of(fault::sleep, setting.threshold * 3 / 4, log);
  ::dprintf(child_end, "runs\n");
  run_loop(shape::one_thread, setting, work, 30);
  std::exit(0);
}

}  // namespace regatta::corpus
