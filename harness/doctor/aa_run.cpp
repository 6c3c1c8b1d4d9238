// SPDX-License-Identifier: Apache-2.0
#include "harness/doctor/aa_run.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <memory>
#include <random>
#include <stdexcept>
#include <system_error>

#include "harness/doctor/aa_work.hpp"
#include "harness/platform/child_process.hpp"
#include "harness/platform/unique_fd.hpp"

namespace regatta::doctor {
namespace {

using clock = std::chrono::steady_clock;
using seconds = std::chrono::duration<double>;

constexpr seconds epoch_length = std::chrono::milliseconds(3);

// What the two ends of a side say to each other.
struct request {
  std::size_t kind = 0;
  std::uint64_t amount = 0;
};
struct reply {
  double seconds = 0;
  char error[120] = "";  ///< why the work cannot be run; empty if it was
};

reply timed_run(std::map<std::size_t, std::unique_ptr<repeatable_work>>& works,
                const request& asked, const std::vector<int>& cpus) {
  reply answer;
  try {
    auto& work = works[asked.kind];
    if (work == nullptr) work = make_work(asked.kind, cpus);
    const auto begin = clock::now();
    work->run(asked.amount);
    answer.seconds = seconds(clock::now() - begin).count();
  } catch (const std::exception& error) {
    std::strncpy(answer.error, error.what(), sizeof(answer.error) - 1);
  }
  return answer;
}

[[noreturn]] void serve(int socket, pid_t parent, const std::vector<int>& cpus) {
  die_with_parent(parent);
  ::setpgid(0, 0);  // Ctrl-C is the parent's to answer
  {
    std::map<std::size_t, std::unique_ptr<repeatable_work>> works;
    request asked;
    while (::recv(socket, &asked, sizeof(asked), 0) == sizeof(asked)) {
      const reply answer = timed_run(works, asked, cpus);
      if (::send(socket, &answer, sizeof(answer), MSG_NOSIGNAL) != sizeof(answer)) break;
    }
  }
  ::syscall(SYS_exit_group, 0);  // nothing inherited is flushed twice
  std::abort();
}

/// One of the two: a fork of this process that runs what it is asked to and says how long it took.
class side {
 public:
  explicit side(const std::vector<int>& cpus) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
      throw std::system_error(errno, std::generic_category(), "opening a socket pair");
    }
    socket_ = unique_fd(ends[0]);
    const unique_fd theirs(ends[1]);
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
    if (pid_ == 0) {
      socket_.reset();
      serve(theirs.get(), parent, cpus);
    }
  }
  side(const side&) = delete;
  side& operator=(const side&) = delete;
  ~side() { kill_and_reap(pid_); }

  /// Seconds. Throws std::runtime_error with a sentence.
  double time(std::size_t kind, std::uint64_t amount) const {
    const request asked{kind, amount};
    reply answer;
    if (::send(socket_.get(), &asked, sizeof(asked), MSG_NOSIGNAL) != sizeof(asked) ||
        receive(answer) != sizeof(answer)) {
      throw std::runtime_error("the process that ran it has ended");
    }
    if (answer.error[0] != 0) throw std::runtime_error(answer.error);
    return answer.seconds;
  }

 private:
  ssize_t receive(reply& answer) const {
    for (;;) {
      const ssize_t got = ::recv(socket_.get(), &answer, sizeof(answer), 0);
      if (got >= 0 || errno != EINTR) return got;
    }
  }

  unique_fd socket_;
  pid_t pid_ = -1;
};

/// The amount that takes an epoch's length, by the fastest of a few tries: a slow one would make
/// all epochs shorter.
std::uint64_t amount_for_an_epoch(const side& by, std::size_t kind) {
  for (std::uint64_t amount = 16;; amount *= 4) {
    double fastest = by.time(kind, amount);
    for (int i = 0; i < 4; ++i) fastest = std::min(fastest, by.time(kind, amount));
    if (fastest < epoch_length.count() / 8) continue;
    const double amounts = epoch_length.count() / fastest;
    return std::max<std::uint64_t>(
        2, static_cast<std::uint64_t>(static_cast<double>(amount) * amounts));
  }
}

// Whatever goes wrong with one kind of work ends that kind only.
template <class Step>
void guarded(paired_times& times, Step step) {
  if (times.not_run) return;
  try {
    step();
  } catch (const std::exception& error) {
    times.not_run = error.what();
  }
}

}  // namespace

std::vector<paired_times> run_against_itself(const std::vector<int>& cpus,
                                             std::chrono::milliseconds budget, std::uint64_t seed,
                                             const std::function<bool()>& stop) {
  const auto end = clock::now() + budget;
  const auto& kinds = kinds_of_work();
  std::vector<paired_times> all(kinds.size());
  std::vector<std::uint64_t> amounts(kinds.size());
  const side a(cpus);
  const side b(cpus);
  for (std::size_t kind = 0; kind < kinds.size(); ++kind) {
    all[kind].name = kinds[kind].name;
    all[kind].kind = kinds[kind].kind;
    guarded(all[kind], [&] {
      amounts[kind] = amount_for_an_epoch(a, kind);
      b.time(kind, amounts[kind]);  // its first time is not like the others
    });
  }
  std::mt19937_64 random(seed);
  while (clock::now() < end && !stop()) {
    for (std::size_t kind = 0; kind < kinds.size(); ++kind) {
      paired_times& times = all[kind];
      const bool a_first = (random() & 1U) != 0;
      guarded(times, [&] {
        const double first = (a_first ? a : b).time(kind, amounts[kind]);
        const double second = (a_first ? b : a).time(kind, amounts[kind]);
        times.a.push_back(a_first ? first : second);
        times.b.push_back(a_first ? second : first);
        times.in_run_order.insert(times.in_run_order.end(), {first, second});
      });
    }
  }
  return all;
}

}  // namespace regatta::doctor
