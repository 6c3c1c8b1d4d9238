// SPDX-License-Identifier: Apache-2.0
#include "harness/gate/google_benchmark_subject.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <stdexcept>

#include "harness/gate/executable.hpp"
#include "harness/gate/google_benchmark_output.hpp"
#include "harness/platform/mapping.hpp"

namespace regatta {
namespace {

// The library's banner says nothing of why a program ended.
std::string without_banner(const std::string& last_words) {
  for (const char* const banner : {"***WARNING***", "Load Average:", "L1 ", "L2 ", "L3 "}) {
    if (last_words.starts_with(banner)) return {};
  }
  return last_words;
}

// Where the program finds the file that it is to write its results to.
constexpr int results = 3;

}  // namespace

google_benchmark_subject::google_benchmark_subject(google_benchmark_options options,
                                                   std::function<bool()> stop)
    : options_(std::move(options)), stop_(std::move(stop)), random_(options_.seed) {}

gate_subject_info google_benchmark_subject::info() const {
  return {.kind = "google-benchmark",
          .what = options_.shown_as,
          .digest = file_digest(options_.command.program)};
}

launch_result google_benchmark_subject::launch(std::vector<std::string> flags,
                                               std::pair<int, int> file) {
  program_launch what{.program = options_.command.program,
                      .arguments = options_.command.arguments,
                      .descriptors = {file},
                      .environment = {layout_padding(random_)},
                      .limit = options_.launch_limit};
  what.arguments.insert(what.arguments.end(), flags.begin(), flags.end());
  launch_result ended = run_to_end(what, stop_);
  ended.last_words = without_banner(ended.last_words);
  return ended;
}

std::vector<std::string> google_benchmark_subject::names() {
  const unique_fd listing = memory_file(0);
  const launch_result ended = launch({"--benchmark_list_tests=true"}, {listing.get(), 1});
  if (const auto why = ended.failure()) {
    throw std::runtime_error(
        fmt::format("{} with --benchmark_list_tests {}", options_.shown_as, *why));
  }
  startup_ = ended.cpu;
  std::vector<std::string> names;
  std::istringstream lines(text_in(listing.get()));
  for (std::string line; std::getline(lines, line);) {
    if (line.ends_with('\r')) line.pop_back();
    if (!line.empty()) names.push_back(line);
  }
  return names;
}

std::vector<gate_metric> google_benchmark_subject::metrics() const {
  return {{"real_time", "s"}, {"cpu_time", "s"}};
}

google_benchmark_subject::measured_launch google_benchmark_subject::run(const std::string& name,
                                                                        unsigned repetitions) {
  // A file of its own: the program may print what it likes. Before 1.8 the time is a plain number,
  // which later versions read as well, with a warning; those that tell their version want the unit.
  const unique_fd file = memory_file(0);
  const launch_result ended = launch(
      {"--benchmark_filter=" + exact_benchmark_filter(name),
       fmt::format("--benchmark_min_time={}{}", options_.work->seconds_per_repetition(),
                   library_version_.empty() ? "" : "s"),
       fmt::format("--benchmark_repetitions={}", repetitions),
       fmt::format("--benchmark_out=/proc/self/fd/{}", results), "--benchmark_out_format=json"},
      {file.get(), results});
  if (const auto why = ended.failure()) return {gate_failure{*why}, ended.cpu};
  const std::string written = text_in(file.get());
  if (written.empty()) return {gate_failure{"ended without results: " + ended.last_words}, 0};
  google_benchmark_output output = read_google_benchmark(written, name);
  if (!output.library_version.empty()) library_version_ = std::move(output.library_version);
  return {std::move(output.outcome), ended.cpu};
}

std::variant<gate_epoch, gate_failure> google_benchmark_subject::measure(const std::string& name,
                                                                         unsigned /*launch*/) {
  if (!options_.work->repetitions(name)) {
    const measured_launch once = run(name, 1);
    const auto* const epoch = std::get_if<gate_epoch>(&once.outcome);
    if (epoch == nullptr) return once.outcome;
    const auto time = epoch->values.find("real_time");
    options_.work->plan(name, once.cpu - startup_, time != epoch->values.end() ? time->second : 0);
  }
  return run(name, *options_.work->repetitions(name)).outcome;
}

std::optional<unsigned> google_benchmark_work::repetitions(const std::string& name) const {
  const auto found = planned_.find(name);
  return found != planned_.end() ? std::optional(found->second) : std::nullopt;
}

void google_benchmark_work::plan(const std::string& name, double cpu, double iteration) {
  // The library finds the number of iterations by calling the benchmark about this often.
  constexpr double calls = 4;
  const double shortest = std::max(iteration, cpu / calls);
  const double affordable = std::max(1.0, min_time_ / std::max(shortest, 1e-9));
  // Odd, so that the median is one of them.
  const auto count = static_cast<unsigned>(std::min<double>(repetitions_, affordable));
  planned_[name] = count - (count % 2 == 0 ? 1 : 0);
}

std::optional<std::string> library_mismatch(const gate_subject& baseline,
                                            const gate_subject& candidate) {
  const auto* const left = dynamic_cast<const google_benchmark_subject*>(&baseline);
  const auto* const right = dynamic_cast<const google_benchmark_subject*>(&candidate);
  if (left == nullptr || right == nullptr) return std::nullopt;
  if (left->library_version_ == right->library_version_) return std::nullopt;
  const auto name = [](const std::string& version) {
    return version.empty() ? "a version before 1.8.4" : version;
  };
  return fmt::format(
      "the baseline is built with Google Benchmark {}, the candidate with {}: times of benchmarks "
      "with threads may not mean the same",
      name(left->library_version_), name(right->library_version_));
}

std::string exact_benchmark_filter(const std::string& name) {
  // The library has the regular expressions of POSIX or of std::regex: ']' and '}' alone stand for
  // themselves in all of them, and an escape of theirs is an error in one.
  std::string filter = "^";
  for (const char each : name) {
    if (std::string_view(R"(\^$.|?*+()[{)").find(each) != std::string_view::npos) filter += '\\';
    filter += each;
  }
  return filter + "$";
}

}  // namespace regatta
