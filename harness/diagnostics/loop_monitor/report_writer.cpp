// SPDX-License-Identifier: Apache-2.0
#include "harness/diagnostics/loop_monitor/report_writer.hpp"

#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <utility>

#include "harness/diagnostics/debug_options.hpp"
#include "harness/diagnostics/stderr_text.hpp"

namespace regatta::internal {

bool report_writer::admit(std::chrono::nanoseconds now) {
  if (options_.most_reports_a_second == 0) return true;
  if (now - second_ >= std::chrono::seconds(1)) {
    second_ = now;
    admitted_in_second_ = 0;
  }
  if (admitted_in_second_ < options_.most_reports_a_second) {
    ++admitted_in_second_;
    return true;
  }
  left_out_.fetch_add(1, std::memory_order_relaxed);
  return false;
}

bool report_writer::tell(block_report& report) {
  const debug_options& debug = debug_options_from_environment();
  if (!options_.on_report && report.phase == block_phase::began) {
    const std::string place = report.blocker.function + to_string(report.blocker.place);
    if (!places_.admit(place, std::chrono::steady_clock::now())) {
      left_out_.fetch_add(1, std::memory_order_relaxed);
      return false;
    }
  }
  const std::uint64_t left_out = this->left_out();
  report.left_out = left_out - std::exchange(left_out_before_, left_out);
  try {
    if (options_.on_report) {
      options_.on_report(report);
    } else {
      write_to_stderr(options_.json || debug.json ? format_block_report_json(report) + "\n"
                                                  : format_block_report(report));
    }
  } catch (...) {
    write_to_stderr("regatta: the report handler of a loop_monitor threw\n");
  }
  if (debug.fatal) std::abort();
  return true;
}

}  // namespace regatta::internal
