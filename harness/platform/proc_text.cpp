// SPDX-License-Identifier: Apache-2.0
#include "harness/platform/proc_text.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "harness/platform/unique_fd.hpp"

namespace regatta::proc_text {

// Not an ifstream: it throws when the read fails, as it does with ESRCH for a process that has just
// ended. Not by size either: stat() says 0 here.
std::optional<std::string> read_file(const std::filesystem::path& path) {
  const unique_fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return std::nullopt;
  std::string text;
  char chunk[4096];
  for (;;) {
    const ssize_t got = ::read(file.get(), chunk, sizeof(chunk));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::nullopt;
    if (got == 0) return text;
    text.append(chunk, static_cast<std::size_t>(got));
  }
}

}  // namespace regatta::proc_text
