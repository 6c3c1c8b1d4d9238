// SPDX-License-Identifier: Apache-2.0
#include "harness/replay/service_model_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "harness/platform/read_file.hpp"
#include "harness/replay/phase_merging.hpp"

namespace regatta {
namespace {

using nlohmann::json;
using std::chrono::nanoseconds;

constexpr std::string_view workload_file = "service-workload";
constexpr int workload_file_version = 1;
constexpr std::size_t most_samples = 100'000;
constexpr std::size_t most_classes = 1'000;
constexpr std::size_t most_phases_read = 100'000;  // of one request
constexpr double longest_ns = 3600e9;              // no request takes longer
constexpr double most_bytes = 16 << 20;

constexpr std::array<std::pair<phase_kind, const char*>, 6> kind_names = {
    {{phase_kind::cpu, "cpu"},
     {phase_kind::upstream, "upstream"},
     {phase_kind::sleep, "sleep"},
     {phase_kind::other, "other"},
     {phase_kind::disk, "disk"},
     {phase_kind::lock, "lock"}}};

const char* name_of(phase_kind kind) {
  for (const auto& [each, name] : kind_names) {
    if (each == kind) return name;
  }
  return "other";
}

std::string shown(const json& value) {
  if (value.is_object()) return "an object";
  if (value.is_array()) return "a list";
  const std::string text = value.dump(-1, ' ', true, json::error_handler_t::replace);
  return text.size() > 60 ? text.substr(0, 57) + "..." : text;
}

// A member of an object, where everything that is wrong with it can be said.
class member {
 public:
  member(const json& value, std::string path) : value_(&value), path_(std::move(path)) {}

  const json& value() const { return *value_; }
  const std::string& path() const { return path_; }

  /// Null if it is not there, or null.
  std::optional<member> find(const char* name) const {
    require(value_->is_object(), "an object");
    const auto found = value_->find(name);
    if (found == value_->end() || found->is_null()) return std::nullopt;
    return member(*found, path_ + "/" + name);
  }
  member at(const char* name) const {
    auto found = find(name);
    if (!found) throw bad_service_model(fmt::format("{} lacks {}", shown_path(), name));
    return *std::move(found);
  }
  std::vector<member> list(std::size_t most) const {
    require(value_->is_array(), "a list");
    if (value_->size() > most) {
      throw bad_service_model(
          fmt::format("{} has {} members; {} are the most", shown_path(), value_->size(), most));
    }
    std::vector<member> members;
    for (std::size_t i = 0; i < value_->size(); ++i) {
      members.emplace_back((*value_)[i], fmt::format("{}/{}", path_, i));
    }
    return members;
  }
  double number(double most) const {
    require(value_->is_number(), "a number");
    const auto found = value_->get<double>();
    require(std::isfinite(found) && found >= 0 && found <= most,
            fmt::format("a number from 0 to {:g}", most));
    return found;
  }
  std::string text() const {
    require(value_->is_string(), "a text");
    return value_->get<std::string>();
  }
  void require(bool holds, const std::string& what) const {
    if (holds) return;
    throw bad_service_model(
        fmt::format("{} is {}; it must be {}", shown_path(), shown(*value_), what));
  }
  std::string shown_path() const { return path_.empty() ? "the document" : path_; }

 private:
  const json* value_;
  std::string path_;
};

double number_or(const member& object, const char* name, double fallback, double most) {
  const auto found = object.find(name);
  return found ? found->number(most) : fallback;
}
std::string text_or_nothing(const member& object, const char* name) {
  const auto found = object.find(name);
  return found ? found->text() : std::string();
}
nanoseconds time_or_none(const member& object, const char* name) {
  return nanoseconds(std::llround(number_or(object, name, 0, longest_ns)));
}
std::uint64_t bytes_of(const member& object, const char* name) {
  return static_cast<std::uint64_t>(number_or(object, name, 0, most_bytes));
}
unsigned count_of(const member& object, const char* name, unsigned fallback) {
  return static_cast<unsigned>(number_or(object, name, fallback, 1e6));
}

// Nothing for what the machine or the load did to it: it is to come about again.
std::optional<request_phase> read_phase(const member& object) {
  request_phase phase;
  const member kind = object.at("kind");
  const std::string name = kind.text();
  if (name == "run_queue" || name == "loop_lag") return std::nullopt;
  const auto* const found = std::find_if(kind_names.begin(), kind_names.end(),
                                         [&](const auto& each) { return name == each.second; });
  kind.require(found != kind_names.end(), "cpu, upstream, sleep, disk, lock or other");
  phase.kind = found->first;
  phase.wall = time_or_none(object, "wall_ns");
  phase.cpu = time_or_none(object, "cpu_ns");
  phase.peer = text_or_nothing(object, "peer");
  if (phase.kind == phase_kind::cpu && !object.find("cpu_ns")) phase.cpu = phase.wall;
  phase.wall = std::max(phase.wall, phase.cpu);
  return phase;
}

request_sample read_sample(const member& object) {
  request_sample sample;
  sample.arrival = time_or_none(object, "arrival_ns");
  sample.queue = time_or_none(object, "queue_ns");
  sample.latency = time_or_none(object, "latency_ns");
  sample.cpu = time_or_none(object, "cpu_ns");
  sample.bytes_in = bytes_of(object, "bytes_in");
  sample.bytes_out = bytes_of(object, "bytes_out");
  if (const auto phases = object.find("phases")) {
    for (const member& each : phases->list(most_phases_read)) {
      if (auto phase = read_phase(each)) sample.phases.push_back(*std::move(phase));
    }
  }
  make_phases_add_up(sample);
  return sample;
}

request_class read_class(const member& object, double window, std::size_t& samples_left) {
  request_class read;
  read.name = text_or_nothing(object, "name");
  for (const member& each : object.at("samples").list(samples_left)) {
    read.samples.push_back(read_sample(each));
  }
  samples_left -= read.samples.size();
  const auto count = object.find("count");
  read.count = count ? static_cast<std::uint64_t>(count->number(1e15)) : read.samples.size();
  const double counted = window > 0 ? static_cast<double>(read.count) / window : 0;
  read.rate = number_or(object, "rate_per_s", counted, 1e9);
  return read;
}

// A class, and what other threads did for a request of it, as far as it can have waited for them.
struct class_and_others {
  request_class own;
  std::optional<nanoseconds> elsewhere;
};

class_and_others read_class_and_others(const member& object, double window,
                                       std::size_t& samples_left) {
  class_and_others read{read_class(object, window, samples_left), {}};
  if (object.find("cpu_elsewhere_ns")) {
    read.elsewhere =
        std::min(time_or_none(object, "cpu_elsewhere_ns"), time_left_to_others(read.own.samples));
  }
  return read;
}

// Share of the requests' CPU time that other threads had; nullopt where nobody looked for it.
std::optional<double> share_of_others(const std::vector<class_and_others>& classes) {
  double all = 0, others = 0;
  bool known = false;
  for (const auto& [own, elsewhere] : classes) {
    double cpu = 0;
    for (const request_sample& sample : own.samples) cpu += static_cast<double>(sample.cpu.count());
    const auto count = static_cast<double>(own.count);
    const auto theirs = static_cast<double>(elsewhere.value_or(nanoseconds(0)).count());
    all += count * (cpu / static_cast<double>(own.samples.size()) + theirs);
    others += count * theirs;
    known = known || elsewhere.has_value();
  }
  if (!known || !(all > 0)) return std::nullopt;
  return others / all;
}

// What the threads of a whole profile did beside the loops' own.
std::optional<double> beside_the_loops(const member& document) {
  const auto threads = document.find("threads");
  if (!threads) return std::nullopt;
  double all = 0, beside = 0;
  for (const member& thread : threads->list(most_samples)) {
    const double cpu = number_or(thread, "cpu_ns", 0, 1e18);
    all += cpu;
    if (text_or_nothing(thread, "kind") != "loop") beside += cpu;
  }
  if (!(all > 0)) return std::nullopt;
  return beside / all;
}

pool_shape read_pool(const member& requests, const member& document) {
  pool_shape pool;
  if (const auto found = requests.find("pool")) {
    pool.loops = count_of(*found, "loops", 0);
    pool.loop_threads = count_of(*found, "loop_threads", 0);
    pool.other_threads = count_of(*found, "other_threads", 0);
    pool.processes = std::max(1U, count_of(*found, "processes", 1));
    pool.concurrency_mean = number_or(*found, "concurrency_mean", 0, 1e6);
    if (const auto share = found->find("cpu_beside_the_loops")) {
      pool.beside_the_loops = share->number(1);
    }
  }
  if (!pool.beside_the_loops) pool.beside_the_loops = beside_the_loops(document);
  return pool;
}

// Of the client of the load that was driven beside the profile: it has the service's CPUs.
nanoseconds cpu_of_driving(const member& document) {
  const auto driven = document.find("driven");
  const auto load = driven ? driven->find("load") : std::nullopt;
  const auto client = load ? load->find("client") : std::nullopt;
  const auto total = load ? load->find("total") : std::nullopt;
  if (!client || !total) return {};
  const double requests = number_or(*total, "requests", 0, 1e15);
  if (!(requests > 0)) return {};
  double used = 0;
  for (const member& thread : client->at("threads").list(most_samples)) {
    const double cpu = number_or(thread, "cpu_seconds", 0, 1e9);
    used += std::max(0.0, cpu - number_or(thread, "polled_seconds", 0, 1e9));
  }
  return nanoseconds(std::llround(std::min(1e9 * used / requests, double{longest_ns})));
}

std::string source_of(const member& document) {
  if (const auto source = document.find("source")) return source->text();
  const auto process = document.find("process");
  if (!process) return {};
  const auto pid = process->find("pid");
  const std::string name = text_or_nothing(*process, "name");
  return pid ? fmt::format("{} (pid {:.0f})", name, pid->number(1e9)) : name;
}

bool is_workload_file(const json& document) {
  const auto kind = document.find("report");
  return kind != document.end() && *kind == workload_file;
}

member requests_in(const member& document) {
  if (is_workload_file(document.value())) {
    const member version = document.at("schema_version");
    version.require(version.value() == workload_file_version,
                    std::to_string(workload_file_version));
    return document;
  }
  if (auto found = document.find("requests")) return *std::move(found);
  const auto kind = document.find("report");
  if (kind && kind->value() == "profile") {
    throw bad_service_model(
        "it is a profile without requests: profile the service again, under load, with a tier that "
        "follows requests (eBPF)");
  }
  throw bad_service_model(
      "it is neither a profile with requests (regatta profile -o FILE) nor a workload file");
}

}  // namespace

service_model read_service_model(const json& json_document) {
  const member document(json_document, "");
  document.require(json_document.is_object(), "an object");
  const member requests = requests_in(document);
  service_model model;
  model.source = source_of(document);
  model.tier = text_or_nothing(requests, "tier");
  model.window = number_or(requests, "window_s", 0, 1e9);
  model.pool = read_pool(requests, document);
  model.cpu_beside = time_or_none(requests, "cpu_beside_ns") + cpu_of_driving(document);
  std::size_t samples_left = most_samples;
  std::vector<class_and_others> classes;
  for (const member& each : requests.at("classes").list(most_classes)) {
    auto read = read_class_and_others(each, model.window, samples_left);
    if (!read.own.samples.empty() && read.own.count > 0) classes.push_back(std::move(read));
  }
  const auto others = share_of_others(classes);
  if (others) model.pool.beside_the_loops = others;
  for (auto& [own, elsewhere] : classes) {
    if (others.value_or(0) >= pool_share) add_work_elsewhere(own.samples, *elsewhere);
    for (request_sample& sample : own.samples) {
      sample.phases = merged_phases(std::move(sample.phases), most_phases);
    }
    model.classes.push_back(std::move(own));
  }
  if (model.classes.empty()) {
    throw bad_service_model(
        "the profile has no samples of requests: profile the service again while it is under load");
  }
  return model;
}

service_model load_service_model(const std::filesystem::path& file) {
  const buffer text = read_whole_file(file);
  try {
    return read_service_model(json::parse(as_text(text)));
  } catch (const json::parse_error& error) {
    throw bad_service_model(
        fmt::format("{} is not JSON: byte {} is wrong", file.string(), error.byte));
  } catch (const json::out_of_range&) {
    throw bad_service_model(file.string() + " has a number in it that is too large for any");
  } catch (const bad_service_model& error) {
    throw bad_service_model(fmt::format("{}: {}", file.string(), error.what()));
  }
}

std::string workload_file_text(const service_model& model) {
  using nlohmann::ordered_json;
  ordered_json classes = ordered_json::array();
  for (const request_class& each : model.classes) {
    ordered_json samples = ordered_json::array();
    for (const request_sample& sample : each.samples) {
      ordered_json phases = ordered_json::array();
      for (const request_phase& phase : sample.phases) {
        ordered_json one = {{"kind", name_of(phase.kind)},
                            {"wall_ns", phase.wall.count()},
                            {"cpu_ns", phase.cpu.count()}};
        if (!phase.peer.empty()) one["peer"] = phase.peer;
        phases.push_back(std::move(one));
      }
      samples.push_back({{"arrival_ns", sample.arrival.count()},
                         {"queue_ns", sample.queue.count()},
                         {"latency_ns", sample.latency.count()},
                         {"cpu_ns", sample.cpu.count()},
                         {"bytes_in", sample.bytes_in},
                         {"bytes_out", sample.bytes_out},
                         {"phases", std::move(phases)}});
    }
    classes.push_back({{"name", each.name},
                       {"count", each.count},
                       {"rate_per_s", each.rate},
                       {"samples", std::move(samples)}});
  }
  ordered_json pool = {{"loops", model.pool.loops},
                       {"loop_threads", model.pool.loop_threads},
                       {"other_threads", model.pool.other_threads},
                       {"processes", model.pool.processes},
                       {"concurrency_mean", model.pool.concurrency_mean}};
  if (model.pool.beside_the_loops) pool["cpu_beside_the_loops"] = *model.pool.beside_the_loops;
  const ordered_json document = {{"$schema", "service-workload.schema.json"},
                                 {"report", workload_file},
                                 {"schema_version", workload_file_version},
                                 {"source", model.source},
                                 {"tier", model.tier},
                                 {"window_s", model.window},
                                 {"cpu_beside_ns", model.cpu_beside.count()},
                                 {"pool", std::move(pool)},
                                 {"classes", std::move(classes)}};
  return document.dump(1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace regatta
