// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <type_traits>
#include <vector>

#include "reports/report_fields.hpp"

namespace regatta::test {

/// Walks a list of fields like a reader, and makes the values up: every member that is stored gets
/// one, every optional is sometimes set, every text sometimes empty.
class field_inventor {
 public:
  static constexpr bool writes = false;
  explicit field_inventor(std::mt19937_64& random) : random_(random) {}

  template <class T>
  void operator()(const char*, T& value) {
    invent(value);
  }
  template <class T>
  void known_if(bool, const char*, T& value) {
    invent(value);
  }
  void text(const char*, std::string& value) { invent(value); }
  template <class Compute>
  void derived(const char*, Compute) {}
  template <class List>
  void group(const char*, List list) {
    list(*this);
  }

  std::uint64_t below(std::uint64_t limit) { return random_() % limit; }
  double fraction() { return std::uniform_real_distribution<double>(0.001, 0.999)(random_); }

 private:
  template <class T>
  void invent(T& value) {
    if constexpr (json_fields::is_optional<T>) {
      value.reset();
      if (below(2) == 0) invent(value.emplace());
    } else if constexpr (json_fields::is_duration<T>) {
      value = T(static_cast<typename T::rep>(fraction() * 1e9));
    } else if constexpr (std::is_enum_v<T>) {
      const auto names = enum_names(T{});
      value = names[below(names.size())].value;
    } else if constexpr (std::is_same_v<T, bool>) {
      value = below(2) == 0;
    } else if constexpr (std::is_same_v<T, interval>) {
      value.lower = fraction();
      value.upper = value.lower + fraction();
    } else if constexpr (std::is_same_v<T, std::map<std::string, std::string>>) {
      value = {{word(), word()}, {word(), word()}};
    } else if constexpr (std::is_same_v<T, std::map<std::string, double>>) {
      value = {{word(), fraction()}, {word(), 1}};
    } else if constexpr (std::is_same_v<T, std::array<double, 3>>) {
      value = {fraction(), fraction(), fraction()};
    } else if constexpr (std::is_integral_v<T>) {
      value = static_cast<T>(random_() >> (sizeof(T) == 8 ? below(50) + 2 : 33 + below(20)));
    } else if constexpr (std::is_floating_point_v<T>) {
      value = fraction() * std::pow(10, static_cast<double>(below(9)) - 6);
    } else if constexpr (std::is_same_v<T, std::filesystem::path>) {
      value = word();
    } else if constexpr (std::is_same_v<T, std::string>) {
      value = word();
    } else if constexpr (json_fields::has_fields<T>) {
      fields(*this, value);
    } else {
      value.resize(below(4));
      for (auto& each : value) invent(each);
    }
  }

  std::string word() {
    static const std::vector<std::string> words{
        "", "größer \"than\"", "a,b=c", "x\ty\n", "</script>", "–", "/~0/", "thread"};
    return words[below(words.size())];
  }

  std::mt19937_64& random_;
};

inline void mend(std::optional<ratio_estimate>& ratio) {
  if (ratio) {
    std::array<double, 3> sorted{ratio->lower, ratio->ratio, ratio->upper};
    std::sort(sorted.begin(), sorted.end());
    ratio->lower = sorted[0];
    ratio->ratio = sorted[1];
    ratio->upper = sorted[2];
    ratio->confidence = 0.95;
  }
}

inline void mend(cell_result& cell, std::size_t number) {
  cell.choice.label = "cell " + std::to_string(number);
  cell.info.complexity = static_cast<int>(number);
  if (cell.ended == outcome::ok) {
    cell.reason.clear();
    cell.startup = 0.25;  // else it could not have ended well
  }
  latency_summary& latency = cell.latency;
  double least = 0;
  for (auto* each : {&latency.p50, &latency.p90, &latency.p99, &latency.p999, &latency.max}) {
    if (*each) *each = least += **each;
  }
  for (std::size_t i = 0; i < cell.measures.size(); ++i) {
    measure& taken = cell.measures[i];
    taken.name += " " + std::to_string(i);
    double shortest = 0;
    for (auto* each : {&taken.p50, &taken.p90, &taken.p99}) {
      if (*each) *each = shortest += **each;
    }
    taken.max += shortest;
  }
}

inline void mend(recommendation& advice, const workload_result& one) {
  const std::vector<std::string> metrics{"throughput", "p99 latency", "median latency",
                                         "CPU per item", "memory"};
  advice.metric = metrics[advice.because.size()];
  advice.confidence = 0.9;
  advice.standings.resize(std::min(advice.standings.size(), one.cells.size()));
  const std::size_t chosen = std::min(advice.standings.size(), advice.unless.size());
  advice.choice.clear();
  for (std::size_t i = 0; i < advice.standings.size(); ++i) {
    advice.standings[i].label = one.cells[i].choice.label;
    mend(advice.standings[i].behind);
    if (i < chosen) advice.choice.push_back(advice.standings[i].label);
  }
  mend(advice.lead);
  advice.runner_up.reset();
  if (chosen < advice.standings.size()) advice.runner_up = advice.standings[chosen].label;
  if (!advice.runner_up) advice.lead.reset();
  advice.outcome = advice.choice.empty()       ? verdict::nothing
                   : advice.choice.size() == 1 ? verdict::winner
                   : advice.because.empty()    ? verdict::too_few
                                               : verdict::tie;
}

struct invented_report {
  run_result run;
  std::vector<recommendation> advice;
};

/// A report that keeps its schema and does not contradict itself, but is otherwise arbitrary.
inline invented_report invent_report(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  field_inventor file(random);
  invented_report made;
  fields(file, made.run);
  made.run.plan.confidence = file.fraction();
  if (made.run.card && made.run.card->packed_fraction) made.run.card->packed_fraction = 0.25;
  if (made.run.where.address_randomisation) made.run.where.address_randomisation = 2;
  for (std::uint64_t left = file.below(4); left > 0; --left) {
    workload_result& one = made.run.workloads.emplace_back();
    recommendation& advice = made.advice.emplace_back();
    fields(file, one, advice);
    one.plan.in_flight += 1;
    for (std::size_t i = 0; i < one.cells.size(); ++i) {
      mend(one.cells[i], i);
      if (!one.cells[i].beaten_by.empty()) one.cells[i].beaten_by = "cell 0";
    }
    mend(advice, one);
  }
  return made;
}

}  // namespace regatta::test
