// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/diagnostics/loop_monitor/corpus/score.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "harness/diagnostics/symbols.hpp"

namespace regatta::corpus {
namespace {

using std::chrono::nanoseconds;
using milliseconds = std::chrono::duration<double, std::milli>;

double share(std::size_t part, std::size_t whole) {
  return whole == 0 ? 1 : static_cast<double>(part) / static_cast<double>(whole);
}

/// "stall_in_fsync" of "regatta::corpus::stall_in_fsync(std::chrono::…)".
std::string last_name(const std::string& function) {
  const std::string name = short_function_name(function);
  const auto colon = name.rfind("::");
  return colon == std::string::npos ? name : name.substr(colon + 2);
}

class scorer {
 public:
  explicit scorer(const case_result& result) : result_(result) {}

  score get() {
    total_.cases = 1;
    for (const episode& each : result_.episodes) {
      if (is_blocked(each)) ++total_.blocked;
    }
    if (total_.blocked != result_.stretches) {
      ++total_.not_staged;
      add(flaw::not_staged, fmt::format("{} handlers were blocked, the label says {}",
                                        total_.blocked, result_.stretches));
    }
    for (const arrival& each : result_.arrivals) take(each);
    total_.stretches = seen_.size();
    for (const episode& each : result_.episodes) {
      if (is_blocked(each) && !reported_.contains(&each)) {
        add(flaw::missed, fmt::format("{} blocked thread {} for {:.1f} ms", each.expected.function,
                                      each.thread, milliseconds(each.blocked()).count()));
      }
    }
    total_.found = reported_of_blocked_;
    return std::move(total_);
  }

 private:
  bool is_blocked(const episode& one) const {
    return one.blocked() >= result_.threshold + tolerance;
  }

  void add(flaw kind, std::string what) {
    total_.findings.push_back({kind, result_.name + ": " + std::move(what)});
  }

  // The last one that can be meant.
  const episode* handler_at(const arrival& one) const {
    const episode* found = nullptr;
    for (const episode& each : result_.episodes) {
      const auto end = each.end + tolerance + (one.monitor_waited - each.monitor_waited_before);
      if (each.thread == one.report.thread && each.begin <= one.when && one.when <= end) {
        if (found == nullptr || found->begin < each.begin) found = &each;
      }
    }
    return found;
  }

  // The first report of a stretch decides what it is about, the others tell the duration.
  void take(const arrival& one) {
    const auto [place, is_new] = seen_.try_emplace(one.report.stretch, nullptr);
    if (!is_new) {
      if (place->second != nullptr) check_numbers(*place->second, one.report);
      return;
    }
    const episode* const about = handler_at(one);
    // A handler in the tolerance may be reported: neither right nor wrong.
    if (about == nullptr || about->blocked() < result_.threshold) {
      ++total_.false_alarms;
      add(flaw::false_alarm, summary(one.report) + (about != nullptr ? ", which was not" : ""));
    } else if (!reported_.insert(about).second) {
      ++total_.false_alarms;
      add(flaw::false_alarm, "another stretch of one handler: " + summary(one.report));
    } else {
      place->second = about;
      check_numbers(*about, one.report);
      if (is_blocked(*about)) check_words(*about, one);
    }
  }

  void check_words(const episode& about, const arrival& one) {
    ++reported_of_blocked_;
    const nanoseconds without_cpu = std::max(nanoseconds{}, one.waited - about.waited_before);
    const nanoseconds late = one.when - about.begin - result_.threshold - without_cpu;
    total_.delays.push_back(milliseconds(late).count());
    const nanoseconds monitor_waited = one.monitor_waited - about.monitor_waited_before;
    total_.delays_on_cpu.push_back(milliseconds(late - monitor_waited).count());
    const std::string function = last_name(one.report.blocker.function);
    if (function == about.expected.function) {
      ++total_.right_function;
    } else {
      add(flaw::wrong_function,
          fmt::format("'{}' instead of {}; {}", function, about.expected.function, stack_of(one)));
    }
    if (one.report.cause == about.expected.cause) {
      ++total_.right_cause;
    } else {
      add(flaw::wrong_cause, fmt::format("{} instead of {}; {}", to_string(one.report.cause),
                                         to_string(about.expected.cause), shares_of(one.report)));
    }
  }

  void check_numbers(const episode& about, const block_report& report) {
    nanoseconds sum{};
    for (const block_share& each : report.shares) sum += each.time;
    if (std::chrono::abs(sum - report.duration) > report.duration / 100) {
      add(flaw::wrong_shares,
          fmt::format("{} of {:.2f} ms", shares_of(report), milliseconds(report.duration).count()));
    }
    if (report.phase != block_phase::ended) return;
    const nanoseconds truth = about.end - about.begin;
    if (std::chrono::abs(report.duration - truth) > tolerance + truth / 10) {
      add(flaw::wrong_duration,
          fmt::format("{:.1f} ms instead of {:.1f} ms", milliseconds(report.duration).count(),
                      milliseconds(truth).count()));
    }
  }

  static std::string shares_of(const block_report& report) {
    std::string text = "shares:";
    for (const block_share& each : report.shares) {
      text += fmt::format(" {} {:.2f} ms,", each.what, milliseconds(each.time).count());
    }
    return text;
  }

  static std::string stack_of(const arrival& one) {
    if (one.report.stack.empty()) return "no stack: " + one.report.stack_problem;
    std::string text = "stack:";
    for (std::size_t i = 0; i < std::min<std::size_t>(8, one.report.stack.size()); ++i) {
      text += " " + last_name(one.report.stack[i].function) + ",";
    }
    return text + fmt::format(" … {} frames", one.report.stack.size());
  }

  const case_result& result_;
  score total_;
  std::map<std::uint64_t, const episode*> seen_;  // stretches, and what they are about
  std::set<const episode*> reported_;
  std::size_t reported_of_blocked_ = 0;
};

}  // namespace

const char* to_string(flaw kind) {
  switch (kind) {
    case flaw::missed:
      return "missed";
    case flaw::false_alarm:
      return "false alarm";
    case flaw::wrong_function:
      return "wrong function";
    case flaw::wrong_cause:
      return "wrong cause";
    case flaw::wrong_duration:
      return "wrong duration";
    case flaw::wrong_shares:
      return "wrong shares";
    case flaw::not_staged:
      return "not staged";
  }
  return "";
}

void score::add(const score& other) {
  cases += other.cases;
  blocked += other.blocked;
  found += other.found;
  stretches += other.stretches;
  false_alarms += other.false_alarms;
  right_function += other.right_function;
  right_cause += other.right_cause;
  not_staged += other.not_staged;
  delays.insert(delays.end(), other.delays.begin(), other.delays.end());
  delays_on_cpu.insert(delays_on_cpu.end(), other.delays_on_cpu.begin(), other.delays_on_cpu.end());
  findings.insert(findings.end(), other.findings.begin(), other.findings.end());
}

double score::precision() const { return share(stretches - false_alarms, stretches); }
double score::recall() const { return share(found, blocked); }
double score::function_share() const { return share(right_function, found); }
double score::cause_share() const { return share(right_cause, found); }

score score_of(const case_result& result) { return scorer(result).get(); }

}  // namespace regatta::corpus
