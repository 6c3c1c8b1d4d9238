// SPDX-License-Identifier: Apache-2.0
#include "workloads/servers/private_directory.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace regatta {
namespace {

constexpr const char* lock_name = "in-use";
constexpr const char* random_part = "-XXXXXX";

[[noreturn]] void fail(const std::string& during) {
  throw std::system_error(errno, std::generic_category(), during);
}

unique_fd locked(const std::filesystem::path& directory, int flags) {
  unique_fd file(::open((directory / lock_name).c_str(), O_RDONLY | O_CLOEXEC | flags, 0600));
  if (file.get() < 0 || ::flock(file.get(), LOCK_EX | LOCK_NB) != 0) return {};
  return file;
}

}  // namespace

bool can_reach(const std::filesystem::path& folder, const user_identity& user) {
  for (std::filesystem::path at = std::filesystem::absolute(folder);; at = at.parent_path()) {
    struct stat status {};
    if (::stat(at.c_str(), &status) != 0) return false;
    const mode_t wanted = status.st_uid == user.user    ? S_IXUSR
                          : status.st_gid == user.group ? S_IXGRP
                                                        : S_IXOTH;
    if (user.user != 0 && (status.st_mode & wanted) == 0) return false;
    if (at == at.root_path()) return true;
  }
}

void remove_abandoned(const std::filesystem::path& place, const std::string& prefix) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(place, error)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(prefix + '-') || name.size() != prefix.size() + 7) continue;
    const unique_fd lock = locked(entry.path(), O_NOFOLLOW);
    std::error_code ignored;  // another user's, perhaps
    if (lock.get() >= 0) std::filesystem::remove_all(entry.path(), ignored);
  }
}

private_directory::private_directory(const std::string& prefix, const user_identity& owner,
                                     const std::vector<std::filesystem::path>& places,
                                     std::size_t longest) {
  for (const auto& place : places) {
    std::string pattern = (place / (prefix + random_part)).string();
    if (pattern.size() > longest || !can_reach(place, owner)) continue;
    remove_abandoned(place, prefix);
    if (::mkdtemp(pattern.data()) == nullptr) continue;
    path_ = pattern;
    break;
  }
  if (path_.empty()) {
    throw std::runtime_error(fmt::format(
        "there is no folder for temporary files that user {} can reach, not even {}: let others "
        "pass through it (chmod o+x), or set TMPDIR",
        owner.user, places.back().string()));
  }
  lock_ = locked(path_, O_CREAT);
  if (lock_.get() < 0) fail("locking " + path_.string());
  if (::geteuid() == 0 && ::chown(path_.c_str(), owner.user, owner.group) != 0) {
    fail("giving " + path_.string() + " to another user");
  }
}

private_directory::~private_directory() {
  std::error_code ignored;  // a destructor reports nothing; the next one made tries again
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace regatta
