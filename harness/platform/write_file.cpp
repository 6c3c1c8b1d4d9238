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

namespace fs = std::filesystem;

[[noreturn]] void fail(const std::string& during) {
  throw std::system_error(errno, std::generic_category(), during);
}

fs::path folder_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

// The file that a link means, which need not exist; more hops than the kernel's 40 are a loop.
fs::path followed(fs::path path) {
  for (int hop = 0; hop < 40 && fs::is_symlink(path); ++hop) {
    path = path.parent_path() / fs::read_symlink(path);  // an absolute target replaces it all
  }
  return path;
}

// A device or a pipe (or, to no avail, a directory): written into, never replaced by a file.
bool is_irregular(const fs::path& path) {
  const fs::file_status status = fs::status(path);
  return fs::exists(status) && !fs::is_regular_file(status);
}

struct temporary_file {
  std::string path;
  unique_fd fd;
};

temporary_file open_beside(const fs::path& path) {
  temporary_file made{(folder_of(path) / (path.filename().string() + ".XXXXXX")).string(), {}};
  made.fd = unique_fd(::mkostemp(made.path.data(), O_CLOEXEC));
  if (!made.fd) fail("creating " + path.string());
  return made;
}

void write_all(int fd, const fs::path& path, const std::string& content) {
  for (std::size_t at = 0; at < content.size();) {
    const ssize_t put = ::write(fd, content.data() + at, content.size() - at);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) fail("writing " + path.string());
    at += static_cast<std::size_t>(put);
  }
}

void write_into(const fs::path& path, const std::string& content) {
  const unique_fd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file) fail("opening " + path.string());
  write_all(file.get(), path, content);
}

void replace(const fs::path& path, const std::string& content) {
  temporary_file file = open_beside(path);
  try {
    write_all(file.fd.get(), path, content);
    const mode_t mask = ::umask(0);
    ::umask(mask);
    ::fchmod(file.fd.get(), 0666 & ~mask);
    if (::fsync(file.fd.get()) != 0) fail("writing " + path.string());
    file.fd.reset();
    if (::rename(file.path.c_str(), path.c_str()) != 0) fail("renaming to " + path.string());
  } catch (...) {
    ::unlink(file.path.c_str());
    throw;
  }
}

}  // namespace

void check_writable(const fs::path& path) {
  if (fs::is_directory(path)) {
    throw std::system_error(EISDIR, std::generic_category(), "the output file " + path.string());
  }
  if (!path.has_filename()) {
    throw std::system_error(EINVAL, std::generic_category(),
                            "the output file '" + path.string() + "' has no name");
  }
  if (is_irregular(path)) {
    if (::access(path.c_str(), W_OK) != 0) fail("the output file " + path.string());
    return;
  }
  // Only an attempt tells: permissions stop nobody who is root, and /proc stops everybody.
  ::unlink(open_beside(followed(path)).path.c_str());
}

void write_file(const fs::path& path, const std::string& content) {
  if (is_irregular(path)) {
    write_into(path, content);
  } else {
    replace(followed(path), content);
  }
}

}  // namespace regatta
