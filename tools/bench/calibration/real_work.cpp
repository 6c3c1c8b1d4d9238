// SPDX-License-Identifier: Apache-2.0
#include "tools/bench/calibration/real_work.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <barrier>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <system_error>
#include <thread>

#include "harness/platform/affinity.hpp"
#include "harness/platform/unique_fd.hpp"

namespace regatta::calibration {
namespace {

// Where results go, so that the compiler cannot leave the work out.
std::atomic<std::uint64_t> sink;

std::uint64_t spin(std::uint64_t units) {
  std::uint64_t x = 88172645463325252U;
  for (std::uint64_t i = 0; i < units; ++i) {  // Marsaglia 2003
    x ^= x << 13U;
    x ^= x >> 7U;
    x ^= x << 17U;
  }
  return x;
}

class real_work : public timed_work {
 public:
  double seconds(std::uint64_t units) final {
    using clock = std::chrono::steady_clock;
    const clock::time_point start = clock::now();
    run(units);
    return std::chrono::duration<double>(clock::now() - start).count();
  }

 private:
  virtual void run(std::uint64_t units) = 0;
};

class one_thread : public real_work {
 public:
  std::string name() const override { return "one thread"; }
  void run(std::uint64_t units) override { sink = spin(units); }
};

/// Pinned one to a CPU, as the backends' workers are: a machine may keep threads that it is free to
/// place on one CPU for as long as a millisecond, and then the two take turns.
class two_threads : public real_work {
 public:
  two_threads() {
    const std::vector<int> cpus = current_affinity();
    for (std::size_t i = 0; i < workers_.size(); ++i) {
      const int cpu = cpus.empty() ? -1 : cpus[i % cpus.size()];
      workers_[i] = std::thread([this, cpu] {
        if (cpu >= 0) pin_this_thread(cpu);
        for (;;) {
          begin_.arrive_and_wait();
          if (units_ == 0) return;
          sink = spin(units_ / 2);
          end_.arrive_and_wait();
        }
      });
    }
  }
  two_threads(const two_threads&) = delete;
  two_threads& operator=(const two_threads&) = delete;
  ~two_threads() override {
    units_ = 0;
    begin_.arrive_and_wait();
    for (std::thread& worker : workers_) worker.join();
  }
  std::string name() const override { return "two threads"; }
  void run(std::uint64_t units) override {
    units_ = units;
    begin_.arrive_and_wait();
    end_.arrive_and_wait();
  }

 private:
  std::barrier<> begin_{3}, end_{3};
  std::uint64_t units_ = 0;  ///< written before begin_, read after it; 0: the end
  std::array<std::thread, 2> workers_;
};

class ping_pong : public real_work {
 public:
  ping_pong() {
    int ends[2];
    if (::pipe(ends) != 0) fail();
    to_echo_read_ = unique_fd(ends[0]);
    to_echo_write_ = unique_fd(ends[1]);
    if (::pipe(ends) != 0) fail();
    back_read_ = unique_fd(ends[0]);
    back_write_ = unique_fd(ends[1]);
    echo_ = std::thread([this] {
      char byte = 0;
      while (::read(to_echo_read_.get(), &byte, 1) == 1 &&
             ::write(back_write_.get(), &byte, 1) == 1) {
      }
    });
  }
  ping_pong(const ping_pong&) = delete;
  ping_pong& operator=(const ping_pong&) = delete;
  ~ping_pong() override {
    to_echo_write_ = {};  // the echo reads the end of it
    echo_.join();
  }
  std::string name() const override { return "pipe"; }
  void run(std::uint64_t units) override {
    char byte = 'x';
    for (std::uint64_t i = 0; i < units; ++i) {
      if (::write(to_echo_write_.get(), &byte, 1) != 1 || ::read(back_read_.get(), &byte, 1) != 1) {
        fail();
      }
    }
  }

 private:
  [[noreturn]] static void fail() {
    throw std::system_error(errno, std::system_category(), "pipe");
  }
  unique_fd to_echo_read_, to_echo_write_, back_read_, back_write_;
  std::thread echo_;
};

class random_reads : public real_work {
 public:
  std::string name() const override { return "memory"; }
  void run(std::uint64_t units) override {
    std::uint64_t x = 88172645463325252U;
    for (std::uint64_t i = 0; i < units; ++i) {
      x = x * 6364136223846793005U + 1442695040888963407U + table_[(x >> 33U) % table_.size()];
    }
    sink = x;
  }

 private:
  std::vector<std::uint64_t> table_ = std::vector<std::uint64_t>((8U << 20U) / 8, 1);
};

}  // namespace

all_work all_real_work() {
  all_work all;
  all.push_back(std::make_unique<one_thread>());
  all.push_back(std::make_unique<two_threads>());
  all.push_back(std::make_unique<ping_pong>());
  all.push_back(std::make_unique<random_reads>());
  return all;
}

}  // namespace regatta::calibration
