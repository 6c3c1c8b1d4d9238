// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/diagnostics/loop_monitor/corpus/run_case.hpp"

#include <boost/asio/io_context.hpp>

#include "harness/diagnostics/loop_monitor/loop_monitor_asio.hpp"
#include "tests/harness/diagnostics/loop_monitor/corpus/thread_time.hpp"

namespace regatta::corpus {

case_result run_case(const test_case& one, std::chrono::nanoseconds threshold) {
  truth_log log;
  monitor_options options;
  options.name = one.name;
  options.threshold = threshold;
  options.most_reports_a_second = 0;  // all of them
  options.on_report = [&log](const block_report& report) {
    const steady_time now = std::chrono::steady_clock::now();
    log.record({report, now, time_without_cpu(report.thread), monitor_time_without_cpu()});
  };
  one.run({threshold, options, log});
  return {one.name, one.stretches, threshold, log.episodes(), log.arrivals(), log.monitor_waited()};
}

void keep_monitor_warm(std::chrono::nanoseconds threshold) {
  static boost::asio::io_context nobody_runs_it;
  nobody_runs_it.stop();  // or the monitor looks for threads that run it
  monitor_options options;
  options.on_report = [](const block_report&) {};
  static const loop_monitor keeper(nobody_runs_it, options);
  const auto run = [](const scene& setting) {
    run_loop(shape::one_thread, setting, handler_of(fault::sleep, setting.stall(), setting.log), 1);
  };
  run_case({"warm-up", 1, run}, threshold);
}

}  // namespace regatta::corpus
