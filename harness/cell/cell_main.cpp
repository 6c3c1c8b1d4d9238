// SPDX-License-Identifier: Apache-2.0
#include "harness/cell/cell_main.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>
#include <system_error>

#include "harness/cell/cell_messages.hpp"
#include "harness/cell/measured_usage.hpp"
#include "harness/cell/packet_socket.hpp"
#include "harness/cell/reference.hpp"
#include "harness/contexts/blocked_stretches.hpp"
#include "harness/contexts/measure_book.hpp"
#include "harness/interpreter/interpreter.hpp"
#include "harness/platform/child_process.hpp"
#include "harness/platform/mapping.hpp"
#include "harness/process/worker_role.hpp"

namespace regatta {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

constexpr auto forever = 24h * 365;

double seconds_since(steady_time begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

void say(const json& message) { send_packet(cell_socket, message.dump()); }

// The dataset in memory of this cell's own, so that it is in this cell's memory figures: private,
// or shared with the workers where the backend wants that.
class loaded_dataset {
 public:
  explicit loaded_dataset(bool shared) {
    struct stat status {};
    ::fstat(dataset_file, &status);
    const auto size = static_cast<std::size_t>(status.st_size);
    std::span<std::byte> target;
    if (shared) {
      mapping_ = shared_mapping(size);
      target = mapping_.bytes();
    } else {
      private_.resize(size);
      target = private_;
    }
    view_ = target;
    for (off_t at = 0; !target.empty();) {
      const ssize_t got = ::pread(dataset_file, target.data(), target.size(), at);
      if (got <= 0) throw std::system_error(errno, std::generic_category(), "reading the dataset");
      at += got;
      target = target.subspan(static_cast<std::size_t>(got));
    }
  }
  bytes_view view() const { return view_; }

 private:
  buffer private_;
  shared_mapping mapping_;
  bytes_view view_;
};

// The cell's measure_book in memory that its workers share.
class shared_measures {
 public:
  int file() const { return file_.get(); }
  measure_book& book() const { return *reinterpret_cast<measure_book*>(memory_.bytes().data()); }

 private:
  const unique_fd file_ = memory_file(sizeof(measure_book));
  // Most workloads measure nothing, and no cell is to pay for it.
  const shared_mapping memory_{file_.get(), sizeof(measure_book), mapping_pages::when_touched};
};

class running_cell {
 public:
  explicit running_cell(cell_start start)
      : start_(std::move(start)),
        entry_(workloads().at(start_.workload)),
        backend_entry_(backends().at(start_.choice.backend)) {
    interpreter::use(start_.lock);
    if (start_.blocked_over) stretches_.emplace(*start_.blocked_over);
  }

  // Answers the packet that tells the runner how it went.
  json open() {
    std::shared_ptr<void> preparation;
    if (backend_entry_.prepare != nullptr)
      preparation = backend_entry_.prepare(start_.choice.options);
    cell_ready ready;
    auto begin = std::chrono::steady_clock::now();
    dataset_.emplace(backend_entry_.info.shared_dataset);
    workload_ = entry_.open(dataset_->view());
    ready.dataset_load = seconds_since(begin);

    begin = std::chrono::steady_clock::now();
    auto started = backend_entry_.start({.info = entry_.info,
                                         .workload = *workload_,
                                         .dataset = dataset_->view(),
                                         .options = start_.choice.options,
                                         .in_flight = start_.in_flight,
                                         .cpus = read_cpu_limits(),
                                         .endpoints = start_.endpoints,
                                         .api_key = start_.api_key,
                                         .max_answer_bytes = start_.max_answer_bytes,
                                         .measures = &measures_.book(),
                                         .measures_file = measures_.file(),
                                         .preparation = std::move(preparation)});
    if (const auto* missing = std::get_if<unavailable>(&started)) {
      return {{"unavailable", missing->reason}};
    }
    backend_ = std::move(std::get<std::unique_ptr<backend>>(started));
    ready.startup = seconds_since(begin);
    ready.facts = backend_->facts();
    return {{"ready", ready}};
  }

  epoch_report run(const epoch_plan& plan, bool counted) {
    measures_.book().clear();
    epoch slice(plan, start_.key.empty() ? unchecked_ : std::span<const digest>(start_.key),
                counted && stretches_ ? &*stretches_ : nullptr);
    const measured_usage before = measured_usage::now();
    backend_->run(slice);
    epoch_report report{slice.finish(), {}, {}, {}, {}};
    if (start_.key.empty()) report.result.wrong = 0;
    const process_usage used = measured_usage::now() - before;
    if (report.result.items > 0) {
      report.cpu_per_item = std::chrono::duration<double>(used.cpu()).count() /
                            static_cast<double>(report.result.items);
    }
    if (counted) {
      usage_.add(used, report.result.items);
      measures_.book().add_to(measured_);
      latencies_.insert(latencies_.end(), report.result.latencies.begin(),
                        report.result.latencies.end());
    }
    std::vector<double>& sorted = report.result.latencies;
    std::sort(sorted.begin(), sorted.end());
    report.p50 = quantile(sorted, 0.5);
    report.p99 = quantile(sorted, 0.99);
    report.median_service = slice.median_lifetime();
    return report;
  }

  // Of all counted epochs up to now.
  cell_summary summarise() {
    std::sort(latencies_.begin(), latencies_.end());
    cell_summary summary;
    summary.latency.count = latencies_.size();
    summary.latency.p50 = quantile(latencies_, 0.5);
    summary.latency.p90 = quantile(latencies_, 0.9);
    summary.latency.p99 = quantile(latencies_, 0.99);
    summary.latency.p999 = quantile(latencies_, 0.999);
    if (!latencies_.empty()) summary.latency.max = latencies_.back();
    summary.latency.p50_interval = quantile_interval(latencies_, 0.5, 0.95);
    summary.latency.p99_interval = quantile_interval(latencies_, 0.99, 0.95);
    summary.usage = usage_.per_item();
    summary.facts = backend_->facts();
    summary.measures = regatta::summarise(measured_);
    if (stretches_) {
      stretches_->await_report(500ms);
      summary.findings = stretches_->findings(usage_.items());
    }
    return summary;
  }

 private:
  const cell_start start_;
  const workload_entry& entry_;
  const backend_entry& backend_entry_;
  std::optional<loaded_dataset> dataset_;
  std::unique_ptr<workload_instance> workload_;
  std::optional<blocked_stretches> stretches_;  ///< outlives the backend
  const shared_measures measures_;              ///< outlives the backend, too
  std::unique_ptr<backend> backend_;
  static constexpr digest nothing_to_compare = 0;
  const std::span<const digest> unchecked_{&nothing_to_compare, 1};
  usage_total usage_;
  std::vector<double> latencies_;
  std::map<std::string, duration_histogram> measured_;  ///< by name, over all counted epochs
};

cell_introduction introduction() {
  cell_introduction own;
  for (const auto& [name, unused] : workloads()) own.workloads.push_back(name);
  for (const auto& [name, unused] : backends()) own.backends.push_back(name);
  return own;
}

// One request, one answer, until the runner closes its end.
void serve_runner() {
  std::optional<running_cell> cell;
  for (;;) {
    const received next = receive_packet(cell_socket, forever);
    if (next.end != receive_end::packet) return;
    const json request = json::parse(next.packet);
    try {
      if (request.contains("introduce")) {
        say({{"introduction", introduction()}});
      } else if (request.contains("reference")) {
        say({{"reference", compute_reference(request.at("reference").get<cell_start>())}});
      } else if (request.contains("start")) {
        cell.emplace(request.at("start").get<cell_start>());
        say(cell->open());
      } else if (request.contains("epoch")) {
        say({{"epoch", cell->run(request.at("epoch").get<epoch_plan>(), request.at("counted"))}});
      } else if (request.contains("summarise")) {
        say({{"summary", cell->summarise()}});
      }
    } catch (const std::exception& error) {
      say({{"error", error.what()}});
    }
  }
}

int run_cell(pid_t runner) {
  die_with_parent(runner);
  // A socket per item in flight: 1,024 descriptors are soon used up.
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
  }
  const rlimit no_core{0, 0};  // a crash is an outcome here; nobody wants its dump
  ::setrlimit(RLIMIT_CORE, &no_core);
  serve_runner();
  return 0;
}

}  // namespace

std::optional<int> run_internal_role(int argc, char** argv) {
  become_worker_if_asked(argc, argv);
  if (argc != 3) return std::nullopt;
  const std::string_view role = argv[1];
  if (role == "internal-cell") return run_cell(std::atoi(argv[2]));
  return std::nullopt;
}

}  // namespace regatta
