// SPDX-License-Identifier: Apache-2.0
#include "harness/gate/command_subject.hpp"

#include <fmt/format.h>

#include "harness/gate/command_words.hpp"
#include "harness/gate/executable.hpp"

namespace regatta {

command_subject::command_subject(command_options options, std::function<bool()> stop)
    : line_(std::move(options.line)),
      memory_(options.memory),
      stop_(std::move(stop)),
      random_(options.seed) {
  launch_.forked = memory_;
  launch_.limit = options.launch_limit;
  if (options.shell) {
    launch_.program = "/bin/sh";
    launch_.arguments = {"-c", line_};
    return;
  }
  command_words words = parse_command(line_);
  launch_.program = std::move(words.program);
  launch_.arguments = std::move(words.arguments);
}

gate_subject_info command_subject::info() const {
  // With arguments the program's file says little: it may be an interpreter.
  return {.kind = "command",
          .what = line_,
          .digest = launch_.arguments.empty() ? file_digest(launch_.program) : ""};
}

std::vector<gate_metric> command_subject::metrics() const {
  std::vector<gate_metric> metrics{{"wall", "s"}, {"cpu", "s"}};
  if (memory_) metrics.push_back({"max_rss", "bytes"});
  return metrics;
}

std::variant<gate_epoch, gate_failure> command_subject::measure(const std::string& /*name*/,
                                                                unsigned /*launch*/) {
  launch_.environment = {layout_padding(random_)};
  const launch_result ended = run_to_end(launch_, stop_);
  if (const auto why = ended.failure()) return gate_failure{*why};
  gate_epoch epoch{.values = {{"wall", ended.wall}, {"cpu", ended.cpu}}, .note = {}};
  if (!memory_) return epoch;
  const auto floor = inherited_rss();
  if (ended.max_rss > floor) {
    epoch.values["max_rss"] = static_cast<double>(ended.max_rss);
  } else {
    epoch.note = fmt::format("the kernel tells none below {:.1f} MiB, which is regatta's own",
                             static_cast<double>(floor) / (1 << 20));
  }
  return epoch;
}

}  // namespace regatta
