// SPDX-License-Identifier: Apache-2.0
#include "harness/gate/subject_kind.hpp"

#include <chrono>
#include <system_error>

#include "harness/gate/command_words.hpp"
#include "harness/gate/executable.hpp"
#include "harness/gate/program_launch.hpp"
#include "harness/platform/mapping.hpp"

namespace regatta {
namespace {

using namespace std::chrono_literals;

// What it prints, if it ends well and soon.
std::string answer_of(command_words words, const std::string& question,
                      const std::function<bool()>& stop) {
  words.arguments.push_back(question);
  try {
    const unique_fd output = memory_file(0);
    const launch_result ended = run_to_end({.program = words.program,
                                            .arguments = words.arguments,
                                            .descriptors = {{output.get(), 1}},
                                            .limit = 10s},
                                           stop);
    return ended.failure() ? "" : text_in(output.get());
  } catch (const std::system_error&) {
    return "";
  }
}

}  // namespace

std::string to_string(subject_kind kind) {
  switch (kind) {
    case subject_kind::google_benchmark:
      return "google-benchmark";
    case subject_kind::regatta:
      return "regatta";
    case subject_kind::command:
      break;
  }
  return "command";
}

subject_kind detect_subject_kind(const std::string& text, const std::function<bool()>& stop) {
  const command_words words = parse_command(text);
  if (words.arguments.empty() && file_contains(words.program, "internal-cell") &&
      answer_of(words, "--version", stop).starts_with("regatta ")) {
    return subject_kind::regatta;
  }
  // Linked statically it has the flag's name, else the library's.
  if ((file_contains(words.program, "benchmark_list_tests") ||
       file_contains(words.program, "libbenchmark.so")) &&
      !answer_of(words, "--benchmark_list_tests=true", stop).empty()) {
    return subject_kind::google_benchmark;
  }
  return subject_kind::command;
}

}  // namespace regatta
