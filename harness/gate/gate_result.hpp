// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/environment.hpp"
#include "harness/statistics/sign_interval.hpp"

namespace regatta {

enum class gate_verdict {
  regressed,     ///< worse by more than the margin, and confirmed on fresh samples
  improved,      ///< better by more than the margin, and confirmed
  equivalent,    ///< shown to be within the margin
  inconclusive,  ///< none of these within the budget
  failed         ///< one side crashed, timed out or did not report it: no times
};

enum class gate_mode { block, warn, off };
enum class gate_direction { smaller, larger };  ///< which is better

/// What one comparison must keep to; from the gate file, or the defaults.
struct gate_rule {
  std::string pattern =
      "*";             ///< glob over names, or name:metric; the last rule that matches counts
  std::string metric;  ///< empty: the subject's own first metric
  std::optional<gate_direction> direction;  ///< nullopt: the metric's own
  double margin = 0.05;
  gate_mode mode = gate_mode::block;
  std::string
      mute_until;      ///< "2026-03-31": until the end of that day (UTC) it only warns; or empty
  std::string reason;  ///< why it is muted, off or has a margin of its own
};

/// One baseline and one candidate epoch that ran side by side.
struct gate_pair {
  unsigned launch = 0;  ///< processes with the same number were started for this pair
  bool candidate_first = false;
  double at = 0;                       ///< seconds since the gate began
  double baseline = 0, candidate = 0;  ///< in the comparison's unit
  std::optional<double> steal;         ///< share of the machine's busy time stolen meanwhile
};

/// A sequence of pairs, judged.
struct gate_evidence {
  std::vector<gate_pair> pairs;         ///< in run order
  std::optional<ratio_estimate> ratio;  ///< worse > 1: candidate/baseline where smaller is better
  double e_worse = 1, e_better = 1,
         e_equivalent = 1;  ///< largest e-values seen, against the margin
};

struct gate_comparison {
  std::string name;    ///< "BM_parse/64", "tokenize on thread", the command line
  std::string metric;  ///< "real_time", "cpu_time", "wall", "max_rss", "throughput", "p99" …
  std::string unit;    ///< "s", "bytes", "/s"
  gate_direction better = gate_direction::smaller;
  gate_rule rule;  ///< as it was applied
  gate_verdict verdict = gate_verdict::inconclusive;
  std::string reason;  ///< one sentence with the figures: why this verdict
  gate_evidence screening;
  std::optional<gate_evidence> confirmation;  ///< fresh processes and samples, for what may block
  std::optional<double> median_baseline, median_candidate;
  /// Smallest change for the worse, as a fraction, that would have been found with 80 % power in
  /// as many pairs as it was allowed, or as the budget left.
  std::optional<double> detectable;
  bool muted = false;  ///< today: regressed only warns
  /// Shown: not worse by more than the margin. Goes without saying but where it is inconclusive
  /// because nobody can tell equivalent from improved.
  bool not_worse = false;
};

struct gate_subject_info {
  std::string kind;    ///< "google-benchmark", "command" or "regatta"
  std::string what;    ///< path or command line
  std::string digest;  ///< of the executable file; equal digests are said to be the same file.
                       ///< Empty for a command with arguments, of which the file says little
};

struct gate_result {
  gate_subject_info baseline, candidate;
  std::vector<gate_comparison> comparisons;  ///< those the gate file turns off have no pairs
  /// Names that one side has and the other has not: not compared. A warning names them as well.
  std::vector<std::string> only_baseline, only_candidate;
  std::optional<gate_comparison> self_check;  ///< the hidden A/A pair: baseline against its copy
  /// Why no verdict of this run may be trusted, as a sentence; nullopt: the self-check is fine.
  std::optional<std::string> unfit;
  environment where;
  std::string started_at;
  double seconds = 0, budget = 0;
  double alpha = 0.05;  ///< two-sided, over the whole suite
  std::uint64_t seed = 1;
  bool interrupted = false;
  std::optional<double> stolen;  ///< during the run
  std::vector<std::string> warnings;

  /// Regressed, rule says block, not muted.
  bool blocks() const;
  bool has(gate_verdict verdict) const;
};

}  // namespace regatta
