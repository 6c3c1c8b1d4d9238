// SPDX-License-Identifier: Apache-2.0
#include "reports/stack_exports.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace regatta {
namespace {

using namespace profiling;
using json = nlohmann::ordered_json;
using std::chrono::nanoseconds;

// Names of files and functions of other programs may not be UTF-8.
std::string text_of(const json& document) {
  return document.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

const profile_frame no_stack{.function = "[no stack]", .file = {}, .module = {}};

// Outermost first.
std::vector<profile_frame> outermost_first(const blocked_stretch& stretch) {
  if (stretch.stack.empty()) return {no_stack};
  return {stretch.stack.rbegin(), stretch.stack.rend()};
}

std::string folded_name(std::string name) {
  for (char& c : name) {
    if (c == ';') c = ':';
    if (c == '\n' || c == '\r') c = ' ';
  }
  return name;
}

double microseconds(nanoseconds time) {
  return std::chrono::duration<double, std::micro>(time).count();
}

struct thread_stretches {
  std::string name;
  std::vector<const blocked_stretch*> stretches;  // in order of time
};

std::map<pid_t, thread_stretches> by_thread(const profile_result& profile) {
  std::map<pid_t, thread_stretches> threads;
  for (const loop_profile& loop : profile.loops) {
    for (const blocked_stretch& stretch : loop.stretches) {
      thread_stretches& thread = threads[stretch.tid];
      thread.name = stretch.thread_name;
      thread.stretches.push_back(&stretch);
    }
  }
  for (auto& [tid, thread] : threads) {
    std::sort(thread.stretches.begin(), thread.stretches.end(),
              [](const auto* a, const auto* b) { return a->begin < b->begin; });
  }
  return threads;
}

// speedscope's frames are a table; stacks are indices in it.
class frame_table {
 public:
  std::size_t index_of(const profile_frame& frame) {
    const auto key = std::tuple(frame.function, frame.file, frame.line);
    const auto [entry, is_new] = indices_.try_emplace(key, rows_.size());
    if (is_new) {
      json row{{"name", frame.function}};
      if (!frame.file.empty()) row["file"] = frame.file;
      if (frame.line != 0) row["line"] = frame.line;
      rows_.push_back(std::move(row));
    }
    return entry->second;
  }
  json stack_of(const blocked_stretch& stretch) {
    json stack = json::array();
    for (const profile_frame& frame : outermost_first(stretch)) stack.push_back(index_of(frame));
    return stack;
  }
  json rows() const { return rows_; }

 private:
  std::map<std::tuple<std::string, std::string, unsigned>, std::size_t> indices_;
  json rows_ = json::array();
};

json blocked_by_stack(const profile_result& profile, frame_table& frames) {
  json samples = json::array();
  json weights = json::array();
  nanoseconds sum{};
  for (const loop_profile& loop : profile.loops) {
    for (const blocked_stretch& stretch : loop.stretches) {
      const nanoseconds weight = stretch.duration + stretch.suppressed_time;
      samples.push_back(frames.stack_of(stretch));
      weights.push_back(weight.count());
      sum += weight;
    }
  }
  return {{"type", "sampled"},
          {"name", "blocked time"},
          {"unit", "nanoseconds"},
          {"startValue", 0},
          {"endValue", sum.count()},
          {"samples", std::move(samples)},
          {"weights", std::move(weights)}};
}

json blocked_in_time(pid_t tid, const thread_stretches& thread, nanoseconds duration,
                     frame_table& frames) {
  json events = json::array();
  nanoseconds begin{}, end = duration;
  begin = std::min(begin, thread.stretches.front()->begin);  // it may have lasted already
  nanoseconds last = begin;
  for (const blocked_stretch* const stretch : thread.stretches) {
    const nanoseconds from = std::max(stretch->begin, last);
    last = std::max(from, stretch->begin + stretch->duration);
    const json stack = frames.stack_of(*stretch);
    for (const json& frame : stack) {
      events.push_back({{"type", "O"}, {"frame", frame}, {"at", from.count()}});
    }
    for (auto frame = stack.rbegin(); frame != stack.rend(); ++frame) {
      events.push_back({{"type", "C"}, {"frame", *frame}, {"at", last.count()}});
    }
  }
  return {{"type", "evented"},
          {"name", fmt::format("{} {}", thread.name, tid)},
          {"unit", "nanoseconds"},
          {"startValue", begin.count()},
          {"endValue", std::max(end, last).count()},
          {"events", std::move(events)}};
}

json trace_event(pid_t process, const blocked_stretch& stretch) {
  json ledger = json::object();
  for (const ledger_share& share : stretch.ledger) {
    std::string name = share.call.empty() ? to_string(share.kind) : share.call;
    if (!share.object.empty()) name += " " + share.object;
    ledger[name] = fmt::format("{:.3f} ms", microseconds(share.time) / 1000);
  }
  json stack = json::array();
  for (const profile_frame& frame : stretch.stack) {
    const std::string line = frame.line != 0 ? fmt::format(":{}", frame.line) : "";
    stack.push_back(frame.file.empty()
                        ? frame.function
                        : fmt::format("{} at {}{}", frame.function, frame.file, line));
  }
  json arguments{{"loop", stretch.loop}, {"cause", stretch.cause}};
  if (!stretch.detail.empty()) arguments["detail"] = stretch.detail;
  arguments["ledger"] = std::move(ledger);
  arguments["stack"] = std::move(stack);
  if (!stretch.ended) arguments["note"] = "it lasted when the profile ended";
  const std::string& blocker = stretch.blocker.function;
  return {{"name", blocker.empty() ? stretch.cause : fmt::format("{}: {}", stretch.cause, blocker)},
          {"cat", "blocked"},
          {"ph", "X"},
          {"ts", microseconds(stretch.begin)},
          {"dur", microseconds(stretch.duration)},
          {"pid", process},
          {"tid", stretch.tid},
          {"args", std::move(arguments)}};
}

json name_event(const char* what, pid_t process, pid_t thread, const std::string& name) {
  return {
      {"name", what}, {"ph", "M"}, {"pid", process}, {"tid", thread}, {"args", {{"name", name}}}};
}

}  // namespace

std::string folded_stacks(const profile_result& profile) {
  std::map<std::string, nanoseconds> stacks;
  for (const loop_profile& loop : profile.loops) {
    for (const blocked_stretch& stretch : loop.stretches) {
      std::string line = folded_name(profile.process.name);
      for (const profile_frame& frame : outermost_first(stretch)) {
        line += ";" + folded_name(frame.function) + (frame.inlined ? "_[i]" : "");
      }
      stacks[line] += stretch.duration + stretch.suppressed_time;
    }
  }
  std::string text;
  for (const auto& [line, time] : stacks) {
    const auto weight = std::chrono::round<std::chrono::microseconds>(time);
    if (weight.count() > 0) text += fmt::format("{} {}\n", line, weight.count());
  }
  return text;
}

std::string render_speedscope(const profile_result& profile) {
  frame_table frames;
  json profiles = json::array({blocked_by_stack(profile, frames)});
  for (const auto& [tid, thread] : by_thread(profile)) {
    profiles.push_back(blocked_in_time(tid, thread, profile.duration, frames));
  }
  return text_of({{"$schema", "https://www.speedscope.app/file-format-schema.json"},
                  {"exporter", "regatta"},
                  {"name", fmt::format("{} {}", profile.process.name, profile.process.pid)},
                  {"activeProfileIndex", 0},
                  {"shared", {{"frames", frames.rows()}}},
                  {"profiles", std::move(profiles)}});
}

std::string render_chrome_trace(const profile_result& profile) {
  const pid_t process = profile.process.pid;
  json events = json::array({name_event("process_name", process, process, profile.process.name)});
  for (const auto& [tid, thread] : by_thread(profile)) {
    events.push_back(name_event("thread_name", process, tid, thread.name));
    for (const blocked_stretch* const stretch : thread.stretches) {
      events.push_back(trace_event(process, *stretch));
    }
  }
  return text_of({{"displayTimeUnit", "ms"}, {"traceEvents", std::move(events)}});
}

}  // namespace regatta
