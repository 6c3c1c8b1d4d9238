// SPDX-License-Identifier: Apache-2.0
#include "harness/cell/cell_messages.hpp"

#include <nlohmann/json.hpp>
#include <utility>

namespace nlohmann {

template <class T>
struct adl_serializer<std::optional<T>> {
  static void to_json(json& out, const std::optional<T>& value) {
    if (value) {
      out = *value;
    } else {
      out = nullptr;
    }
  }
  static void from_json(const json& in, std::optional<T>& value) {
    value = in.is_null() ? std::nullopt : std::optional<T>(in.get<T>());
  }
};

template <>
struct adl_serializer<std::chrono::nanoseconds> {
  static void to_json(json& out, const std::chrono::nanoseconds& time) { out = time.count(); }
  static void from_json(const json& in, std::chrono::nanoseconds& time) {
    time = std::chrono::nanoseconds(in.get<std::int64_t>());
  }
};

}  // namespace nlohmann

namespace regatta {

using nlohmann::json;

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(backend_choice, backend, options, label)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(backend_facts, workers, capacity, pinned, bytes_serialised,
                                   bytes_copied, startup_bytes_copied, workers_lost, file_reads)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(interval, lower, upper)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(latency_summary, count, p50, p90, p99, p999, max, p50_interval,
                                   p99_interval)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(usage_per_item, user_seconds, system_seconds, voluntary_switches,
                                   involuntary_switches, minor_faults, major_faults)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(finding, kind, sentence, threshold, stretches, blocked, longest,
                                   items, looked_at, cause, function, place)

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(measure, name, count, sum, p50, p90, p99, max)

static void to_json(json& out, const workload_options& value) {
  out = {{"seed", value.seed},
         {"scale", static_cast<int>(value.scale)},
         {"input", value.input ? json(value.input->string()) : json(nullptr)},
         {"model", value.model},
         {"parameters", value.parameters}};
}
static void from_json(const json& in, workload_options& value) {
  value.seed = in.at("seed");
  value.scale = static_cast<dataset_scale>(in.at("scale").get<int>());
  if (!in.at("input").is_null()) value.input = in.at("input").get<std::string>();
  value.model = in.at("model");
  in.at("parameters").get_to(value.parameters);
}

static void to_json(json& out, const epoch_result& value) {
  out = {{"items", value.items},
         {"wrong", value.wrong},
         {"failures", value.failures},
         {"first_failure", value.first_failure},
         {"accounting_error", value.accounting_error},
         {"unserved", value.unserved},
         {"elapsed", value.elapsed.count()},
         {"throughput", value.throughput}};
}
static void from_json(const json& in, epoch_result& value) {
  value.items = in.at("items");
  value.wrong = in.at("wrong");
  value.failures = in.at("failures");
  value.first_failure = in.at("first_failure");
  value.accounting_error = in.at("accounting_error");
  value.unserved = in.at("unserved");
  value.elapsed = std::chrono::nanoseconds(in.at("elapsed").get<std::int64_t>());
  value.throughput = in.at("throughput");
}

void take_over(cell_result& result, cell_summary summary) {
  result.latency = summary.latency;
  result.usage = summary.usage;
  result.facts = std::move(summary.facts);
  result.findings = std::move(summary.findings);
  result.measures = std::move(summary.measures);
}

void to_json(json& out, const cell_introduction& value) {
  out = {
      {"protocol", value.protocol}, {"workloads", value.workloads}, {"backends", value.backends}};
}
void from_json(const json& in, cell_introduction& value) {
  in.at("protocol").get_to(value.protocol);
  if (value.protocol != cell_protocol) return;  // who knows what the rest means
  in.at("workloads").get_to(value.workloads);
  in.at("backends").get_to(value.backends);
}

void to_json(json& out, const epoch_plan& value) {
  out = {{"first_index", value.first_index},
         {"in_flight", value.in_flight},
         {"ramp", value.ramp.count()},
         {"window", value.window.count()},
         {"stagger", value.stagger.count()},
         {"rate", value.rate},
         {"seed", value.seed},
         {"item_limit", value.item_limit}};
}
void from_json(const json& in, epoch_plan& value) {
  const auto time = [&](const char* name) {
    return std::chrono::nanoseconds(in.at(name).get<std::int64_t>());
  };
  value.first_index = in.at("first_index");
  value.in_flight = in.at("in_flight");
  value.ramp = time("ramp");
  value.window = time("window");
  value.stagger = time("stagger");
  value.rate = in.at("rate").get<std::optional<double>>();
  value.seed = in.at("seed");
  value.item_limit = in.at("item_limit").get<std::optional<std::uint64_t>>();
}

void to_json(json& out, const cell_start& value) {
  out = {{"workload", value.workload},
         {"options", value.options},
         {"choice", value.choice},
         {"in_flight", value.in_flight},
         {"endpoints", value.endpoints},
         {"api_key", value.api_key},
         {"max_answer_bytes", value.max_answer_bytes},
         {"key", value.key},
         {"with_answers", value.with_answers},
         {"blocked_over", value.blocked_over},
         {"lock", static_cast<int>(value.lock)}};
}
void from_json(const json& in, cell_start& value) {
  in.at("with_answers").get_to(value.with_answers);
  in.at("blocked_over").get_to(value.blocked_over);
  value.lock = static_cast<lock_model>(in.at("lock").get<int>());
  in.at("workload").get_to(value.workload);
  in.at("options").get_to(value.options);
  in.at("choice").get_to(value.choice);
  in.at("in_flight").get_to(value.in_flight);
  in.at("endpoints").get_to(value.endpoints);
  in.at("api_key").get_to(value.api_key);
  in.at("max_answer_bytes").get_to(value.max_answer_bytes);
  in.at("key").get_to(value.key);
}

void to_json(json& out, const reference_result& value) {
  out = {{"dataset_bytes", value.dataset_bytes},
         {"max_answer_bytes", value.max_answer_bytes},
         {"key", value.key}};
}
void from_json(const json& in, reference_result& value) {
  in.at("dataset_bytes").get_to(value.dataset_bytes);
  in.at("max_answer_bytes").get_to(value.max_answer_bytes);
  in.at("key").get_to(value.key);
}

void to_json(json& out, const cell_ready& value) {
  out = {{"startup", value.startup}, {"dataset_load", value.dataset_load}, {"facts", value.facts}};
}
void from_json(const json& in, cell_ready& value) {
  in.at("startup").get_to(value.startup);
  in.at("dataset_load").get_to(value.dataset_load);
  in.at("facts").get_to(value.facts);
}

void to_json(json& out, const epoch_report& value) {
  out = {{"result", value.result},
         {"p50", value.p50},
         {"p99", value.p99},
         {"median_service", value.median_service},
         {"cpu_per_item", value.cpu_per_item}};
}
void from_json(const json& in, epoch_report& value) {
  in.at("result").get_to(value.result);
  in.at("p50").get_to(value.p50);
  in.at("p99").get_to(value.p99);
  in.at("median_service").get_to(value.median_service);
  in.at("cpu_per_item").get_to(value.cpu_per_item);
}

void to_json(json& out, const cell_summary& value) {
  out = {{"latency", value.latency},
         {"usage", value.usage},
         {"facts", value.facts},
         {"findings", value.findings},
         {"measures", value.measures}};
}
void from_json(const json& in, cell_summary& value) {
  in.at("latency").get_to(value.latency);
  in.at("usage").get_to(value.usage);
  in.at("facts").get_to(value.facts);
  in.at("findings").get_to(value.findings);
  in.at("measures").get_to(value.measures);
}

}  // namespace regatta
