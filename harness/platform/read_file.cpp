// SPDX-License-Identifier: Apache-2.0
#include "harness/platform/read_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "harness/platform/unique_fd.hpp"

namespace regatta {

buffer read_whole_file(const std::filesystem::path& path) {
  const auto fail = [&path] {
    throw std::system_error(errno, std::generic_category(), "reading " + path.string());
  };
  const unique_fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) fail();
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) fail();
  buffer content(static_cast<std::size_t>(status.st_size));
  std::size_t filled = 0;
  for (;;) {
    if (filled == content.size()) content.resize(content.size() + 1);  // it may have grown
    const ssize_t got = ::read(file.get(), content.data() + filled, content.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail();
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  content.resize(filled);
  return content;
}

}  // namespace regatta
