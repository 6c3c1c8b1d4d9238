// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/ebpf/load_failures.hpp"

#include <bpf/libbpf.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <mutex>

#include "harness/profiling/loop_watch.hpp"

namespace regatta::profiling {
namespace {

// libbpf tells what went wrong to a function of the whole process.
thread_local std::string first_warning;  // the first one is the cause

int note_warning(libbpf_print_level level, const char* format, std::va_list arguments) {
  if (level != LIBBPF_WARN || !first_warning.empty()) return 0;
  char line[512];
  std::vsnprintf(line, sizeof(line), format, arguments);
  first_warning = line;
  while (first_warning.ends_with('\n')) first_warning.pop_back();
  if (first_warning.starts_with("libbpf: ")) first_warning.erase(0, 8);
  return 0;
}

// PROC_PID_INIT_INO of the kernel's proc_ns.h.
bool in_first_pid_namespace() {
  struct stat found {};
  return ::stat("/proc/self/ns/pid", &found) == 0 && found.st_ino == 0xEFFFFFFC;
}

}  // namespace

void prepare_to_load() {
  if (!in_first_pid_namespace()) {
    throw tier_unavailable("this is a PID namespace of its own, where eBPF sees other process ids");
  }
  static std::once_flag once;
  std::call_once(once, [] { libbpf_set_print(note_warning); });
  first_warning.clear();
}

std::string load_failure(int error) {
  if (error == EPERM || error == EACCES) {
    return "the kernel refuses it: it needs root, or CAP_BPF with CAP_PERFMON";
  }
  if (::access("/sys/kernel/btf/vmlinux", R_OK) != 0) {
    return "this kernel has no BTF (/sys/kernel/btf/vmlinux)";
  }
  return first_warning.empty() ? std::strerror(error) : first_warning;
}

}  // namespace regatta::profiling
