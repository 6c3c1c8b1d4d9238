// SPDX-License-Identifier: Apache-2.0
#include "harness/platform/write_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "harness/platform/unique_fd.hpp"

namespace regatta {
namespace {

std::filesystem::path folder_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

[[noreturn]] void fail(const std::string& during) {
  throw std::system_error(errno, std::generic_category(), during);
}

}  // namespace

void check_writable(const std::filesystem::path& path) {
  const std::filesystem::path folder = folder_of(path);
  if (std::filesystem::is_directory(path)) {
    throw std::system_error(EISDIR, std::generic_category(), "the output file " + path.string());
  }
  if (::access(folder.c_str(), W_OK) != 0)
    fail("the folder of the output file, " + folder.string());
}

void write_file(const std::filesystem::path& path, const std::string& content) {
  std::string temporary = (folder_of(path) / (path.filename().string() + ".XXXXXX")).string();
  unique_fd file(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!file) fail("creating " + temporary);
  try {
    for (std::size_t at = 0; at < content.size();) {
      const ssize_t put = ::write(file.get(), content.data() + at, content.size() - at);
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) fail("writing " + path.string());
      at += static_cast<std::size_t>(put);
    }
    const mode_t mask = ::umask(0);
    ::umask(mask);
    ::fchmod(file.get(), 0666 & ~mask);
    if (::fsync(file.get()) != 0) fail("writing " + path.string());
    file.reset();
    if (::rename(temporary.c_str(), path.c_str()) != 0) fail("renaming to " + path.string());
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
}

}  // namespace regatta
