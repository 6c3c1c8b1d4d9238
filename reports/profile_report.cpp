// SPDX-License-Identifier: Apache-2.0
#include "reports/profile_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "reports/figures.hpp"
#include "reports/load_report.hpp"
#include "reports/printable.hpp"
#include "reports/profile_requests.hpp"
#include "reports/terminal_style.hpp"
#include "reports/text_table.hpp"

namespace regatta {
namespace {

using namespace profiling;
using std::chrono::nanoseconds;

constexpr std::size_t most_stretches = 3;
constexpr std::size_t most_frames = 14;
constexpr std::size_t most_threads = 10;

std::string show(nanoseconds time) {
  return show_seconds(std::chrono::duration<double>(time).count());
}

double share_of(nanoseconds part, nanoseconds whole) {
  return whole.count() > 0 ? static_cast<double>(part.count()) / static_cast<double>(whole.count())
                           : 0;
}

std::string percent(double share) {
  return fmt::format("{:.{}f} %", 100 * share, share < 0.1 ? 1 : 0);
}

std::string place_of(const profile_frame& frame) {
  if (frame.file.empty()) return frame.function;
  const std::string file = frame.file.substr(frame.file.rfind('/') + 1);
  return frame.line != 0 ? fmt::format("{} at {}:{}", frame.function, file, frame.line)
                         : fmt::format("{} at {}", frame.function, file);
}

// No wider than the terminal; the place at the end stays.
std::string frame_line(const profile_frame& frame, const terminal_style& style) {
  constexpr std::string_view indent = "      ";
  std::string place = place_of(frame).substr(frame.function.size());
  if (frame.file.empty() && !frame.module.empty()) {
    place += fmt::format(" in {}", frame.module.substr(frame.module.rfind('/') + 1));
  }
  if (frame.inlined) place += " (inlined)";
  const std::size_t room = std::max<std::size_t>(
      20, style.columns - std::min(style.columns, indent.size() + place.size()));
  std::string name = frame.function;
  if (display_width(name) > room) {
    while (display_width(name) > room - 1) name.pop_back();
    name += "…";
  }
  return std::string(indent) + name + place + "\n";
}

// Templates of the standard library and of Boost, through which every callback is called.
bool is_library(const profile_frame& frame) {
  return frame.file.find("/include/c++/") != frame.file.npos ||
         frame.file.find("/boost/") != frame.file.npos;
}

std::string stack_text(const std::vector<profile_frame>& stack, const terminal_style& style) {
  std::string out = "    stack (innermost first):\n";
  std::size_t lines = 0;
  for (std::size_t at = 0; at < stack.size(); ++lines) {
    if (lines == most_frames) {
      return out + fmt::format("      … and {} callers more\n", stack.size() - at);
    }
    std::size_t after = at;
    while (after < stack.size() && is_library(stack[after])) ++after;
    if (after > at + 1) {
      out += fmt::format("      … {} of the library\n", after - at);
      at = after;
      continue;
    }
    const std::string line = frame_line(stack[at++], style);
    out += line;
    std::size_t same = 0;  // interpreters' frames look alike
    while (at < stack.size() && frame_line(stack[at], style) == line) ++at, ++same;
    if (same > 0) out += fmt::format("      … {} more of it\n", same);
  }
  return out;
}

std::string share_text(const ledger_share& share) {
  std::string name = to_string(share.kind);
  if (share.kind == share_kind::system_call) name = share.call;
  if (share.kind == share_kind::lock || share.kind == share_kind::condition) {
    name = fmt::format("{} ({})", share.call, name);
  }
  if (!share.object.empty()) name += fmt::format(" [{}]", share.object);
  return fmt::format("{} {}", name, show(share.time));
}

std::string cause_text(const blocked_stretch& stretch) {
  std::string text = stretch.cause;
  if (!stretch.detail.empty()) text += fmt::format(" ({})", stretch.detail);
  if (!stretch.blocker.function.empty()) text += ", in " + place_of(stretch.blocker);
  return text;
}

std::uint64_t count_of(const loop_profile& loop) {
  std::uint64_t count = 0;
  for (const auto& stretch : loop.stretches) count += 1 + stretch.suppressed;
  return count;
}

nanoseconds blocked_time(const loop_profile& loop) {
  nanoseconds sum{};
  for (const auto& stretch : loop.stretches) sum += stretch.duration + stretch.suppressed_time;
  return sum;
}

std::string others_text(const loop_profile& loop) {
  std::map<std::string, std::uint64_t> causes;
  for (std::size_t at = 0; at < loop.stretches.size(); ++at) {
    const blocked_stretch& stretch = loop.stretches[at];
    const std::uint64_t count = (at < most_stretches ? 0 : 1) + stretch.suppressed;
    if (count != 0) causes[stretch.cause] += count;
  }
  std::string text;
  for (const auto& [cause, count] : causes) {
    text += fmt::format("{}{} × {}", text.empty() ? "" : ", ", show_whole(count), cause);
  }
  return text;
}

// Most looks found it there, of those that are known.
std::string saturated_text(const loop_profile& loop, const terminal_style& style) {
  const saturated_stack& most = loop.saturated_in.front();
  std::uint64_t looks = 0;
  for (const saturated_stack& each : loop.saturated_in) looks += each.looks;
  const std::string where =
      most.blocker.function.empty() ? "one stack" : "in " + place_of(most.blocker);
  return "\n" +
         wrap(fmt::format("{} was saturated {} of the time; {} of {} looks found it {}", loop.key,
                          percent(loop.saturated.value_or(0)), show_whole(most.looks),
                          show_whole(looks), where),
              "", style.columns) +
         "\n" + stack_text(most.stack, style);
}

std::string blocked_part(const profile_result& result, const terminal_style& style) {
  std::string out;
  for (const loop_profile& loop : result.loops) {
    if (!loop.saturated_in.empty()) out += saturated_text(loop, style);
    if (loop.stretches.empty()) continue;
    const std::uint64_t count = count_of(loop);
    out += "\n" +
           paint(style, "1;31",
                 wrap(fmt::format("{} was blocked {} for {} or longer, {} in all", loop.key,
                                  count == 1 ? "once" : show_whole(count) + " times",
                                  show(result.threshold), show(blocked_time(loop))),
                      "", style.columns)) +
           "\n";
    for (std::size_t at = 0; at < std::min(loop.stretches.size(), most_stretches); ++at) {
      out += render_stretch(loop.stretches[at], style);
    }
    const std::string others = others_text(loop);
    if (!others.empty()) out += wrap(others, "  and also: ", style.columns) + "\n";
  }
  const bool blocked = std::ranges::any_of(
      result.loops, [](const loop_profile& loop) { return !loop.stretches.empty(); });
  if (blocked) return out;
  if (!result.loops.empty()) {
    return out +
           fmt::format("\nNo loop was seen blocked for {} or longer.\n", show(result.threshold));
  }
  return "\n" +
         wrap(
             "No loop was found: no thread waited for several descriptors by epoll, poll, "
             "select or io_uring while it was watched.",
             "", style.columns) +
         "\n";
}

std::string loops_part(const profile_result& result, const terminal_style& style) {
  if (result.loops.empty()) return "";
  table_column key{"loop", false, 0, {}}, call{"waits by", false, 3, {}};
  table_column threads{"threads", true, 2, {}}, rate{"iterations", true, 1, {}};
  table_column working{"working", true, 0, {}}, p50{"callbacks p50", true, 3, {}};
  table_column p99{"p99", true, 2, {}}, longest{"longest", true, 1, {}};
  table_column blocked{"blocked", true, 0, {}};
  for (const loop_profile& loop : result.loops) {
    const double seconds = std::chrono::duration<double>(result.duration).count();
    key.cells.push_back(loop.key);
    call.cells.push_back(loop.call);
    threads.cells.push_back(show_whole(loop.threads.size()));
    rate.cells.push_back(loop.iterations && seconds > 0
                             ? show_rate(static_cast<double>(*loop.iterations) / seconds)
                             : "–");
    const auto share = loop.working_share();
    std::string work = share ? percent(*share) : "–";
    if (loop.saturated && *loop.saturated > 0.01) {
      work += fmt::format(", {} saturated", percent(*loop.saturated));
    }
    working.cells.push_back(work);
    const auto quantile = [&](double p) {
      return loop.slices ? show_seconds(loop.slices->quantile(p)) : "–";
    };
    p50.cells.push_back(quantile(0.5));
    p99.cells.push_back(quantile(0.99));
    longest.cells.push_back(
        loop.slices && loop.slices->count() > 0 ? show_seconds(loop.slices->max()) : "–");
    blocked.cells.push_back(loop.stretches.empty() ? "never" : show(blocked_time(loop)));
  }
  return "\n" + lines_of({key, call, threads, rate, working, p50, p99, longest, blocked}, style);
}

std::string threads_part(const profile_result& result, const terminal_style& style) {
  if (result.threads.empty()) return "";
  table_column name{"thread", false, 0, {}}, kind{"kind", false, 1, {}};
  table_column cpu{"CPU", true, 0, {}}, queue{"waiting for a CPU", true, 2, {}};
  table_column switches{"switches", true, 2, {}}, waits{"waits in", false, 1, {}};
  for (const thread_profile& thread : result.threads) {
    if (name.cells.size() == most_threads) break;
    name.cells.push_back(fmt::format("{} ({})", thread.tid, thread.name));
    kind.cells.push_back(to_string(thread.kind));
    cpu.cells.push_back(percent(share_of(thread.cpu, thread.watched)));
    queue.cells.push_back(percent(share_of(thread.run_queue, thread.watched)));
    switches.cells.push_back(show_whole(thread.switches));
    waits.cells.push_back(thread.waits_in.empty() ? "–" : thread.waits_in);
  }
  std::string out = "\n" + lines_of({name, kind, cpu, queue, switches, waits}, style);
  if (result.threads.size() > most_threads) {
    out += fmt::format("… and {} more threads\n", result.threads.size() - most_threads);
  }
  return out;
}

// What of the kernel was watched: who else is slowed down, and for how long.
std::string stages_text(const profile_result& result) {
  const profiler_cost& cost = result.cost;
  std::string text;
  if (cost.programs_share) {
    text = fmt::format("The programs in the kernel took {} of one CPU. ",
                       percent(*cost.programs_share));
  }
  text += fmt::format(
      "Switches were watched all the time; the calls that loops wait by for {} ({}), and all "
      "system "
      "calls for {} ({}): other processes are slowed down by these two only",
      show(cost.waits_watched), percent(share_of(cost.waits_watched, result.duration)),
      show(cost.calls_watched), percent(share_of(cost.calls_watched, result.duration)));
  const bool followed = result.requests && result.requests->window > nanoseconds::zero();
  return text + (followed ? ", and where they send and receive (--requests off)." : ".");
}

std::string driven_part(const profile_result& result, const terminal_style& style) {
  if (!result.driven) return "";
  const driven_load& driven = *result.driven;
  const std::uint64_t inside = driven.in_stretches.count();
  std::string out = "\n" + render_load(driven.load, style);
  return out +
         wrap(fmt::format("{} of {} requests were due while a loop was blocked: p50 {}, p99 "
                          "{}; of the others p50 {}, p99 {}",
                          show_whole(inside), show_whole(inside + driven.elsewhere.count()),
                          show_seconds(driven.in_stretches.quantile(0.5)),
                          show_seconds(driven.in_stretches.quantile(0.99)),
                          show_seconds(driven.elsewhere.quantile(0.5)),
                          show_seconds(driven.elsewhere.quantile(0.99))),
              "stretches ", style.columns) +
         "\n";
}

std::string notes_part(const profile_result& result, const terminal_style& style) {
  std::string out = "\n";
  for (const missing_tier& missing : result.missing) {
    out += wrap(fmt::format("Not by {}: {}.", to_string(missing.tier), missing.reason),
                "note: ", style.columns) +
           "\n";
  }
  for (const std::string& note : result.notes) out += wrap(note, "note: ", style.columns) + "\n";
  const profiler_cost& cost = result.cost;
  const std::string dropped =
      cost.dropped == 0 ? "none lost" : fmt::format("{} lost", show_whole(cost.dropped));
  out += wrap(fmt::format("Watching took {} of CPU ({} of one), attaching {}; {} {}, {}.",
                          show(cost.cpu), percent(share_of(cost.cpu, result.duration)),
                          show(cost.attach), show_whole(cost.events),
                          result.tier == profile_tier::ebpf ? "events" : "samples", dropped),
              "cost: ", style.columns) +
         "\n";
  if (result.tier == profile_tier::ebpf) {
    out += wrap(stages_text(result), "      ", style.columns) + "\n";
  }
  return out;
}

}  // namespace

std::string live_line(const blocked_stretch& found, const char* verb) {
  const blocked_stretch stretch = printable(found);
  return fmt::format("{}: thread {} ({}) {} {}: {}", stretch.loop, stretch.tid, stretch.thread_name,
                     verb, show(stretch.duration), cause_text(stretch));
}

std::string render_stretch(const blocked_stretch& found, const terminal_style& style) {
  const blocked_stretch stretch = printable(found);
  std::string out = wrap(fmt::format("{}{} at {}, thread {} ({}): {}", show(stretch.duration),
                                     stretch.ended ? "" : " and longer", show(stretch.begin),
                                     stretch.tid, stretch.thread_name, cause_text(stretch)),
                         "  ", style.columns) +
                    "\n";
  std::string shares;
  for (const ledger_share& share : stretch.ledger) {
    if (share.time * 100 < stretch.duration) continue;  // under 1 %
    shares += (shares.empty() ? "" : ", ") + share_text(share);
  }
  out += wrap(shares, "    time: ", style.columns) + "\n";
  if (stretch.cost) {
    out += wrap(fmt::format("{} requests were due, {} of them held until it was over, {} in all",
                            show_whole(stretch.cost->due), show_whole(stretch.cost->held),
                            show(stretch.cost->delay)),
                "    cost: ", style.columns) +
           "\n";
  }
  if (stretch.stack.empty()) {
    return out + wrap(stretch.stack_problem, "    no stack: ", style.columns) + "\n";
  }
  return out + stack_text(stretch.stack, style);
}

std::string render_profile(const profile_result& found, const terminal_style& style) {
  const profile_result result = printable(found);
  const std::string end = result.process_end ? fmt::format("; it {}", *result.process_end) : "";
  std::string out =
      wrap(fmt::format("{} (process {}), watched for {} by {}{}", result.process.command_line,
                       result.process.pid, show(result.duration), to_string(result.tier), end),
           "", style.columns) +
      "\n";
  out += blocked_part(result, style);
  out += driven_part(result, style);
  if (result.requests) out += "\n" + render_requests(*result.requests, style);
  out += loops_part(result, style);
  out += threads_part(result, style);
  out += notes_part(result, style);
  return out;
}

}  // namespace regatta
