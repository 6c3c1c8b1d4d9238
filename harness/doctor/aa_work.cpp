// SPDX-License-Identifier: Apache-2.0
#include "harness/doctor/aa_work.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <thread>

#include "harness/platform/affinity.hpp"
#include "harness/platform/unique_fd.hpp"

namespace regatta::doctor {
namespace {

void compute(std::uint64_t steps) {
  std::uint64_t state = steps | 1U;
  for (std::uint64_t i = 0; i < steps; ++i) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    asm volatile("" : "+r"(state));
  }
}

class one_thread final : public repeatable_work {
 public:
  void run(std::uint64_t amount) override { compute(amount); }
};

class two_threads final : public repeatable_work {
 public:
  explicit two_threads(const std::vector<int>& cpus) {
    if (cpus.size() < 2) throw std::runtime_error("there is only one CPU to use");
    here_ = cpus.front();
    there_ = cpus.back();
  }
  void run(std::uint64_t amount) override {
    const scoped_affinity pinned(here_);
    const std::jthread other([this, amount] {
      pin_this_thread(there_);
      compute(amount / 2);
    });
    compute(amount / 2);
  }

 private:
  int here_ = 0, there_ = 0;
};

class hand_over final : public repeatable_work {
 public:
  hand_over() {
    open(there_);
    open(back_);
    echo_ = std::jthread([this] {
      for (char byte = 0; ::read(there_[0].get(), &byte, 1) == 1;) {
        if (::write(back_[1].get(), &byte, 1) != 1) return;
      }
    });
  }
  hand_over(const hand_over&) = delete;
  hand_over& operator=(const hand_over&) = delete;
  ~hand_over() override { there_[1].reset(); }  // the echo reads the end, and is joined

  void run(std::uint64_t amount) override {
    char byte = 0;
    for (std::uint64_t i = 0; i < amount; ++i) {
      if (::write(there_[1].get(), &byte, 1) != 1 || ::read(back_[0].get(), &byte, 1) != 1) {
        throw std::system_error(errno, std::generic_category(), "sending a byte through a pipe");
      }
    }
  }

 private:
  static void open(unique_fd (&pipe)[2]) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) {
      throw std::system_error(errno, std::generic_category(), "opening a pipe");
    }
    pipe[0] = unique_fd(ends[0]);
    pipe[1] = unique_fd(ends[1]);
  }

  unique_fd there_[2], back_[2];  // [0] is read from
  std::jthread echo_;             // last: it ends before the pipes do
};

}  // namespace

const std::vector<kind_of_work>& kinds_of_work() {
  static const std::vector<kind_of_work> kinds = {
      {"one thread computes", "CPU-bound work on one thread"},
      {"two threads compute", "CPU-bound work on two threads"},
      {"two threads hand over", "work that waits and wakes"},
  };
  return kinds;
}

std::unique_ptr<repeatable_work> make_work(std::size_t kind, const std::vector<int>& cpus) {
  if (kind == 0) return std::make_unique<one_thread>();
  if (kind == 1) return std::make_unique<two_threads>(cpus);
  return std::make_unique<hand_over>();
}

}  // namespace regatta::doctor
