// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/perf_map.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "harness/platform/proc_text.hpp"
#include "harness/platform/unique_fd.hpp"
#include "harness/profiling/python_frames.hpp"

namespace regatta::profiling {
namespace {

// Cuts ":12" off the end of a text.
std::optional<unsigned> cut_number(std::string_view& text) {
  const auto colon = text.rfind(':');
  if (colon == text.npos) return std::nullopt;
  const auto number = proc_text::number<unsigned>(text.substr(colon + 1));
  if (number) text = text.substr(0, colon);
  return number;
}

// "sum /srv/app.js:12:7", "sum file:///srv/app.mjs:12:7", "/srv/app.js:1:1"
profile_frame script_function(std::string_view text) {
  profile_frame frame;
  frame.module = jit_module;
  const std::string_view whole = text;
  const auto column = cut_number(text);
  const auto line = cut_number(text);
  if (!column || !line) {
    frame.function = whole;
    return frame;
  }
  const auto blank = text.find(' ');  // the file's name may have some, the function's has none
  frame.line = *line;
  frame.function = blank == text.npos ? std::string_view() : text.substr(0, blank);
  std::string_view file = blank == text.npos ? text : text.substr(blank + 1);
  if (file.starts_with("file://")) file.remove_prefix(7);
  frame.file = file;
  if (frame.function.empty()) frame.function = "(anonymous)";
  return frame;
}

}  // namespace

profile_frame perf_map_frame(std::string_view name) {
  constexpr std::string_view python = "py::";
  if (name.starts_with(python)) {
    name.remove_prefix(python.size());
    const auto colon = name.find(':');
    profile_frame frame;
    frame.function = name.substr(0, colon);
    if (colon != name.npos) frame.file = name.substr(colon + 1);
    frame.module = python_module;
    return frame;
  }
  for (const std::string_view kind :
       {"LazyCompile:", "Function:", "JS:", "Script:", "Eval:", "Callback:"}) {
    if (!name.starts_with(kind)) continue;
    name.remove_prefix(kind.size());
    // How it was compiled: ~ not at all, ^ and + quickly, * optimised.
    while (!name.empty() && std::string_view("*~^+'").find(name.front()) != name.npos) {
      name.remove_prefix(1);
    }
    return script_function(name);
  }
  profile_frame frame;
  frame.function = name;
  frame.module = jit_module;
  return frame;
}

std::size_t perf_map::add(std::string_view text) {
  std::size_t read = 0;
  for (auto end = text.find('\n'); end != text.npos; end = text.find('\n', read)) {
    std::string_view line = text.substr(read, end - read);
    read = end + 1;
    const auto begin = proc_text::hexadecimal(proc_text::next_word(line));
    const auto size = proc_text::hexadecimal(proc_text::next_word(line));
    const std::string_view name = proc_text::trimmed(line);
    if (!begin || !size || *size == 0 || name.empty() || *begin + *size < *begin) continue;
    auto overlapped = functions_.lower_bound(*begin);
    if (overlapped != functions_.begin() && std::prev(overlapped)->second.end > *begin) {
      --overlapped;
    }
    while (overlapped != functions_.end() && overlapped->first < *begin + *size) {
      overlapped = functions_.erase(overlapped);
    }
    functions_.emplace(*begin, function{*begin + *size, std::string(name)});
  }
  return read;
}

std::optional<profile_frame> perf_map::at(std::uint64_t address) const {
  const auto after = functions_.upper_bound(address);
  if (after == functions_.begin() || std::prev(after)->second.end <= address) return std::nullopt;
  profile_frame frame = perf_map_frame(std::prev(after)->second.name);
  frame.address = address;
  return frame;
}

process_perf_map::process_perf_map(pid_t process) {
  const auto status = proc_text::read_file(fmt::format("/proc/{}/status", process));
  const std::string_view text = status ? *status : std::string_view();
  const auto ids = proc_text::value_of(text, "NSpid").value_or("");
  const std::string_view id = ids.substr(ids.find_last_of(" \t") + 1);
  user_ = proc_text::count_of(text, "Uid").value_or(0);
  path_ = fmt::format("/proc/{}/root/tmp/perf-{}.map", process,
                      id.empty() ? std::to_string(process) : std::string(id));
}

void process_perf_map::read_on() {
  const unique_fd file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW));
  struct stat found {};
  if (!file || ::fstat(file.get(), &found) != 0 || !S_ISREG(found.st_mode)) return;
  if (found.st_uid != 0 && found.st_uid != user_) return;
  if (found.st_ino != inode_ || static_cast<std::uint64_t>(found.st_size) < read_) {
    inode_ = found.st_ino;
    read_ = 0;
    map_ = {};
  }
  std::string text(static_cast<std::size_t>(found.st_size) - read_, '\0');
  const ssize_t got = ::pread(file.get(), text.data(), text.size(), static_cast<off_t>(read_));
  if (got > 0) read_ += map_.add(std::string_view(text).substr(0, static_cast<std::size_t>(got)));
}

std::optional<profile_frame> process_perf_map::at(std::uint64_t address) {
  if (auto known = map_.at(address)) return known;
  const auto now = std::chrono::steady_clock::now();
  if (now < next_) return std::nullopt;
  next_ = now + std::chrono::milliseconds(100);
  read_on();
  return map_.at(address);
}

}  // namespace regatta::profiling
