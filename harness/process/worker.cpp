// SPDX-License-Identifier: Apache-2.0
#include "harness/process/worker.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>

#include "harness/contexts/blocking_runtime.hpp"
#include "harness/contexts/measure_book.hpp"
#include "harness/interpreter/interpreter.hpp"
#include "harness/platform/child_process.hpp"
#include "harness/platform/mapping.hpp"
#include "harness/process/kernel_rings.hpp"
#include "harness/process/kernels_only.hpp"
#include "harness/process/worker_protocol.hpp"

namespace regatta {
namespace {

// The worker's end of the socket. Replies gather until there is nothing more to read, so that many
// small items cost few system calls.
class message_stream {
 public:
  explicit message_stream(int socket) : socket_(socket), read_(64U << 10U) {}

  // A view of the next `size` bytes, valid until the next call; empty at the end of the stream.
  bytes_view take(std::size_t size) {
    if (end_ - begin_ < size) {
      std::memmove(read_.data(), read_.data() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
      if (read_.size() < size) read_.resize(size);
      while (end_ < size) {
        flush();  // the other side may be waiting for it before it sends more
        const ssize_t got = ::read(socket_, read_.data() + end_, read_.size() - end_);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return {};
        end_ += static_cast<std::size_t>(got);
      }
    }
    const bytes_view view(read_.data() + begin_, size);
    begin_ += size;
    return view;
  }

  buffer& out() { return out_; }
  // Not for every small item, but nobody waits long for an answer that is there.
  void flush_if_due() {
    constexpr std::chrono::microseconds patience(50);
    if (out_.size() > (64U << 10U) || steady_clock::now() - flushed_ > patience) flush();
  }
  void flush() {
    std::size_t sent = 0;
    while (sent < out_.size()) {
      const ssize_t put = ::send(socket_, out_.data() + sent, out_.size() - sent, MSG_NOSIGNAL);
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) ::_exit(0);  // the cell is gone
      sent += static_cast<std::size_t>(put);
    }
    out_.clear();
    flushed_ = steady_clock::now();
  }

 private:
  const int socket_;
  std::vector<std::byte> read_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  buffer out_;
  steady_clock::time_point flushed_;
};

template <class Function>
void answer_with(buffer& heads, buffer& bodies, Function function) {
  buffer answer;
  answer_head head;
  try {
    answer = function();
  } catch (const std::exception& error) {
    head.failed = 1;
    answer = to_buffer(std::string_view(error.what()));
  }
  head.size = answer.size();
  append(heads, head);
  append(bodies, std::span<const std::byte>(answer));
}

[[noreturn]] void serve(message_stream& stream, const workload_instance& workload,
                        const run_environment& environment, worker_progress& progress) {
  blocking_runtime runtime(environment);
  append(stream.out(), message_header{.kind = message_kind::ready});
  stream.flush();
  buffer heads;
  buffer bodies;
  for (;;) {
    const bytes_view head_bytes = stream.take(sizeof(message_header));
    if (head_bytes.empty()) ::_exit(0);
    const auto head = read_as<message_header>(head_bytes);
    bytes_view body = stream.take(head.size);
    if (body.size() != head.size) ::_exit(0);
    heads.clear();
    bodies.clear();
    // Relaxed: nobody reads them before this process has ended.
    progress.begun.fetch_add(1, std::memory_order_relaxed);
    bytes_view input = body.subspan(head.count * sizeof(item_head));
    for (std::uint32_t i = 0; i < head.count; ++i) {
      const auto one = read_as<item_head>(body.subspan(i * sizeof(item_head)));
      const bytes_view bytes = input.first(one.size);
      answer_with(heads, bodies, [&] {
        const interpreter::section python;
        if (head.kind == message_kind::kernel) {
          return kernel_at(head.argument)(environment.dataset, bytes);
        }
        blocking_context context(runtime);
        return workload.run(context, item{one.index, bytes}).get();
      });
      input = input.subspan(padded(one.size));
    }
    progress.finished.fetch_add(1, std::memory_order_relaxed);
    append(stream.out(), message_header{.kind = message_kind::answers,
                                        .count = head.count,
                                        .size = heads.size() + bodies.size()});
    append(stream.out(), std::span<const std::byte>(heads));
    append(stream.out(), std::span<const std::byte>(bodies));
    stream.flush_if_due();
  }
}

}  // namespace

[[noreturn]] void serve_as_worker(int socket, pid_t parent, const workload_instance& workload,
                                  const run_environment& environment, worker_progress& progress) {
  die_with_parent(parent);
  message_stream stream(socket);
  serve(stream, workload, environment, progress);
}

[[noreturn]] void serve_as_fresh_worker(pid_t parent) {
  die_with_parent(parent);
  message_stream stream(worker_socket);
  const bytes_view head_bytes = stream.take(sizeof(message_header));
  if (head_bytes.empty()) ::_exit(0);
  const auto head = read_as<message_header>(head_bytes);
  const bytes_view json_bytes = stream.take(head.argument);
  if (json_bytes.empty()) ::_exit(0);
  const auto setup = nlohmann::json::parse(as_text(json_bytes));
  // Of an executor: Ctrl-C reaches every process of the terminal, but what it means is the
  // program's business.
  if (setup.value("workload", std::string()).empty()) ::signal(SIGINT, SIG_IGN);
  if (setup.contains("rings")) {
    const auto& rings = setup.at("rings");
    serve_as_ring_worker(worker_progress_file,
                         {.workers = rings.at("workers").get<unsigned>(),
                          .slots = rings.at("slots").get<unsigned>(),
                          .slot_bytes = rings.at("slot_bytes").get<std::size_t>()},
                         rings.at("index").get<unsigned>(), parent, [&stream] {
                           append(stream.out(), message_header{.kind = message_kind::ready});
                           stream.flush();
                         });
  }
  interpreter::use(parse_lock_model(setup.at("lock").get<std::string>()).value());
  const shared_mapping page(worker_progress_file, sizeof(worker_progress));
  // The dataset is read straight to where it stays: one copy, this process's own.
  static buffer dataset;
  dataset.resize(head.size - head.argument);
  for (std::size_t filled = 0; filled < dataset.size();) {
    const std::size_t part = std::min<std::size_t>(dataset.size() - filled, 32U << 10U);
    const bytes_view bytes = stream.take(part);
    if (bytes.empty()) ::_exit(0);
    std::memcpy(dataset.data() + filled, bytes.data(), part);
    filled += part;
  }
  static run_environment environment{dataset, setup.at("endpoints").get<endpoint_map>(),
                                     setup.at("api_key").get<std::string>()};
  static shared_mapping measures;
  if (setup.at("measures").get<bool>()) {
    measures =
        shared_mapping(worker_measures_file, sizeof(measure_book), mapping_pages::when_touched);
    environment.measures = reinterpret_cast<measure_book*>(measures.bytes().data());
  }
  const auto name = setup.at("workload").get<std::string>();
  static const auto workload =
      name.empty() ? std::make_unique<kernels_only>() : workloads().at(name).open(dataset);
  serve(stream, *workload, environment, *reinterpret_cast<worker_progress*>(page.bytes().data()));
}

}  // namespace regatta
