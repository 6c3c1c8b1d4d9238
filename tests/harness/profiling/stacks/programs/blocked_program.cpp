// SPDX-License-Identifier: Apache-2.0
// Blocks in functions whose names the tests know: what is after a call keeps it from becoming a
// jump.
#include <dlfcn.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <string_view>
#include <thread>

namespace known {

volatile int calls = 0;

[[gnu::noinline]] void wait_long() {
  const timespec long_time{1000, 0};
  ::clock_nanosleep(CLOCK_MONOTONIC, 0, &long_time, nullptr);
  calls = calls + 1;
}

[[gnu::noinline]] void spin() {
  for (;;) calls = calls + 1;
}

[[gnu::always_inline]] inline void inlined_step(void (*block)()) {
  block();
  calls = calls + 1;
}

struct service {
  [[gnu::noinline]] void handle(int request, void (*block)()) {
    inlined_step(block);
    calls = calls + request;
  }
};

[[gnu::noinline]] void outer(void (*block)()) {
  service().handle(calls, block);
  calls = calls + 1;
}

// Of 256 bytes each and more: deeper than what is copied of a stack.
[[gnu::noinline]] void recurse(int depth) {
  volatile char room[256] = {};
  if (depth == 0) {
    wait_long();
  } else {
    recurse(depth - 1);
  }
  room[0] = room[1];
}

[[gnu::noinline]] void deep() {
  recurse(300);
  calls = calls + 1;
}

}  // namespace known

int main(int argc, char** argv) {
  const std::string_view how = argc > 1 ? argv[1] : "";
  const auto tell = [](const char* what) {
    std::puts(what);
    std::fflush(stdout);
  };
  if (how == "plugin" && argc > 2) {
    tell("ready");
    char go = 0;
    if (::read(0, &go, 1) != 1) return 1;
    void* const plugin = ::dlopen(argv[2], RTLD_NOW);
    void* const call = plugin != nullptr ? ::dlsym(plugin, "call_from_plugin") : nullptr;
    if (call == nullptr) return 1;
    reinterpret_cast<void (*)(void (*)())>(call)(known::wait_long);
    return 0;
  }
  tell("ready");
  if (how == "main") known::outer(known::wait_long);
  if (how == "spin") known::outer(known::spin);
  if (how == "deep") known::outer(known::deep);
  if (how == "thread") std::thread(known::outer, known::wait_long).join();
  return 0;
}
