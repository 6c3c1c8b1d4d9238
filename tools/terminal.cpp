// SPDX-License-Identifier: Apache-2.0
#include "tools/terminal.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "reports/text_table.hpp"

namespace regatta {
namespace {

std::size_t columns_of(int descriptor) {
  winsize size{};
  if (::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  if (const char* const columns = std::getenv("COLUMNS")) {
    const int value = std::atoi(columns);
    if (value > 0) return static_cast<std::size_t>(value);
  }
  return 100;
}

std::string cut(const std::string& text, std::size_t width) {
  std::string result = text;
  while (display_width(result) > width) result.pop_back();
  return result;
}

std::atomic<int> signals_seen{0};

void on_signal(int) {
  // Relaxed: nothing else is passed with it.
  if (signals_seen.fetch_add(1, std::memory_order_relaxed) > 0) ::_exit(130);
}

}  // namespace

terminal_style style_for_stdout(color_mode mode) {
  const bool terminal = ::isatty(STDOUT_FILENO) == 1;
  const char* const no_color = std::getenv("NO_COLOR");
  const char* const term = std::getenv("TERM");
  const bool capable = terminal && (no_color == nullptr || *no_color == '\0') && term != nullptr &&
                       std::string_view(term) != "dumb";
  return {.columns = std::max<std::size_t>(40, terminal ? columns_of(STDOUT_FILENO) : 100),
          .color = mode == color_mode::always || (mode == color_mode::automatic && capable)};
}

progress_display::progress_display(bool quiet)
    : quiet_(quiet), live_(!quiet && ::isatty(STDERR_FILENO) == 1) {}

progress_display::~progress_display() { clear(); }

void progress_display::show(const run_progress& progress) {
  if (quiet_) return;
  const std::string what =
      progress.workload.empty() ? progress.doing : progress.workload + ": " + progress.doing;
  if (!live_) {
    // Without a terminal: a line for each phase of each workload, not for each backend and block.
    const std::string phase =
        progress.workload + progress.doing.substr(0, progress.doing.find(' '));
    if (phase == last_) return;
    last_ = phase;
    std::fprintf(stderr, "regatta: %s …\n", what.c_str());
    return;
  }
  std::string eta;
  if (progress.fraction > 0.02) {
    const double left = progress.elapsed * (1 - progress.fraction) / progress.fraction;
    eta = fmt::format(", about {:.0f} s left", left);
  }
  constexpr int cells = 20;
  const int filled = static_cast<int>(progress.fraction * cells);
  std::string bar;
  for (int i = 0; i < cells; ++i) bar += i < filled ? "━" : "─";
  const std::string line =
      cut(fmt::format("{} {:3.0f} %{}  {}", bar, 100 * progress.fraction, eta, what),
          columns_of(STDERR_FILENO) - 1);
  std::fprintf(stderr, "\r\033[K%s", line.c_str());
  std::fflush(stderr);
  last_ = line;
}

void progress_display::clear() {
  if (live_ && !last_.empty()) {
    std::fprintf(stderr, "\r\033[K");
    std::fflush(stderr);
    last_.clear();
  }
}

void catch_interrupts() {
  struct sigaction action {};
  action.sa_handler = on_signal;  // without SA_RESTART: waits end early and look at interrupted()
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

bool interrupted() { return signals_seen.load(std::memory_order_relaxed) > 0; }

}  // namespace regatta
