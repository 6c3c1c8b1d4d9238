// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/environment.hpp"
#include "harness/machine_card.hpp"
#include "harness/statistics/sign_interval.hpp"
#include "reports/json_fields.hpp"

namespace regatta {

// How the machine, the moment and the build are stored (see json_fields.hpp).

template <class Fields>
void fields(Fields& file, stored<Fields, throttling>& value) {
  file("periods", value.periods);
  file("throttled_periods", value.throttled_periods);
  file("throttled_seconds", value.throttled_time);
}

template <class Fields>
void fields(Fields& file, stored<Fields, environment>& where) {
  file("started_at", where.started_at);
  file("hostname", where.hostname);
  file("kernel", where.kernel);
  file("cpu_model", where.cpu_model);
  file("visible_cpus", where.cpus.visible);
  file("usable_cpus", where.cpus.usable);
  file("affinity", where.cpus.affinity);
  file("quota_cpus", where.cpus.quota_cpus);
  file("quota_source", where.cpus.quota_source);
  file("throttled_before", where.throttled);
  file("steal_since_boot", where.stolen);
  file("load_average", where.load_average);
  file("memory_total_bytes", where.memory_total_bytes);
  file("memory_available_bytes", where.memory_available_bytes);
  file("virtual_machine", where.virtual_machine);
  file("scaling_governor", where.scaling_governor);
  file("clocksource", where.clocksource);
  file("address_randomisation", where.address_randomisation);
  file("database", where.database);
  file("compiler", where.build.compiler);
  file("build_type", where.build.type);
  file("git_revision", where.build.revision);
  file("sanitizer", where.build.sanitizer);
  file("optimized", where.build.optimized);
}

template <class Fields>
void fields(Fields& file, stored<Fields, wake_cost>& wake) {
  file("sender_seconds", wake.sender);
  file("latency_seconds", wake.latency);
}

template <class Fields>
void fields(Fields& file, stored<Fields, machine_card>& card) {
  file("clock_read_seconds", card.clock_read);
  file("system_call_seconds", card.system_call);
  file("cache_line_round_trip_seconds", card.line_round_trip);
  file("wake_same_cpu", card.wake_same_cpu);
  file("wake_other_cpu", card.wake_other_cpu);
  file("fork_and_wait_seconds", card.fork_and_wait);
  file("page_fault_seconds", card.page_fault);
  file("copy_64_kib_gb_per_second", card.copy_64_kib_gb_s);
  file("copy_64_mib_gb_per_second", card.copy_64_mib_gb_s);
  file("packed_fraction", card.packed_fraction);
  file("unpinned_gain", card.unpinned_gain);
  file("pinned_gain", card.pinned_gain);
  file("cpus", card.cpus);
  file("took_seconds", card.took);
}

template <class Fields>
void fields(Fields& file, stored<Fields, ratio_estimate>& ratio) {
  file("ratio", ratio.ratio);
  file("lower", ratio.lower);
  file("upper", ratio.upper);
  file("confidence", ratio.confidence);
  file("pairs", ratio.pairs);
  file("ties", ratio.ties);
}

}  // namespace regatta
