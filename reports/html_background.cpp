// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <numeric>

#include "reports/figures.hpp"
#include "reports/html_assets.hpp"
#include "reports/html_page.hpp"
#include "reports/html_parts.hpp"

namespace regatta {
namespace {

using fact_list = std::vector<std::pair<std::string, markup>>;

template <class T>
void add(fact_list& list, const char* name, const std::optional<T>& value, auto show) {
  list.emplace_back(name, value ? markup(show(*value)) : markup("unknown"));
}

std::string time_of(fractional_ns time) { return show_seconds(time.count() * 1e-9); }

std::string copy_rate(double gb_per_second) { return show_ratio(gb_per_second) + " GB/s"; }

std::string wake_words(const wake_cost& wake) {
  return time_of(wake.latency) + " (the waker pays " + time_of(wake.sender) + ")";
}

markup machine_card_facts(const machine_card& card) {
  fact_list list;
  add(list, "Clock read", card.clock_read, time_of);
  add(list, "System call", card.system_call, time_of);
  add(list, "Cache line to another CPU and back", card.line_round_trip, time_of);
  add(list, "Wake on the same CPU", card.wake_same_cpu, wake_words);
  add(list, "Wake on another CPU", card.wake_other_cpu, wake_words);
  add(list, "Fork and wait", card.fork_and_wait, time_of);
  add(list, "Page fault", card.page_fault, time_of);
  add(list, "Copy of 64 KiB", card.copy_64_kib_gb_s, copy_rate);
  add(list, "Copy of 64 MiB", card.copy_64_mib_gb_s, copy_rate);
  add(list, "Two woken threads end on one CPU", card.packed_fraction,
      [](double share) { return fmt::format("in {:.0f} % of tries", 100 * share); });
  add(list, "Gain of two threads, free", card.unpinned_gain, show_ratio);
  add(list, "Gain of two threads, pinned", card.pinned_gain, show_ratio);
  return facts(list);
}

fact_list environment_facts(const run_result& run) {
  const environment& where = run.where;
  const auto bytes = [](std::uint64_t value) { return show_bytes(static_cast<double>(value)); };
  const auto share = [](double value) { return fmt::format("{:.1f} %", 100 * value); };
  const auto text = [](const std::string& value) { return value; };
  fact_list list{{"Started", where.started_at},
                 {"Host", where.hostname},
                 {"CPU", where.cpu_model},
                 {"CPUs usable", fmt::format("{} of {}", where.cpus.usable, where.cpus.visible)},
                 {"Kernel", "Linux " + where.kernel}};
  list.emplace_back(
      "CPU quota",
      where.cpus.quota_cpus
          ? fmt::format("{} CPUs ({})", show_ratio(*where.cpus.quota_cpus), where.cpus.quota_source)
          : std::string("none"));
  add(list, "Memory", where.memory_total_bytes, bytes);
  add(list, "Memory available", where.memory_available_bytes, bytes);
  add(list, "Load average before", where.load_average, [](const std::array<double, 3>& load) {
    return fmt::format("{:.2f}, {:.2f}, {:.2f}", load[0], load[1], load[2]);
  });
  add(list, "Stolen during the run", run.stolen, share);
  add(list, "Throttled during the run", run.throttled, [](const throttling& value) {
    if (value.periods == 0) return std::string("no quota");
    return fmt::format("{} of {} periods", show_whole(value.throttled_periods),
                       show_whole(value.periods));
  });
  add(list, "Virtual machine", where.virtual_machine, [](bool yes) { return yes ? "yes" : "no"; });
  add(list, "Frequency governor", where.scaling_governor, text);
  add(list, "Clock source", where.clocksource, text);
  add(list, "Address randomisation", where.address_randomisation,
      [](int level) { return std::to_string(level); });
  add(list, "Database", where.database, text);
  list.emplace_back("Compiler", where.build.compiler + ", " + where.build.type);
  list.emplace_back("Revision", where.build.revision);
  if (where.build.sanitizer != "none") list.emplace_back("Sanitizer", where.build.sanitizer);
  return list;
}

// 0 stands for what was never run or timed.
std::string time_or_dash(double seconds) { return seconds > 0 ? show_seconds(seconds) : "–"; }

std::string saved(const race_receipt& race) {
  if (race.fixed_seconds <= 0 || race.seconds >= race.fixed_seconds) return "–";
  return fmt::format("{:.0f} %", 100 * (1 - race.seconds / race.fixed_seconds));
}

markup receipt(const run_result& run) {
  std::vector<std::vector<markup>> lines;
  for (std::size_t i = 0; i < run.workloads.size(); ++i) {
    const workload_result& measured = run.workloads[i];
    std::vector<markup> line{html_title(run, i), show_whole(measured.blocks),
                             time_or_dash(measured.window)};
    if (const auto& race = measured.race) {
      for (const auto& text :
           {show_whole(race->epochs), time_or_dash(race->seconds), show_whole(race->fixed_epochs),
            time_or_dash(race->fixed_seconds), saved(*race), race->ended}) {
        line.emplace_back(text);
      }
    } else {
      const auto epochs = std::accumulate(
          measured.cells.begin(), measured.cells.end(), std::size_t{0},
          [](std::size_t sum, const cell_result& cell) { return sum + cell.epochs.size(); });
      for (const auto& text :
           {show_whole(epochs), time_or_dash(measured.seconds), std::string("–"), std::string("–"),
            std::string("–"), measured.not_run ? "not run: " + *measured.not_run : ""}) {
        line.emplace_back(text);
      }
    }
    lines.push_back(std::move(line));
  }
  return table("What the verdicts cost",
               {{"Workload"},
                {"Blocks"},
                {"Epoch"},
                {"Epochs"},
                {"Took"},
                {"Epochs, same for all"},
                {"Would take"},
                {"Saved"},
                {"How it ended", false}},
               lines);
}

std::vector<std::string> constraint_words(const constraints& required) {
  std::vector<std::string> words;
  if (required.slo_p99) words.push_back("p99 of at most " + show_seconds(*required.slo_p99));
  if (required.max_memory) {
    words.push_back("memory of at most " + show_bytes(static_cast<double>(*required.max_memory)));
  }
  if (required.isolate) words.emplace_back("a crash takes no other item along");
  if (required.sync_libraries) words.emplace_back("items may call code that blocks");
  return words;
}

}  // namespace

markup html_findings(const run_result& run) {
  std::vector<std::string> findings = run.warnings;
  for (std::size_t i = 0; i < run.workloads.size(); ++i) {
    for (const cell_result& cell : run.workloads[i].cells) {
      const std::string where = html_title(run, i) + ", " + cell.choice.label + ": ";
      if (!cell.ok()) {
        const std::string why = cell.reason.empty() ? "" : ": " + cell.reason;
        findings.push_back(where + std::string(to_string(cell.ended)) + why);
      } else if (cell.failures > 0) {
        findings.push_back(fmt::format("{}{} of {} items failed, the first with: {}", where,
                                       show_whole(cell.failures),
                                       show_whole(cell.failures + cell.items), cell.first_failure));
      }
      if (cell.ok() && cell.findings) {
        for (const finding& each : *cell.findings) findings.push_back(where + each.sentence);
      }
      if (cell.facts.workers_lost > 0) {
        findings.push_back(fmt::format("{}{} workers died and were replaced", where,
                                       show_whole(cell.facts.workers_lost)));
      }
    }
  }
  return page_section("findings", "Findings",
                      findings.empty()
                          ? element("p", {},
                                    "None: every approach answered right, and the run had no "
                                    "warnings.")
                          : element("ul", {}, list_items(findings)));
}

markup html_machine(const run_result& run) {
  return page_section(
      "machine", "Machine",
      facts(environment_facts(run)) + element("h3", {}, "Machine card") +
          (run.card ? element("p", {{"class", "lead"}},
                              "What primitive operations cost here: the floor under "
                              "every approach.") +
                          machine_card_facts(*run.card)
                    : element("p", {}, "Not measured in this run.")));
}

markup html_method(const run_result& run) {
  const run_plan& plan = run.plan;
  const std::vector<std::string> required = constraint_words(plan.required);
  fact_list list{
      {"Suite", plan.suite.empty() ? "none" : plan.suite},
      {"Budget", show_seconds(static_cast<double>(plan.budget.count()) * 1e-3)},
      {"Took", time_or_dash(run.seconds)},
      {"Confidence", show_percent(plan.confidence + 1e-9) + " %"},
      {"δ", show_percent(plan.practical_difference + 1e-9) + " %"},
      {"Constraints", required.empty() ? "none" : fmt::format("{}", fmt::join(required, "; "))},
      {"Elimination", plan.race ? "losers leave the race early" : "off: all ran in every block"},
      {"Seed", std::to_string(plan.seed)}};
  for (const auto& [name, value] : plan.service_settings) list.emplace_back(name, value);
  return page_section(
      "method", "Method and cost",
      element("p", {},
              "Each approach runs in a process of its own. Short epochs of all rivals alternate in "
              "randomised blocks, on the same items, so that a neighbour's noise hits all alike. "
              "Every answer is checked; a wrong one has no time.") +
          element("p", {},
                  "Rivals are compared by the ratio of their figures within a block. The interval "
                  "of the median ratio inverts a sign test that may be looked at after every block "
                  "(an e-process): it assumes nothing of the noise's distribution, and stopping "
                  "early does not make it wrong. Who is shown to be behind by more than δ is out; "
                  "the others tie.") +
          facts(list) + element("h3", {}, "What the verdicts cost") + receipt(run));
}

markup html_raw_data(const page_data& data) {
  const std::string precision =
      data.digits >= 17 ? "exactly as they are in the file"
                        : fmt::format(
                              "rounded, the figure that decides to 6 digits and the others "
                              "to {}, because there are so many; the file has them all",
                              data.digits);
  return page_section(
      "data", "Raw data",
      element("p", {},
              fmt::format("This page carries the report it was made of, with every epoch, {}.",
                          precision)) +
          markup::raw("<p class=\"needs-script\"><button type=\"button\" id=\"save-json\">Save as "
                      "JSON</button> <button type=\"button\" id=\"save-csv\">Save epochs as "
                      "CSV</button></p>") +
          element("details", {{"class", "licence"}},
                  element("summary", {}, "Licence of the chart library") +
                      element("pre", {}, chart_library_terms())) +
          element("script", {{"type", "text/plain"}, {"id", "report"}}, data.base64));
}

}  // namespace regatta
