// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <limits>

#include "harness/doctor/checks.hpp"

// What was set up, by the builder of regatta or the keeper of the machine.

namespace regatta::doctor {

doctor_check check_build(const examined& found) {
  const build_info& build = found.where.build;
  doctor_check check{"this build", check_status::ok, "", ""};
  const bool sanitized = build.sanitizer != "none";
  check.seen = fmt::format("{}, {}, {}", build.type, build.compiler,
                           sanitized ? build.sanitizer + " sanitizer" : "no sanitizer");
  if (!build.optimized || sanitized) {
    check.status = check_status::problem;
    if (!build.optimized) check.seen += ", not optimised";
    check.remedy = "cmake --preset release && cmake --build --preset release";
  }
  return check;
}

doctor_check check_layout(const examined& found) {
  doctor_check check{"address randomisation", check_status::unknown, "this machine does not say",
                     ""};
  const auto& setting = found.where.address_randomisation;
  if (!setting) return check;
  const bool fixed = found.facts.fixed_layout.value_or(false);
  check.seen = fmt::format("randomize_va_space is {}", *setting);
  if (fixed) check.seen += ", but this process was started without it";
  if (*setting == 2 && !fixed) {
    check.status = check_status::ok;
    return check;
  }
  // Stabilizer (Curtsinger and Berger, ASPLOS 2013): layout alone moves times by more than -O3.
  check.status = check_status::problem;
  check.remedy = fixed
                     ? "start it without setarch -R: with one fixed layout, its luck looks like a "
                       "difference between programs"
                     : "sudo sysctl kernel.randomize_va_space=2 (with one fixed layout, its luck "
                       "looks like a difference between programs)";
  return check;
}

doctor_check check_huge_pages(const examined& found) {
  doctor_check check{"transparent huge pages", check_status::unknown, "this kernel has none", ""};
  if (!found.facts.huge_pages) return check;
  check.seen = *found.facts.huge_pages;
  check.status = *found.facts.huge_pages == "always" ? check_status::advice : check_status::ok;
  if (check.status == check_status::advice) {
    check.seen += ": memory grows by 2 MiB, and which heap gets them is chance";
    check.remedy = "echo madvise | sudo tee /sys/kernel/mm/transparent_hugepage/enabled";
  }
  return check;
}

doctor_check check_profiling(const examined& found) {
  doctor_check check{"profiling", check_status::unknown, "no perf_event_paranoid here", ""};
  if (!found.facts.perf_event_paranoid) return check;
  const int level = *found.facts.perf_event_paranoid;
  check.seen = fmt::format("perf_event_paranoid is {}", level);
  if (found.privileged) check.seen += ", which does not bind root";
  check.status = found.privileged || level <= 1 ? check_status::ok : check_status::advice;
  if (check.status == check_status::advice) {
    check.remedy =
        "sudo sysctl kernel.perf_event_paranoid=1 (only to profile a service; measuring "
        "needs no such right)";
  }
  return check;
}

doctor_check check_open_files(const examined& found) {
  doctor_check check{"open files", check_status::unknown, "/proc/self/limits is not to be read",
                     ""};
  const auto& limit = found.facts.open_files;
  if (!limit) return check;
  const bool unlimited = *limit == std::numeric_limits<std::uint64_t>::max();
  check.seen = unlimited ? "no limit" : fmt::format("at most {}", *limit);
  // A connection for each item in flight, and a few descriptors for everything else.
  check.status = *limit < 4096 ? check_status::advice : check_status::ok;
  if (check.status == check_status::advice) {
    check.remedy = fmt::format("ulimit -Hn 65536 (as root), or keep to {} items in flight",
                               *limit > 164 ? (*limit - 64) / 100 * 100 : 50);
  }
  return check;
}

std::vector<doctor_check> judge(const examined& found) {
  std::vector<doctor_check> checks;
  for (const auto check :
       {check_build, check_load, check_steal, check_quota, check_pressure, check_memory, check_swap,
        check_governor, check_turbo, check_siblings, check_packing, check_virtual_machine,
        check_clock, check_layout, check_huge_pages, check_profiling, check_open_files}) {
    checks.push_back(check(found));
  }
  return checks;
}

}  // namespace regatta::doctor
