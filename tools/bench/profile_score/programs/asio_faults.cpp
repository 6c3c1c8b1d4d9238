// SPDX-License-Identifier: Apache-2.0
// A Boost.Asio server whose handler does something wrong when it is asked to.
// usage: regatta_score_asio PORT THREADS
// "fault NAME MS" is answered with the nanoseconds of CLOCK_MONOTONIC of its begin and end.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <boost/asio.hpp>
#include <chrono>
#include <cstdlib>
#include <future>
#include <iostream>
#include <istream>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "tools/bench/profile_score/programs/common_faults.hpp"

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

using namespace regatta::score;

std::mutex common;

// How long this thread has waited for a CPU so far.
std::chrono::nanoseconds cpu_wait(int schedstat) {
  std::array<char, 100> text{};
  if (::pread(schedstat, text.data(), text.size() - 1, 0) <= 0) return {};
  std::istringstream words(text.data());
  std::int64_t cpu = 0, wait = 0;
  words >> cpu >> wait;
  return std::chrono::nanoseconds(wait);
}

// One small write after the other, each to the disk, for that time without what a busy machine
// adds.
[[gnu::noinline]] void sync_file(milliseconds length) {
  const int file = ::open("synced", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  const int schedstat = ::open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
  const auto waited = cpu_wait(schedstat);
  const auto begin = steady_clock::now();
  const std::array<char, 4096> block{};
  while (steady_clock::now() - begin - (cpu_wait(schedstat) - waited) < length) {
    if (::write(file, block.data(), block.size()) < 0 || ::fsync(file) != 0) std::abort();
  }
  ::close(schedstat);
  ::close(file);
}

[[gnu::noinline]] void take_mutex() {
  const std::lock_guard guard(common);
  asm volatile("");
}

[[gnu::noinline]] void wait_for_future(std::future<void>& result) {
  result.wait();
  asm volatile("");
}

void lock_held_mutex(milliseconds length) {
  std::atomic<bool> held = false;
  const std::jthread holder([&] {
    const std::lock_guard guard(common);
    held = true;
    held.notify_one();
    std::this_thread::sleep_for(length);
  });
  held.wait(false);
  take_mutex();
}

void wait_for_other_thread(milliseconds length) {
  std::promise<void> promise;
  std::future<void> result = promise.get_future();
  const std::jthread other([&] {
    std::this_thread::sleep_for(length);
    promise.set_value();
  });
  wait_for_future(result);
}

std::string fault(const std::string& name, milliseconds length) {
  const auto begin = steady_clock::now();
  if (name == "mutex") lock_held_mutex(length);
  if (name == "future") wait_for_other_thread(length);
  if (name == "spin") spin_long(length);
  if (name == "sleep") sleep_long(length);
  if (name == "fsync") sync_file(length);
  return times(begin);
}

class session : public std::enable_shared_from_this<session> {
 public:
  explicit session(tcp::socket socket)
      : socket_(std::move(socket)), timer_(socket_.get_executor()) {}

  void read() {
    asio::async_read_until(
        socket_, buffer_, '\n',
        [self = shared_from_this()](boost::system::error_code error, std::size_t) {
          if (!error) self->answer();
        });
  }

 private:
  void answer() {
    std::istream in(&buffer_);
    std::string word, name;
    long length = 0;
    in >> word;
    if (word == "fault") in >> name >> length;
    in.ignore(1);
    if (name == "healthy") {
      timer_.expires_after(milliseconds(length));
      timer_.async_wait(
          [self = shared_from_this()](boost::system::error_code) { self->write("hello\n"); });
    } else {
      write(name.empty() ? "hello\n" : fault(name, milliseconds(length)));
    }
  }

  void write(std::string text) {
    text_ = std::move(text);
    asio::async_write(socket_, asio::buffer(text_),
                      [self = shared_from_this()](boost::system::error_code error, std::size_t) {
                        if (!error) self->read();
                      });
  }

  tcp::socket socket_;
  asio::steady_timer timer_;
  asio::streambuf buffer_;
  std::string text_;
};

void accept(tcp::acceptor& acceptor) {
  acceptor.async_accept([&](boost::system::error_code error, tcp::socket socket) {
    if (error) return;
    socket.set_option(tcp::no_delay(true));
    std::make_shared<session>(std::move(socket))->read();
    accept(acceptor);
  });
}

void tick(asio::steady_timer& timer) {
  timer.expires_after(milliseconds(100));
  timer.async_wait([&](boost::system::error_code) { tick(timer); });
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: regatta_score_asio PORT THREADS\n";
    return 2;
  }
  const int threads = std::atoi(argv[2]);
  asio::io_context loop(threads);
  tcp::acceptor acceptor(
      loop, {asio::ip::address_v4::loopback(), static_cast<unsigned short>(std::atoi(argv[1]))});
  accept(acceptor);
  asio::steady_timer timer(loop);
  tick(timer);
  std::vector<std::jthread> others;
  for (int i = 1; i < threads; ++i) others.emplace_back([&] { loop.run(); });
  loop.run();
}
