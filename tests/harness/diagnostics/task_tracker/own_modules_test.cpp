// SPDX-License-Identifier: Apache-2.0
#include "harness/diagnostics/own_modules.hpp"

#include <dlfcn.h>
#include <elfutils/libdwfl.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "harness/diagnostics/symbols.hpp"

namespace regatta {
namespace {

std::size_t whole_pages(std::size_t bytes) { return (bytes + 4095) / 4096 * 4096; }

// A hole for a library, and room below it: the kernel fills the highest hole that is large enough,
// so all others are filled before.
TEST(OwnModules, AFileThatIsMappedBelowItsLibraryIsNotTakenForIt) {
  constexpr const char* name = "libsqlite3.so.0";
  ASSERT_EQ(::dlopen(name, RTLD_NOW | RTLD_NOLOAD), nullptr) << "the program is linked with it";
  void* library = ::dlopen(name, RTLD_NOW);
  ASSERT_NE(library, nullptr) << ::dlerror();
  Dl_info about{};
  ASSERT_NE(::dladdr(::dlsym(library, "sqlite3_libversion"), &about), 0);
  const std::string file_name = about.dli_fname;
  ::dlclose(library);

  const std::size_t file_size = whole_pages(std::filesystem::file_size(file_name));
  const std::size_t size = file_size + (1 << 20);  // more than the library has in memory
  void* const room = ::mmap(nullptr, 2 * size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(room, MAP_FAILED);
  constexpr std::size_t less_than_a_library = 1 << 18;
  std::vector<void*> fillers;
  do {
    fillers.push_back(
        ::mmap(nullptr, less_than_a_library, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    ASSERT_NE(fillers.back(), MAP_FAILED);
  } while (fillers.back() > room && fillers.size() < 10'000);
  ::munmap(static_cast<char*>(room) + size, size);
  library = ::dlopen(name, RTLD_NOW);
  ASSERT_NE(library, nullptr) << ::dlerror();
  void* const function = ::dlsym(library, "sqlite3_libversion");
  ASSERT_NE(::dladdr(function, &about), 0);
  char* const below = static_cast<char*>(about.dli_fbase) - file_size;
  if (below >= room && below < static_cast<char*>(room) + 2 * size) {
    const int file = ::open(file_name.c_str(), O_RDONLY | O_CLOEXEC);
    ASSERT_EQ(::mmap(below, file_size, PROT_READ, MAP_PRIVATE | MAP_FIXED, file, 0), below);
    ::close(file);
    symbols fresh;
    const auto frames = fresh.at(reinterpret_cast<std::uintptr_t>(function));
    EXPECT_EQ(frames.back().function, "sqlite3_libversion");
  } else {
    ADD_FAILURE() << "the library came to " << about.dli_fbase << ", not into the room at " << room;
  }
  ::dlclose(library);
  ::munmap(room, size);
  for (void* const filler : fillers) ::munmap(filler, less_than_a_library);
}

TEST(OwnModules, KnowTheProgramAndTheKernelsPage) {
  symbols fresh;
  const auto own = fresh.at(reinterpret_cast<std::uintptr_t>(&internal::report_own_modules));
  EXPECT_NE(own.back().function.find("report_own_modules"), std::string::npos);
  void* const page = ::dlopen("linux-vdso.so.1", RTLD_NOW | RTLD_NOLOAD);
  if (page == nullptr) GTEST_SKIP() << "no vDSO";
  void* const function = ::dlsym(page, "__vdso_clock_gettime");
  ASSERT_NE(function, nullptr);
  const auto frames = fresh.at(reinterpret_cast<std::uintptr_t>(function));
  EXPECT_NE(frames.back().function.find("clock_gettime"), std::string::npos);
}

}  // namespace
}  // namespace regatta
