// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "harness/doctor/checks.hpp"

// The CPUs themselves: how fast they run, which of them share a core, and the clock.

namespace regatta::doctor {

doctor_check check_governor(const examined& found) {
  doctor_check check{"CPU governor", check_status::unknown, "no cpufreq here", ""};
  const auto& governors = found.facts.governors;
  if (governors.empty()) {
    if (found.where.virtual_machine.value_or(false)) {
      check.seen += ": in a virtual machine the host decides";
    }
    return check;
  }
  unsigned all = 0;
  for (const auto& [name, cpus] : governors) all += cpus;
  std::vector<std::string> parts;
  for (const auto& [name, cpus] : governors) {
    parts.push_back(fmt::format("{} on {} of {} CPUs", name, cpus, all));
  }
  check.seen = fmt::format("{}", fmt::join(parts, ", "));
  const bool steady = governors.size() == 1 && governors.begin()->first == "performance";
  check.status = steady ? check_status::ok : check_status::advice;
  if (!steady) {
    check.remedy =
        "echo performance | sudo tee /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor";
  }
  return check;
}

doctor_check check_turbo(const examined& found) {
  doctor_check check{"turbo", check_status::unknown, "this machine does not say", ""};
  if (!found.facts.turbo) return check;
  check.status = *found.facts.turbo ? check_status::advice : check_status::ok;
  check.seen = *found.facts.turbo
                   ? "on: one thread alone runs faster than the same thread beside others"
                   : "off";
  if (*found.facts.turbo) check.remedy = found.facts.turbo_off;
  return check;
}

doctor_check check_siblings(const examined& found) {
  doctor_check check{"SMT siblings", check_status::unknown, "the topology is not to be read", ""};
  const auto& cores = found.facts.cores;
  if (cores.empty()) return check;
  std::size_t cpus = 0;
  std::vector<int> first_of_each;
  for (const auto& core : cores) {
    cpus += core.size();
    first_of_each.push_back(core.front());
  }
  if (cpus == cores.size()) {
    check.status = check_status::ok;
    check.seen = fmt::format("each of the {} CPUs has a core of its own", cpus);
    // A virtual machine may be told anything: two of its CPUs can still be one core of the host.
    if (found.where.virtual_machine.value_or(false)) check.seen += ", as the hypervisor tells it";
    return check;
  }
  check.status = check_status::advice;
  check.seen = fmt::format("{} CPUs are {} cores: two workers on one core slow each other", cpus,
                           cores.size());
  check.remedy = fmt::format("taskset -c {} regatta run …", fmt::join(first_of_each, ","));
  return check;
}

doctor_check check_packing(const examined& found) {
  doctor_check check{"CPU packing", check_status::unknown, "not measured", ""};
  if (found.where.cpus.affinity.size() < 2) {
    check.seen = "only one CPU";
    return check;
  }
  if (!found.card || !found.card->pinned_gain || !found.card->packed_fraction) return check;
  const double pinned = *found.card->pinned_gain;
  check.seen = fmt::format(
      "two threads of 300 µs gain {:.1f} × pinned, {:.1f} × unpinned, {:.0f} % "
      "of these on one CPU",
      pinned, found.card->unpinned_gain.value_or(0), 100 * *found.card->packed_fraction);
  check.status = check_status::ok;
  if (pinned < 1.3) {
    check.status = check_status::advice;
    check.remedy =
        "a second CPU adds little here: it is a sibling of the first or busy with "
        "others; do not compare parallel approaches on this machine";
  } else if (*found.card->packed_fraction > 0.5) {
    check.status = check_status::advice;
    check.remedy =
        "the kernel wakes threads on the waker's CPU: pin workers one per CPU, as "
        "regatta's pools are";
  }
  return check;
}

doctor_check check_virtual_machine(const examined& found) {
  doctor_check check{"virtual machine", check_status::unknown, "this machine does not say", ""};
  if (!found.where.virtual_machine) return check;
  check.seen =
      *found.where.virtual_machine ? "yes: neighbours show in steal only, or not at all" : "no";
  check.status = *found.where.virtual_machine ? check_status::advice : check_status::ok;
  if (*found.where.virtual_machine) {
    check.remedy =
        "compare within one run only (regatta run, regatta gate), never with figures of "
        "another hour";
  }
  return check;
}

doctor_check check_clock(const examined& found) {
  using namespace std::chrono_literals;
  doctor_check check{"clock", check_status::ok, "", ""};
  check.seen = found.where.clocksource.value_or("unknown source");
  if (found.clock_step) check.seen += fmt::format(", steps of {} ns", found.clock_step->count());
  const auto read = found.card ? found.card->clock_read : std::nullopt;
  if (read) check.seen += fmt::format(", a read costs {:.0f} ns", read->count());
  // From user space within nanoseconds: tsc, arch_sys_counter (arm64) and what KVM and Hyper-V
  // offer. A slow one asks the kernel or a device, about a microsecond each time.
  const bool slow = (read && *read > 500ns) || (found.clock_step && *found.clock_step > 1us);
  if (!found.where.clocksource && !read && !found.clock_step) check.status = check_status::unknown;
  if (!slow) return check;
  check.status =
      found.clock_step && *found.clock_step > 100us ? check_status::problem : check_status::advice;
  const std::string others = found.facts.clocksources.value_or("");
  const bool has_tsc = others.find("tsc") != std::string::npos && found.where.clocksource != "tsc";
  check.remedy = has_tsc ? "echo tsc | sudo tee "
                           "/sys/devices/system/clocksource/clocksource0/current_clocksource"
                         : "every item costs two reads of it: race items of 1 ms and more only";
  return check;
}

}  // namespace regatta::doctor
