// SPDX-License-Identifier: Apache-2.0
#include "harness/contexts/uring_files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <liburing.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <coroutine>
#include <cstring>
#include <deque>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <vector>

namespace regatta {

namespace asio = boost::asio;

namespace {

// The links of a chain. Each has a completion of its own, cancelled where the one before failed.
enum chain_link : unsigned { opening, reading, closing, links };
constexpr std::uintptr_t link_bits = 3;  // of a completion's data; the rest is the request

// A file on its way. Lives in the frame of the coroutine that waits for it.
struct file_request {
  std::string path;
  buffer content;
  std::array<int, links> results{};
  unsigned to_come = links;
  unsigned slot = 0;
  std::coroutine_handle<> caller = nullptr;
};

[[noreturn]] void refuse(const char* what, int error) {
  const char* const hint = error == ENOSYS ? "; the kernel has none"
                           : error == EPERM
                               ? "; see kernel.io_uring_disabled, or what confines this process"
                               : "";
  throw std::runtime_error(fmt::format("io_uring: {}: {}{}", what, std::strerror(error), hint));
}

}  // namespace

struct uring_files::state {
  state(event_loop& loop_in, unsigned depth) : io(loop_in.io()), completions(io) {
    if (const int error = ::io_uring_queue_init(links * depth, &ring, 0); error < 0) {
      refuse("no ring", -error);
    }
    try {
      require_operations();
      // Opened files get a place in this table and no descriptor: the chain can name it beforehand.
      if (const int error = ::io_uring_register_files_sparse(&ring, depth); error < 0) {
        refuse("no table for open files, which Linux 5.19 has", -error);
      }
      completions.assign(ring.ring_fd);
    } catch (...) {
      ::io_uring_queue_exit(&ring);
      throw;
    }
    for (unsigned slot = depth; slot > 0; --slot) free_slots.push_back(slot - 1);
  }

  ~state() {
    completions.release();  // the ring closes its descriptor itself
    // The kernel writes to buffers of frames that may be about to end.
    if (in_kernel > 0) cancel_all();
    while (in_kernel > 0) {
      io_uring_cqe* done = nullptr;
      if (::io_uring_wait_cqe(&ring, &done) != 0) break;
      ::io_uring_cqe_seen(&ring, done);
      --in_kernel;
    }
    ::io_uring_queue_exit(&ring);
  }

  void cancel_all() {
    io_uring_sqe* const entry = next_entry();
    if (entry == nullptr) return;
    ::io_uring_prep_cancel(entry, nullptr, IORING_ASYNC_CANCEL_ANY | IORING_ASYNC_CANCEL_ALL);
    if (const int sent = ::io_uring_submit(&ring); sent > 0) {
      in_kernel += static_cast<unsigned>(sent);
    }
  }

  void require_operations() {
    io_uring_probe* const probe = ::io_uring_get_probe_ring(&ring);
    bool all = probe != nullptr;
    for (const int operation : {IORING_OP_OPENAT, IORING_OP_READ, IORING_OP_CLOSE}) {
      all = all && ::io_uring_opcode_supported(probe, operation) != 0;
    }
    ::io_uring_free_probe(probe);
    if (!all) refuse("it cannot open, read and close files", EOPNOTSUPP);
  }

  void begin(file_request& file) {
    if (free_slots.empty()) {
      in_line.push_back(&file);
      return;
    }
    file.slot = free_slots.back();
    free_slots.pop_back();
    io_uring_sqe* const open = next_entry();
    ::io_uring_prep_openat_direct(open, AT_FDCWD, file.path.c_str(), O_RDONLY, 0, file.slot);
    finish_entry(open, file, opening, IOSQE_IO_LINK);
    io_uring_sqe* const read = next_entry();
    ::io_uring_prep_read(read, static_cast<int>(file.slot), file.content.data(),
                         static_cast<unsigned>(file.content.size()), 0);
    // Hard: a read that comes short, as all here do, would cut the chain.
    finish_entry(read, file, reading, IOSQE_FIXED_FILE | IOSQE_IO_HARDLINK);
    io_uring_sqe* const close = next_entry();
    ::io_uring_prep_close_direct(close, file.slot);
    finish_entry(close, file, closing, 0);
    submit_later();
  }

  // There is room: links entries for each slot.
  io_uring_sqe* next_entry() { return ::io_uring_get_sqe(&ring); }
  static void finish_entry(io_uring_sqe* entry, file_request& file, chain_link which,
                           unsigned flags) {
    ::io_uring_sqe_set_flags(entry, flags);
    static_assert(alignof(file_request) > link_bits, "they must be free");
    ::io_uring_sqe_set_data64(entry, reinterpret_cast<std::uintptr_t>(&file) | which);
  }

  // When the coroutines that are ready have had their turn, and asked for more files.
  void submit_later() {
    if (std::exchange(submit_planned, true)) return;
    asio::post(io, [this] {
      submit_planned = false;
      if (const int sent = ::io_uring_submit(&ring); sent > 0) {
        in_kernel += static_cast<unsigned>(sent);
      }
      take_completions();  // what lies in the page cache is there already
    });
  }

  void take_completions() {
    std::vector<file_request*> done;
    unsigned head = 0;
    unsigned seen = 0;
    io_uring_cqe* entry = nullptr;
    io_uring_for_each_cqe(&ring, head, entry) {
      ++seen;
      const std::uintptr_t data = ::io_uring_cqe_get_data64(entry);
      auto* const file = reinterpret_cast<file_request*>(data & ~link_bits);
      file->results[data & link_bits] = entry->res;
      if (--file->to_come == 0) done.push_back(file);
    }
    ::io_uring_cq_advance(&ring, seen);
    in_kernel -= seen;
    for (const file_request* file : done) free_slots.push_back(file->slot);
    while (!in_line.empty() && !free_slots.empty()) {
      file_request* const next = in_line.front();
      in_line.pop_front();
      begin(*next);
    }
    if (::io_uring_sq_ready(&ring) > 0) submit_later();  // the kernel took only a part
    wait();
    for (const file_request* file : done) file->caller.resume();
  }

  // Only while there is something to wait for: a wait keeps the loop running.
  void wait() {
    if (in_kernel == 0 || std::exchange(waiting, true)) return;
    completions.async_wait(asio::posix::descriptor_base::wait_read,
                           [this](boost::system::error_code error) {
                             waiting = false;
                             if (!error) take_completions();
                           });
  }

  asio::io_context& io;
  io_uring ring{};
  asio::posix::stream_descriptor completions;  // the ring, as something that can be waited for
  std::vector<unsigned> free_slots;
  std::deque<file_request*> in_line;
  unsigned in_kernel = 0;  // links whose completion was not taken yet
  bool submit_planned = false;
  bool waiting = false;
};

uring_files::uring_files(event_loop& loop, unsigned depth)
    : state_(std::make_unique<state>(loop, depth)) {}
uring_files::~uring_files() = default;

async_task<std::optional<buffer>> uring_files::read(std::filesystem::path path) {
  file_request file;
  file.path = path.string();
  file.content.resize(largest + 1);
  struct awaiter {
    state& ring;
    file_request& file;
    bool await_ready() noexcept { return false; }
    void await_suspend(std::coroutine_handle<> caller) {
      file.caller = caller;
      ring.begin(file);
    }
    void await_resume() noexcept {}
  };
  co_await awaiter{*state_, file};
  // Errors of a link before cancel those behind it.
  const int got = file.results[opening] < 0 ? file.results[opening] : file.results[reading];
  if (got == -EINTR || got == -EAGAIN) co_return std::nullopt;
  if (got < 0) throw std::system_error(-got, std::generic_category(), "reading " + file.path);
  if (static_cast<std::size_t>(got) > largest) co_return std::nullopt;
  file.content.resize(static_cast<std::size_t>(got));
  co_return std::move(file.content);
}

}  // namespace regatta
