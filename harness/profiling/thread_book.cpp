// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/thread_book.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <filesystem>
#include <span>
#include <system_error>

#include "harness/platform/proc_text.hpp"
#include "harness/profiling/bpf/thread_account.h"
#include "harness/profiling/foreign_memory.hpp"
#include "harness/profiling/stretch_ledger.hpp"

namespace regatta::profiling {
namespace {

using std::chrono::nanoseconds;

unique_fd open_task_file(pid_t process, pid_t thread, const char* name) {
  const std::string path = fmt::format("/proc/{}/task/{}/{}", process, thread, name);
  return unique_fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
}

std::string_view read_at_once(const unique_fd& file, std::span<char> space) {
  const ssize_t got = ::pread(file.get(), space.data(), space.size(), 0);
  return {space.data(), got > 0 ? static_cast<std::size_t>(got) : 0};
}

std::string name_of_task(pid_t process, pid_t thread) {
  std::array<char, 64> space;
  const auto text = read_at_once(open_task_file(process, thread, "comm"), space);
  return std::string(proc_text::trimmed(text));
}

bool is_stopped(pid_t process, pid_t thread) {
  std::array<char, 512> space;
  const auto text = read_at_once(open_task_file(process, thread, "stat"), space);
  const std::size_t end = text.rfind(')');
  if (end == text.npos || end + 2 >= text.size()) return false;
  const char state = text[end + 2];
  return state == 'T' || state == 't';
}

// How many descriptors a thread that is in select, or pselect, asks for: to read or to write.
std::uint32_t count_selected(pid_t process, const internal::thread_look& look) {
  constexpr std::size_t most = 1024;  // an fd_set's
  const std::size_t bytes = (std::min<std::uint64_t>(look.argument[0], most) + 7) / 8;
  std::uint32_t count = 0;
  for (const std::uint64_t set : {look.argument[1], look.argument[2]}) {
    std::array<unsigned char, most / 8> space{};
    if (set == 0) continue;
    const std::size_t got = foreign_memory(process).read(set, space.data(), bytes);
    for (std::size_t at = 0; at < got; ++at) {
      count += static_cast<std::uint32_t>(std::popcount(space[at]));
    }
  }
  return count;
}

thread_profile profile_of(pid_t tid, const std::string& name, const thread_sample& first,
                          const thread_sample& last, const std::map<long, unsigned>& waits) {
  thread_profile profile{.tid = tid,
                         .name = name,
                         .watched = last.time - first.time,
                         .cpu = last.cpu - first.cpu,
                         .run_queue = last.run_queue - first.run_queue,
                         .switches = last.runs - first.runs,
                         .waits_in = {}};
  const auto most = std::max_element(
      waits.begin(), waits.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  if (most != waits.end()) profile.waits_in = name_of_call(most->first);
  return profile;
}

}  // namespace

nanoseconds monotonic_now() { return std::chrono::steady_clock::now().time_since_epoch(); }

bool parse_schedstat(std::string_view text, thread_sample& sample) {
  text = proc_text::trimmed(text);
  const auto cpu = proc_text::number<std::int64_t>(proc_text::next_word(text));
  const auto run_queue = proc_text::number<std::int64_t>(proc_text::next_word(text));
  const auto runs = proc_text::number<std::uint64_t>(proc_text::next_word(text));
  if (!cpu || !run_queue || !runs) return false;
  sample.cpu = nanoseconds(*cpu);
  sample.run_queue = nanoseconds(*run_queue);
  sample.runs = *runs;
  return true;
}

thread_kind kind_of_thread(const thread_profile& thread) {
  if (thread.cpu * 1000 < thread.watched || thread.watched.count() <= 0) return thread_kind::idle;
  if ((thread.cpu + thread.run_queue) * 10 > thread.watched * 9) return thread_kind::busy;
  return thread_kind::worker;
}

std::optional<thread_sample> thread_book::sample(pid_t thread, record& kept) const {
  std::array<char, 256> space;
  thread_sample found{.tid = thread, .time = {}, .look = {}};
  // The runs first: if they are the same at the next look, the thread did not run between, and what
  // it is seen in here is what it was in all the time.
  if (!parse_schedstat(read_at_once(kept.schedstat, space), found)) return std::nullopt;
  found.time = monotonic_now();
  const auto look = internal::parse_syscall_file(read_at_once(kept.syscall, space));
  if (!look) return std::nullopt;
  found.look = *look;
  if (look->now == internal::thread_look::state::waits) {
    found.stopped = is_stopped(process_, thread);
  }
  if (look->now == internal::thread_look::state::in_call &&
      (look->call == kernel_side::call_select || look->call == kernel_side::call_pselect6)) {
    found.selected = count_selected(process_, *look);
  }
  return found;
}

void thread_book::scan() {
  std::set<pid_t> there;
  std::error_code problem;
  std::filesystem::directory_iterator tasks(fmt::format("/proc/{}/task", process_), problem);
  for (; !problem && tasks != std::filesystem::directory_iterator(); tasks.increment(problem)) {
    const auto tid = proc_text::number<pid_t>(tasks->path().filename().string());
    if (!tid) continue;
    there.insert(*tid);
    if (const auto known = alive_.find(*tid); known != alive_.end()) {
      known->second.name =
          name_of_task(process_, *tid);  // an exec changes it, and so may the thread
      continue;
    }
    record fresh{.syscall = open_task_file(process_, *tid, "syscall"),
                 .schedstat = open_task_file(process_, *tid, "schedstat"),
                 .name = name_of_task(process_, *tid),
                 .first = {},
                 .last = {},
                 .waits = {}};
    const auto first = sample(*tid, fresh);
    if (!first) continue;
    fresh.first = fresh.last = *first;
    alive_.emplace(*tid, std::move(fresh));
  }
  for (auto each = alive_.begin(); each != alive_.end();) {
    if (there.contains(each->first)) {
      ++each;
      continue;
    }
    ended_.push_back(each->first);
    each->second.syscall.reset();
    each->second.schedstat.reset();
    past_.insert_or_assign(each->first, std::move(each->second));
    each = alive_.erase(each);
  }
}

void thread_book::look(const std::function<bool(pid_t)>& wanted,
                       const std::function<void(const thread_sample&)>& seen) {
  for (auto& [tid, kept] : alive_) {
    if (!wanted(tid)) continue;
    const auto found = sample(tid, kept);
    if (!found) continue;
    kept.last = *found;
    if (found->look.now == internal::thread_look::state::in_call) ++kept.waits[found->look.call];
    seen(*found);
  }
}

std::vector<pid_t> thread_book::ended() { return std::exchange(ended_, {}); }

std::string thread_book::name_of(pid_t thread) const {
  if (const auto found = alive_.find(thread); found != alive_.end()) return found->second.name;
  if (const auto found = past_.find(thread); found != past_.end()) return found->second.name;
  return name_of_task(process_, thread);
}

std::vector<pid_t> thread_book::threads() const {
  std::vector<pid_t> all;
  for (const auto& [tid, kept] : alive_) all.push_back(tid);
  return all;
}

std::vector<thread_profile> thread_book::profiles(const std::set<pid_t>& loop_threads) const {
  std::vector<thread_profile> all;
  for (const auto* const book : {&alive_, &past_}) {
    for (const auto& [tid, kept] : *book) {
      all.push_back(profile_of(tid, kept.name, kept.first, kept.last, kept.waits));
      all.back().process = process_;
      all.back().kind = loop_threads.contains(tid) ? thread_kind::loop : kind_of_thread(all.back());
    }
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const thread_profile& a, const thread_profile& b) { return a.cpu > b.cpu; });
  return all;
}

}  // namespace regatta::profiling
