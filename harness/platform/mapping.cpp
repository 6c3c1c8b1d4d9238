// SPDX-License-Identifier: Apache-2.0
#include "harness/platform/mapping.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace regatta {

namespace {

[[noreturn]] void fail(const char* during) {
  throw std::system_error(errno, std::generic_category(), during);
}

}  // namespace

unique_fd memory_file(std::size_t size) {
  unique_fd file(::memfd_create("regatta", MFD_CLOEXEC));
  if (!file) fail("creating shared memory");
  if (::ftruncate(file.get(), static_cast<off_t>(size)) != 0) fail("sizing shared memory");
  return file;
}

shared_mapping::shared_mapping(int file, std::size_t size, page_touch when) {
  if (size == 0) return;
  const int flags = MAP_SHARED | (when == page_touch::at_once ? MAP_POPULATE : 0);
  void* const start = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, flags, file, 0);
  if (start == MAP_FAILED) fail("mapping shared memory");
  bytes_ = {static_cast<std::byte*>(start), size};
}

shared_mapping::shared_mapping(std::size_t size) : shared_mapping(memory_file(size).get(), size) {}

shared_mapping::~shared_mapping() {
  if (!bytes_.empty()) ::munmap(bytes_.data(), bytes_.size());
}

}  // namespace regatta
