// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "harness/doctor/checks.hpp"

// What takes time or memory away while we measure: neighbours, quotas, pressure.

namespace regatta::doctor {
namespace {

constexpr double mib = 1024.0 * 1024;

std::string percent(double share) {
  return fmt::format("{:.{}f} %", 100 * share, share < 0.1 ? 1 : 0);
}

std::string size(std::uint64_t bytes) {
  const double in_mib = static_cast<double>(bytes) / mib;
  return in_mib < 1024 ? fmt::format("{:.0f} MiB", in_mib)
                       : fmt::format("{:.1f} GiB", in_mib / 1024);
}

}  // namespace

doctor_check check_load(const examined& found) {
  doctor_check check{"load of others", check_status::unknown, "", ""};
  const auto& load = found.where.load_average;
  const std::string average =
      load ? fmt::format("load average {:.2f} over a minute", (*load)[0]) : "no load average";
  if (!found.quiet.busy_cpus) {
    check.seen = average + ", and /proc/stat is not to be read";
    return check;
  }
  const double busy = *found.quiet.busy_cpus;
  const auto cpus = static_cast<double>(std::max(1U, found.where.cpus.visible));
  check.seen = fmt::format("{:.2f} of {} CPUs busy while this only watched for {:.1f} s", busy,
                           found.where.cpus.visible, found.quiet.seconds);
  if (!found.quiet.busiest.empty()) {
    std::vector<std::string> names;
    for (const busy_process& each : found.quiet.busiest) {
      names.push_back(fmt::format("{} {:.2f}", each.name, each.cpus));
    }
    check.seen += fmt::format(" ({})", fmt::join(names, ", "));
  }
  if (found.quiet.runnable) {
    check.seen += fmt::format("; {:.1f} tasks wanted to run", *found.quiet.runnable);
  }
  check.seen += "; " + average;
  // A twentieth of the machine is what daemons take; with a quarter gone, work on all CPUs shares
  // one of them for much of the time.
  check.status = busy > 0.25 * cpus   ? check_status::problem
                 : busy > 0.05 * cpus ? check_status::advice
                                      : check_status::ok;
  if (check.status == check_status::ok) return check;
  check.remedy =
      found.quiet.busiest.empty()
          ? "end what else runs, or wait for it: ps -eo pid,pcpu,args --sort=-pcpu | head"
          : fmt::format(
                "end {} (pid {}) or wait for it; ps -eo pid,pcpu,args "
                "--sort=-pcpu | head shows the rest",
                found.quiet.busiest.front().name, found.quiet.busiest.front().pid);
  return check;
}

doctor_check check_steal(const examined& found) {
  doctor_check check{"steal", check_status::unknown, "/proc/stat is not to be read", ""};
  if (!found.where.stolen && !found.stolen_meanwhile) return check;
  const double now = found.stolen_meanwhile.value_or(*found.where.stolen);
  check.seen = found.stolen_meanwhile
                   ? fmt::format("{} of the busy time while identical work ran", percent(now))
                   : "not measured";
  if (found.where.stolen) {
    check.seen += fmt::format("{}{} since boot", found.stolen_meanwhile ? ", " : ": ",
                              percent(*found.where.stolen));
  }
  check.status = now > 0.05   ? check_status::problem
                 : now > 0.01 ? check_status::advice
                              : check_status::ok;
  if (check.status != check_status::ok) {
    check.remedy =
        "the hypervisor gives this machine's CPUs to others: use a dedicated host or an instance "
        "type without shared CPUs, or measure when the neighbours are quiet";
  }
  return check;
}

doctor_check check_quota(const examined& found) {
  const cpu_limits& cpus = found.where.cpus;
  doctor_check check{"CPU quota", check_status::ok, "none", ""};
  if (cpus.quota_cpus) {
    check.seen = fmt::format("{:.2f} CPUs ({})", *cpus.quota_cpus, cpus.quota_source);
  }
  const auto& now = found.throttled_meanwhile;
  const auto& before = found.where.throttled;
  if (now && now->throttled_periods > 0) {
    check.status = check_status::problem;
    check.seen += fmt::format("; throttled in {} of {} periods while identical work ran",
                              now->throttled_periods, now->periods);
    check.remedy = fmt::format(
        "give the container more CPU (docker run --cpus={}), or measure outside of it: a throttled "
        "process stands still for the rest of each period",
        cpus.usable + 1);
  } else if (before && before->throttled_periods > 0) {
    check.status = check_status::advice;
    check.seen += fmt::format("; throttled in {} of {} periods so far", before->throttled_periods,
                              before->periods);
    check.remedy = "raise the quota, or let nothing else run in this container while measuring";
  }
  return check;
}

doctor_check check_pressure(const examined& found) {
  doctor_check check{"pressure", check_status::unknown, "this kernel does not tell it", ""};
  const machine_facts& facts = found.facts;
  if (!facts.cpu_pressure && !facts.memory_pressure && !facts.io_pressure) {
    check.remedy = "boot with psi=1 to have /proc/pressure";
    return check;
  }
  const auto text = [](const char* name, const std::optional<double>& share) {
    return share ? fmt::format("{} {}", name, percent(*share)) : fmt::format("{} unknown", name);
  };
  check.seen = fmt::format("some task waited for {}, {}, {} of the last 10 s",
                           text("CPU", facts.cpu_pressure), text("memory", facts.memory_pressure),
                           text("I/O", facts.io_pressure));
  const double memory = facts.memory_pressure.value_or(0);
  const double others = std::max(facts.cpu_pressure.value_or(0), facts.io_pressure.value_or(0));
  check.status = memory > 0.1                    ? check_status::problem
                 : memory > 0.01 || others > 0.1 ? check_status::advice
                                                 : check_status::ok;
  if (memory > 0.01) {
    check.remedy = "free memory: reclaim stops threads at random";
  } else if (check.status == check_status::advice) {
    check.remedy = "wait until it is quieter: watch cat /proc/pressure/cpu /proc/pressure/io";
  }
  return check;
}

doctor_check check_memory(const examined& found) {
  doctor_check check{"memory", check_status::unknown, "/proc/meminfo is not to be read", ""};
  const auto& available = found.where.memory_available_bytes;
  if (!available) return check;
  check.seen = size(*available) + " available";
  if (found.where.memory_total_bytes) {
    check.seen += " of " + size(*found.where.memory_total_bytes);
  }
  const double in_mib = static_cast<double>(*available) / mib;
  check.status = in_mib < 256    ? check_status::problem
                 : in_mib < 1024 ? check_status::advice
                                 : check_status::ok;
  if (check.status != check_status::ok) {
    check.remedy =
        "end what holds it (ps -eo pid,rss,args --sort=-rss | head), or use --scale "
        "quick: datasets go up to 256 MiB for each backend";
  }
  return check;
}

doctor_check check_swap(const examined& found) {
  doctor_check check{"swap", check_status::unknown, "/proc/meminfo is not to be read", ""};
  const machine_facts& facts = found.facts;
  if (!facts.swap_total_bytes || !facts.swap_used_bytes) return check;
  check.status = check_status::ok;
  check.seen = *facts.swap_total_bytes == 0
                   ? "none"
                   : fmt::format("{} of {} used", size(*facts.swap_used_bytes),
                                 size(*facts.swap_total_bytes));
  const std::uint64_t moved = found.quiet.pages_swapped.value_or(0);
  if (moved > 0) {
    check.status = check_status::problem;
    check.seen += fmt::format(", {} pages swapped while this watched", moved);
    check.remedy = "free memory, then sudo swapoff -a && sudo swapon -a";
  } else if (*facts.swap_used_bytes > 64 * 1024 * 1024) {
    check.status = check_status::advice;
    check.remedy = "first touches may read from the disk; sudo swapoff -a while measuring";
  }
  return check;
}

}  // namespace regatta::doctor
