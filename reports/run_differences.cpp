// SPDX-License-Identifier: Apache-2.0
#include "reports/run_differences.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "reports/figures.hpp"
#include "reports/report_fields.hpp"

namespace regatta {
namespace {

constexpr const char* unknown = "unknown";

template <class T>
std::string text(const std::optional<T>& value) {
  return value ? fmt::format("{}", *value) : unknown;
}
std::string text(const std::optional<std::string>& value) { return value.value_or(unknown); }
std::string yes_or_no(bool value) { return value ? "yes" : "no"; }

template <class Map>
std::string pairs(const Map& map) {
  std::vector<std::string> texts;
  for (const auto& [key, value] : map) texts.push_back(fmt::format("{}={}", key, value));
  return texts.empty() ? "none" : fmt::format("{}", fmt::join(texts, ", "));
}

bool all_equal(const std::vector<std::string>& values) {
  return std::adjacent_find(values.begin(), values.end(), std::not_equal_to<>()) == values.end();
}

// Collects what is not the same in all runs.
class difference_list {
 public:
  explicit difference_list(std::span<const named_run> runs) : runs_(runs) {}

  template <class Value>
  void of(const char* what, bool loud, Value value) {
    std::vector<std::string> values;
    for (const named_run& each : runs_) values.push_back(value(*each.run));
    if (!all_equal(values)) found_.push_back({what, std::move(values), loud});
  }

  /// A figure that is never twice the same: `apart` decides on the smallest and the largest.
  template <class Value, class Show, class Apart>
  void of_figure(const char* what, Value value, Show show, Apart apart) {
    std::vector<std::string> values;
    std::vector<double> known;
    for (const named_run& each : runs_) {
      const std::optional<double> figure = value(*each.run);
      values.push_back(figure ? show(*figure) : unknown);
      if (figure) known.push_back(*figure);
    }
    if (known.size() < 2) return;
    const auto [least, most] = std::minmax_element(known.begin(), known.end());
    if (apart(*least, *most)) found_.push_back({what, std::move(values), true});
  }

  std::vector<run_difference> take() { return std::move(found_); }

 private:
  std::span<const named_run> runs_;
  std::vector<run_difference> found_;
};

void add_machine(difference_list& list) {
  list.of("host", false, [](const run_result& run) { return run.where.hostname; });
  list.of("CPU model", true, [](const run_result& run) { return run.where.cpu_model; });
  list.of("usable CPUs", true,
          [](const run_result& run) { return std::to_string(run.where.cpus.usable); });
  list.of("online CPUs", true,
          [](const run_result& run) { return std::to_string(run.where.cpus.visible); });
  list.of("CPU quota", true, [](const run_result& run) {
    return run.where.cpus.quota_cpus ? fmt::format("{} CPUs", *run.where.cpus.quota_cpus) : "none";
  });
  list.of("virtual machine", true, [](const run_result& run) {
    return run.where.virtual_machine ? yes_or_no(*run.where.virtual_machine) : unknown;
  });
  list.of("memory", false, [](const run_result& run) {
    const auto& bytes = run.where.memory_total_bytes;
    return bytes ? show_bytes(static_cast<double>(*bytes)) : unknown;
  });
  list.of("kernel", true, [](const run_result& run) { return run.where.kernel; });
  list.of("scaling governor", true,
          [](const run_result& run) { return text(run.where.scaling_governor); });
  list.of("clock source", true, [](const run_result& run) { return text(run.where.clocksource); });
  list.of("address randomisation", false,
          [](const run_result& run) { return text(run.where.address_randomisation); });
}

void add_build(difference_list& list) {
  list.of("git revision", true, [](const run_result& run) { return run.where.build.revision; });
  list.of("compiler", true, [](const run_result& run) { return run.where.build.compiler; });
  list.of("build type", true, [](const run_result& run) { return run.where.build.type; });
  list.of("optimised", true,
          [](const run_result& run) { return yes_or_no(run.where.build.optimized); });
  list.of("sanitizer", true, [](const run_result& run) { return run.where.build.sanitizer; });
}

void add_moment(difference_list& list) {
  list.of("started", false, [](const run_result& run) { return run.where.started_at; });
  const auto percent = [](double share) { return fmt::format("{:.1f} %", 100 * share); };
  list.of_figure(
      "stolen by the hypervisor", [](const run_result& run) { return run.stolen; }, percent,
      [](double least, double most) { return most - least > 0.02; });
  list.of_figure(
      "load before, a usable CPU",
      [](const run_result& run) -> std::optional<double> {
        if (!run.where.load_average) return std::nullopt;
        return run.where.load_average->front() / std::max(1U, run.where.cpus.usable);
      },
      [](double load) { return fmt::format("{:.2f}", load); },
      [](double least, double most) { return most - least > 0.25; });
  list.of_figure(
      "throttled by the CPU quota",
      [](const run_result& run) -> std::optional<double> {
        if (!run.throttled || run.throttled->periods == 0) return std::nullopt;
        return static_cast<double>(run.throttled->throttled_periods) /
               static_cast<double>(run.throttled->periods);
      },
      percent, [](double least, double most) { return most - least > 0.02; });
}

// The machine card, so that "the same CPU model" is not taken for "as fast". A quarter is more than
// medians of two seconds vary by on a quiet machine.
void add_card(difference_list& list) {
  const auto add = [&](const char* what, auto value, auto show) {
    list.of_figure(
        what, [value](const run_result& run) { return run.card ? value(*run.card) : std::nullopt; },
        show, [](double least, double most) { return most > 1.25 * least; });
  };
  const auto add_time = [&](const char* what, std::optional<fractional_ns> machine_card::*member) {
    add(
        what,
        [member](const machine_card& card) -> std::optional<double> {
          const auto& time = card.*member;
          return time ? std::optional(time->count() * 1e-9) : std::nullopt;
        },
        [](double seconds) { return show_seconds(seconds); });
  };
  const auto add_number = [&](const char* what, std::optional<double> machine_card::*member,
                              const char* unit) {
    add(
        what, [member](const machine_card& card) { return card.*member; },
        [unit](double value) { return fmt::format("{:.1f}{}", value, unit); });
  };
  add_time("system call", &machine_card::system_call);
  add_time("cache line round trip", &machine_card::line_round_trip);
  add_time("fork and wait", &machine_card::fork_and_wait);
  add_time("page fault", &machine_card::page_fault);
  add(
      "waking another CPU",
      [](const machine_card& card) -> std::optional<double> {
        const auto& wake = card.wake_other_cpu;
        return wake ? std::optional(wake->latency.count() * 1e-9) : std::nullopt;
      },
      [](double seconds) { return show_seconds(seconds); });
  add_number("copying 64 KiB", &machine_card::copy_64_kib_gb_s, " GB/s");
  add_number("copying 64 MiB", &machine_card::copy_64_mib_gb_s, " GB/s");
  add_number("gain of two pinned threads", &machine_card::pinned_gain, "");
}

std::string text_of(const constraints& required) {
  std::vector<std::string> texts;
  if (required.slo_p99) texts.push_back("p99 within " + show_seconds(*required.slo_p99));
  if (required.max_memory) {
    texts.push_back("memory within " + show_bytes(static_cast<double>(*required.max_memory)));
  }
  if (required.isolate) texts.emplace_back("isolation");
  if (required.sync_libraries) texts.emplace_back("libraries that block");
  return texts.empty() ? "none" : fmt::format("{}", fmt::join(texts, ", "));
}

template <class Enum>
std::string name(Enum value) {
  return json_fields::write(value).template get<std::string>();
}

void add_method(difference_list& list) {
  const auto seconds = [](auto time) { return show_seconds(json_fields::to_seconds(time)); };
  list.of("objective", true, [](const run_result& run) { return name(run.plan.by); });
  list.of("interpreter lock", true, [](const run_result& run) { return name(run.plan.lock); });
  list.of("constraints", true, [](const run_result& run) { return text_of(run.plan.required); });
  list.of("practical difference", true,
          [](const run_result& run) { return fmt::format("{}", run.plan.practical_difference); });
  list.of("confidence", false,
          [](const run_result& run) { return fmt::format("{}", run.plan.confidence); });
  list.of("suite", false, [](const run_result& run) { return run.plan.suite; });
  list.of("losers dropped", false, [](const run_result& run) { return yes_or_no(run.plan.race); });
  list.of("event loops watched", false,
          [](const run_result& run) { return yes_or_no(run.plan.blocked_over.has_value()); });
  list.of("budget", false, [&](const run_result& run) { return seconds(run.plan.budget); });
  list.of("seed", false, [](const run_result& run) { return std::to_string(run.plan.seed); });
  list.of("complete", false, [](const run_result& run) { return yes_or_no(run.complete()); });
}

bool needs(const workload_result& one, const std::string& service) {
  const auto& all = one.info.needs;
  return std::find(all.begin(), all.end(), service) != all.end();
}

// Of "llm.ttft" = "200ms", what is meant for services that the workload needs.
std::map<std::string, std::string> settings_for(const workload_result& one,
                                                const std::map<std::string, std::string>& all) {
  std::map<std::string, std::string> mine;
  for (const auto& [key, value] : all) {
    const std::string service = key.substr(0, key.find('.'));
    if (needs(one, service)) mine[key] = value;
  }
  return mine;
}

}  // namespace

std::vector<run_difference> differences_of_runs(std::span<const named_run> runs) {
  difference_list list(runs);
  add_machine(list);
  add_build(list);
  add_moment(list);
  add_card(list);
  add_method(list);
  return list.take();
}

std::vector<run_difference> differences_of_workload(
    std::span<const named_run> runs, std::span<const workload_result* const> measured) {
  std::vector<run_difference> found;
  const auto of = [&](const char* what, bool loud, auto value) {
    std::vector<std::string> values;
    std::optional<std::string> first;
    bool same = true;
    for (std::size_t i = 0; i < runs.size(); ++i) {
      const bool there = measured[i] != nullptr && !measured[i]->not_run;
      values.push_back(there ? value(*measured[i], *runs[i].run) : "–");
      if (!there) continue;
      same = same && values.back() == first.value_or(values.back());
      first = values.back();
    }
    if (!same) found.push_back({what, std::move(values), loud});
  };
  of("load", true, [](const auto& one, const auto&) { return load_of(one); });
  of("scale", true, [](const auto& one, const auto&) { return name(one.plan.options.scale); });
  of("input", true, [](const auto& one, const auto&) {
    return one.plan.options.input ? one.plan.options.input->string() : "its own";
  });
  of("parameters", true, [](const auto& one, const auto&) { return pairs(parameters_of(one)); });
  of("dataset", true, [](const auto& one, const auto&) {
    return fmt::format("{} items, {} bytes", show_whole(one.distinct_items),
                       show_whole(one.dataset_bytes));
  });
  of("service settings", true, [](const auto& one, const auto& run) {
    return pairs(settings_for(one, run.plan.service_settings));
  });
  of("endpoints", true, [](const auto& one, const auto& run) {
    return pairs(settings_for(one, run.plan.external_endpoints));
  });
  of("database", true, [](const auto& one, const auto& run) {
    return needs(one, "database") ? text(run.where.database) : "none";
  });
  of("model", true, [](const auto& one, const auto&) {
    return one.info.needs.empty() ? "" : one.plan.options.model;
  });
  return found;
}

std::string load_of(const workload_result& one) {
  return one.plan.rate ? fmt::format("open loop, {} arrivals/s, at most {} in flight",
                                     *one.plan.rate, show_whole(one.plan.in_flight))
                       : fmt::format("closed loop, {} in flight", show_whole(one.plan.in_flight));
}

}  // namespace regatta
