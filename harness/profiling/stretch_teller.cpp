// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/stretch_teller.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <utility>

#include "harness/profiling/culprit.hpp"
#include "harness/profiling/waiting_capture.hpp"

namespace regatta::profiling {

namespace {

std::string program_of(pid_t process) {
  std::error_code gone;
  return std::filesystem::read_symlink(fmt::format("/proc/{}/exe", process), gone).string();
}

}  // namespace

stretch_teller::stretch_teller(pid_t process, std::chrono::nanoseconds threshold,
                               const profile_hooks& hooks, std::chrono::nanoseconds profile_began)
    : process_(process),
      threshold_(threshold),
      began_(profile_began),
      hooks_(hooks),
      descriptors_(process),
      program_(program_of(process)),
      symbols_(process) {}

named_stack stretch_teller::name(const captured_stack& captured) {
  std::string program = program_of(process_);
  if (!program.empty() && program != program_) {
    program_ = std::move(program);
    symbols_.refresh();
  }
  return symbols_.stack(captured);
}

void stretch_teller::warm_up(pid_t thread) {
  if (const auto captured = capture_waiting_thread(process_, thread)) name(*captured);
}

void stretch_teller::note_path(std::int32_t call, std::uint64_t first, std::string path) {
  if (paths_.size() > 1000) paths_.clear();  // a service may open any number of files
  paths_[{call, first}] = std::move(path);
}

void stretch_teller::note_descriptor(std::int32_t call, std::uint64_t first) {
  if (call_takes_descriptor(call)) descriptors_.of(static_cast<int>(first));
}

bool stretch_teller::loop_exists(const loop_identity& loop) const {
  return loop.kind != kernel_side::wait_epoll || descriptors_.is_epoll(static_cast<int>(loop.key));
}

call_object stretch_teller::object_of(const kernel_side::call_share& share,
                                      const thread_book& threads) {
  if (kernel_side::is_lock_wait(share.call, share.second, share.third)) {
    if (share.owner == 0) return {};
    const auto owner = static_cast<pid_t>(share.owner);
    return {.text = fmt::format("held by thread {} ({})", owner, threads.name_of(owner)),
            .link = {}};
  }
  if (kernel_side::is_epoll(share.call) && share.first == kernel_side::inner_loop) {
    return {.text = "a loop inside the callback", .link = "anon_inode:[eventpoll]"};
  }
  if (const auto path = paths_.find({share.call, share.first}); path != paths_.end()) {
    return {.text = path->second, .link = path->second};
  }
  if (!call_takes_descriptor(share.call)) return {};
  const auto known = descriptors_.of(static_cast<int>(share.first));
  if (known.text.empty()) {
    return {.text = fmt::format("descriptor {}, closed since", static_cast<int>(share.first)),
            .link = {}};
  }
  return {.text = known.text, .link = known.link};
}

blocked_stretch stretch_teller::describe(const found_stretch& found, const thread_book& threads) {
  blocked_stretch stretch;
  stretch.begin = found.begin - began_;
  stretch.duration = length_of(found.ledger);
  stretch.tid = found.tid;
  stretch.thread_name = threads.name_of(found.tid);
  stretch.loop = to_string(found.loop);
  if (!found.stack) {
    stretch.stack_problem = "it was over before its stack could be copied";
  } else {
    stretch.stack = found.stack->frames;
    stretch.stack_problem = found.stack->note;
    if (const profile_frame* const blocker = culprit(stretch.stack)) stretch.blocker = *blocker;
  }
  auto explained = explain(
      found.ledger, [&](const auto& share) { return object_of(share, threads); }, stretch.stack,
      threshold_);
  stretch.ledger = std::move(explained.ledger);
  stretch.cause = std::move(explained.cause);
  stretch.detail = std::move(explained.detail);
  return stretch;
}

void stretch_teller::tell(const found_stretch& found, stretch_phase phase,
                          const thread_book& threads) {
  if (hooks_.live) hooks_.live(describe(found, threads), phase);
}

void stretch_teller::keep(const found_stretch& found, bool ended, bool announced,
                          const thread_book& threads) {
  blocked_stretch stretch = describe(found, threads);
  stretch.ended = ended;
  if (hooks_.live && ended && announced) hooks_.live(stretch, stretch_phase::ended);
  list_.add(std::move(stretch));
}

}  // namespace regatta::profiling
