// SPDX-License-Identifier: Apache-2.0
#include "reports/printable.hpp"

#include "reports/utf8.hpp"

namespace regatta {
namespace {

using namespace profiling;

bool is_control(unsigned character) {
  return character < 0x20 || (character >= 0x7f && character <= 0x9f) || character == 0x061c ||
         character == 0x200e || character == 0x200f ||
         (character >= 0x2028 && character <= 0x202e) ||
         (character >= 0x2066 && character <= 0x2069);
}

// Of well-formed UTF-8.
unsigned code_point(std::string_view character) {
  const auto first = static_cast<unsigned char>(character.front());
  if (character.size() == 1) return first;
  unsigned value = first & (0x7fU >> character.size());
  for (const char next : character.substr(1)) {
    value = value << 6 | (static_cast<unsigned char>(next) & 0x3fU);
  }
  return value;
}

void clean(std::string& text) { text = printable(text); }

void clean(profile_frame& frame) {
  clean(frame.function);
  clean(frame.file);
  clean(frame.module);
}

// Names of requests came over the network; samples are on no terminal.
void clean(request_profile& requests) {
  for (request_class& each : requests.classes) clean(each.name);
  for (upstream_profile& each : requests.upstreams) clean(each.peer);
  clean(requests.classification.why);
  clean(requests.classification.missing);
  for (std::string& note : requests.notes) clean(note);
}

}  // namespace

std::string printable(std::string_view text) {
  const std::string valid = valid_utf8(text);
  std::string shown;
  shown.reserve(valid.size());
  for (std::string_view rest = valid; !rest.empty();) {
    const std::string_view next = rest.substr(0, utf8_length(rest));
    rest.remove_prefix(next.size());
    if (next == "\n" || next == "\t" || next == "\r") {
      shown += ' ';
    } else if (is_control(code_point(next))) {
      shown += '?';
    } else {
      shown += next;
    }
  }
  return shown;
}

blocked_stretch printable(blocked_stretch stretch) {
  for (std::string* const text : {&stretch.thread_name, &stretch.loop, &stretch.cause,
                                  &stretch.detail, &stretch.stack_problem}) {
    clean(*text);
  }
  for (ledger_share& share : stretch.ledger) {
    clean(share.call);
    clean(share.object);
  }
  for (profile_frame& frame : stretch.stack) clean(frame);
  clean(stretch.blocker);
  return stretch;
}

profile_result printable(profile_result result) {
  clean(result.process.name);
  clean(result.process.command_line);
  if (result.process_end) clean(*result.process_end);
  for (missing_tier& missing : result.missing) clean(missing.reason);
  for (std::string& note : result.notes) clean(note);
  for (loop_profile& loop : result.loops) {
    clean(loop.key);
    clean(loop.call);
    for (blocked_stretch& stretch : loop.stretches) stretch = printable(std::move(stretch));
    for (saturated_stack& found : loop.saturated_in) {
      for (profile_frame& frame : found.stack) clean(frame);
      clean(found.blocker);
    }
  }
  if (result.requests) clean(*result.requests);
  for (thread_profile& thread : result.threads) {
    clean(thread.name);
    clean(thread.waits_in);
  }
  if (result.requests) clean(*result.requests);
  return result;
}

}  // namespace regatta
