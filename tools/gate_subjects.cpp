// SPDX-License-Identifier: Apache-2.0
#include "tools/gate_subjects.hpp"

#include <fmt/format.h>

#include <stdexcept>
#include <system_error>

#include "harness/digest.hpp"
#include "harness/gate/command_subject.hpp"
#include "harness/gate/google_benchmark_subject.hpp"
#include "harness/gate/regatta_subject.hpp"
#include "harness/gate/subject_kind.hpp"
#include "tools/database_choice.hpp"
#include "tools/usage_error.hpp"

namespace regatta {
namespace {

using stop_function = std::function<bool()>;

struct side_seeds {
  explicit side_seeds(std::uint64_t seed)
      : baseline(mix64(seed)), candidate(mix64(seed + 1)), copy(mix64(seed + 2)) {}
  std::uint64_t baseline, candidate, copy;
};

subject_kind kind_of(const gate_request& request, const stop_function& stop) {
  for (const subject_kind each :
       {subject_kind::google_benchmark, subject_kind::command, subject_kind::regatta}) {
    if (request.kind == to_string(each)) return each;
  }
  if (request.kind != "auto") {
    throw usage_error("--kind is auto, google-benchmark, command or regatta, not '" + request.kind +
                      "'");
  }
  if (request.shell) return subject_kind::command;
  const subject_kind baseline = detect_subject_kind(request.baseline, stop);
  const subject_kind candidate = detect_subject_kind(request.candidate, stop);
  if (baseline == candidate) return baseline;
  throw usage_error(fmt::format(
      "the baseline is taken for {}, the candidate for {}: name what both are with --kind",
      to_string(baseline), to_string(candidate)));
}

std::string regatta_program(const std::string& text) {
  const command_words words = parse_command(text);
  if (words.arguments.empty()) return words.program;
  throw usage_error(fmt::format("'{}' has arguments, and a build of regatta takes none", text));
}

std::chrono::milliseconds launch_limit(const gate_request& request) {
  return parse_duration("--launch-timeout", request.launch_timeout.value_or("60s"));
}

bool lists_anything(gate_subject& subject) {
  try {
    return !subject.names().empty();
  } catch (const std::runtime_error&) {
    return false;
  }
}

// The copy's path, or the baseline's own if the copy does not work: a program may look for its
// files beside itself.
std::string copy_of(const std::string& program, gate_subjects& subjects,
                    const std::function<bool(const std::string&)>& works) {
  std::string why = "it does not run from another directory";
  try {
    subjects.copied = std::make_unique<executable_copy>(program);
    if (works(subjects.copied->path())) return subjects.copied->path();
  } catch (const std::system_error& error) {
    why = error.what();
  }
  subjects.warnings.push_back(fmt::format(
      "the self-check compares the baseline with itself, not with a copy of its file: {}", why));
  return program;
}

gate_subjects google_benchmarks(const gate_request& request, std::uint64_t seed,
                                const stop_function& stop) {
  gate_subjects subjects;
  const side_seeds seeds(seed);
  const auto work = std::make_shared<google_benchmark_work>(
      parse_duration("--min-time", request.min_time.value_or("10ms")), request.repetitions);
  const auto make = [&](const command_words& words, const std::string& text, std::uint64_t own) {
    return std::make_unique<google_benchmark_subject>(
        google_benchmark_options{.command = words,
                                 .shown_as = text,
                                 .work = work,
                                 .launch_limit = launch_limit(request),
                                 .seed = own},
        stop);
  };
  command_words words = parse_command(request.baseline);
  subjects.baseline = make(words, request.baseline, seeds.baseline);
  subjects.candidate = make(parse_command(request.candidate), request.candidate, seeds.candidate);
  words.program = copy_of(words.program, subjects, [&](const std::string& path) {
    return lists_anything(*make({path, words.arguments}, path, seeds.copy));
  });
  subjects.copy = make(words, request.baseline, seeds.copy);
  return subjects;
}

gate_subjects regattas(const gate_request& request, std::uint64_t seed, const stop_function& stop) {
  gate_subjects subjects;
  const side_seeds seeds(seed);
  run_request cells = request.cells;
  cells.seed = seed;
  const std::string program = regatta_program(request.baseline);
  run_plan plan = make_plan(cells);
  check_database(plan);
  subjects.course = std::make_unique<regatta_course>(std::move(plan), program, stop);
  const auto make = [&](const std::string& path, const std::string& text, std::uint64_t own_seed) {
    return std::make_unique<regatta_subject>(path, text, *subjects.course, own_seed, stop);
  };
  subjects.baseline = make(program, request.baseline, seeds.baseline);
  subjects.candidate = make(regatta_program(request.candidate), request.candidate, seeds.candidate);
  const std::string copy = copy_of(program, subjects, [&](const std::string& path) {
    return lists_anything(*make(path, path, seeds.copy));
  });
  subjects.copy = make(copy, copy, seeds.copy);
  return subjects;
}

gate_subjects commands(const gate_request& request, std::uint64_t seed, const stop_function& stop) {
  gate_subjects subjects;
  const side_seeds seeds(seed);
  const auto make = [&](const std::string& line, std::uint64_t own_seed) {
    return std::make_unique<command_subject>(command_options{.line = line,
                                                             .shell = request.shell,
                                                             .memory = request.memory,
                                                             .launch_limit = launch_limit(request),
                                                             .seed = own_seed},
                                             stop);
  };
  subjects.baseline = make(request.baseline, seeds.baseline);
  subjects.candidate = make(request.candidate, seeds.candidate);
  subjects.copy = make(request.baseline, seeds.copy);
  return subjects;
}

}  // namespace

gate_subjects make_gate_subjects(const gate_request& request, std::uint64_t seed,
                                 const stop_function& stop) try {
  const subject_kind kind = kind_of(request, stop);
  if (request.shell && kind != subject_kind::command) {
    throw usage_error("--shell is for commands, and these are " + to_string(kind));
  }
  if (request.repetitions == 0 || request.repetitions > 1000) {
    throw usage_error("--repetitions is a number from 1 to 1000");
  }
  if (request.min_time && kind != subject_kind::google_benchmark) {
    throw usage_error("--min-time is for Google Benchmark executables, and these are " +
                      to_string(kind));
  }
  if (request.cells.database && kind != subject_kind::regatta) {
    throw usage_error("--database is for builds of regatta, and these are " + to_string(kind));
  }
  switch (kind) {
    case subject_kind::google_benchmark:
      return google_benchmarks(request, seed, stop);
    case subject_kind::regatta:
      return regattas(request, seed, stop);
    case subject_kind::command:
      break;
  }
  return commands(request, seed, stop);
} catch (const std::invalid_argument& error) {
  throw usage_error(error.what());
}

}  // namespace regatta
