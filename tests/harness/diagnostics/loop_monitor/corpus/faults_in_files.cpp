// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>

#include "harness/platform/unique_fd.hpp"
#include "tests/harness/diagnostics/loop_monitor/corpus/faults.hpp"
#include "tests/harness/diagnostics/loop_monitor/corpus/thread_time.hpp"

namespace regatta::corpus {
namespace {

using steady_clock = std::chrono::steady_clock;

/// Removed at the end, with all that is in it.
class temporary_folder {
 public:
  temporary_folder() {
    path_ = (std::filesystem::temp_directory_path() / "regatta-corpus-XXXXXX").string();
    if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("mkdtemp of " + path_);
  }
  ~temporary_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;

  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

struct close_database {
  void operator()(sqlite3* database) const { ::sqlite3_close(database); }
};
using database = std::unique_ptr<sqlite3, close_database>;

database open_database(const std::string& path) {
  sqlite3* opened = nullptr;
  const int result = ::sqlite3_open(path.c_str(), &opened);
  database owner(opened);
  if (result != SQLITE_OK) throw std::runtime_error("sqlite3_open of " + path);
  return owner;
}

}  // namespace

[[gnu::noinline]] void stall_in_fsync(nanoseconds time) {
  // On a busy machine the thread waits for a CPU after every sync, which would be most of the time.
  const pid_t self = this_thread_id();
  const auto now = [self] { return steady_clock::now() - time_without_cpu(self); };
  const auto end = now() + time;
  // In the temporary directory, which is usually on a disk; a file system of memory syncs nothing,
  // and the thread computes then.
  const temporary_folder folder;
  const unique_fd file(::open(folder.file("log").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
  // So much at once that the disk takes longer than the kernel does for the call.
  static constexpr std::array<char, 256 * 1024> bytes{};
  while (now() < end) {
    if (::pwrite(file.get(), bytes.data(), bytes.size(), 0) < 0) return;
    if (::fsync(file.get()) != 0) return;
  }
}

[[gnu::noinline]] void stall_in_sqlite_lock(nanoseconds time) {
  const temporary_folder folder;
  const database holder = open_database(folder.file("data"));
  const database waiter = open_database(folder.file("data"));
  ::sqlite3_exec(holder.get(), "BEGIN EXCLUSIVE", nullptr, nullptr, nullptr);
  using std::chrono::milliseconds;
  const auto timeout = std::chrono::duration_cast<milliseconds>(time);
  ::sqlite3_busy_timeout(waiter.get(), static_cast<int>(timeout.count()));
  // Fails, after the timeout.
  ::sqlite3_exec(waiter.get(), "BEGIN EXCLUSIVE", nullptr, nullptr, nullptr);
}

}  // namespace regatta::corpus
