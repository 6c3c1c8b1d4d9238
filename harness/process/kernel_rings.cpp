// SPDX-License-Identifier: Apache-2.0
#include "harness/process/kernel_rings.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <new>
#include <string>

#include "harness/process/patient_wait.hpp"
#include "harness/process/worker_protocol.hpp"

namespace regatta {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t page = 4096;
constexpr std::size_t whole_pages(std::size_t size) { return (size + page - 1) / page * page; }

// Kept by a slot between calls: what a usual message needs.
constexpr std::size_t kept_bytes = 256U << 10U;

constexpr std::size_t head_bytes = page;
constexpr std::size_t box_bytes = whole_pages(sizeof(kernel_rings::mailbox));

std::size_t all_bytes(const kernel_rings::layout& shape) {
  return head_bytes + shape.workers * (box_bytes + shape.slots * shape.slot_bytes);
}

kernel_rings::layout in_whole_pages(kernel_rings::layout shape) {
  shape.slot_bytes = whole_pages(std::max<std::size_t>(shape.slot_bytes, 1));
  return shape;
}

}  // namespace

kernel_rings::kernel_rings(layout shape)
    : shape_(in_whole_pages(shape)),
      file_(memory_file(all_bytes(shape_))),
      memory_(file_.get(), all_bytes(shape_), mapping_pages::when_touched) {
  new (memory_.bytes().data()) parking_spot();
  for (unsigned i = 0; i < shape_.workers; ++i) clear(i);
}

kernel_rings::kernel_rings(int file, layout shape)
    : shape_(in_whole_pages(shape)),
      memory_(file, all_bytes(shape_), mapping_pages::when_touched) {}

parking_spot& kernel_rings::dispatcher_spot() const {
  return *reinterpret_cast<parking_spot*>(memory_.bytes().data());
}

std::size_t kernel_rings::place_of(unsigned worker) const {
  return head_bytes + worker * (box_bytes + shape_.slots * shape_.slot_bytes);
}

kernel_rings::mailbox& kernel_rings::box(unsigned worker) const {
  return *reinterpret_cast<mailbox*>(memory_.bytes().data() + place_of(worker));
}

void kernel_rings::clear(unsigned worker) const { new (&box(worker)) mailbox(); }

std::span<std::byte> kernel_rings::slot(unsigned worker, std::uint64_t slot) const {
  return memory_.bytes().subspan(place_of(worker) + box_bytes + slot * shape_.slot_bytes,
                                 shape_.slot_bytes);
}

void kernel_rings::release_pages(unsigned worker, std::uint64_t number) const {
  const std::span<std::byte> whole = slot(worker, number);
  if (whole.size() <= kept_bytes) return;
  const std::span<std::byte> rest = whole.subspan(kept_bytes);
  ::madvise(rest.data(), rest.size(), MADV_REMOVE);  // if it fails, they are kept
}

void serve_as_ring_worker(int file, kernel_rings::layout shape, unsigned index, pid_t parent,
                          const std::function<void()>& ready) {
  const kernel_rings rings(file, shape);
  kernel_rings::mailbox& box = rings.box(index);
  ready();
  for (;;) {
    const kernel_rings::request* const next = box.requests.front();
    if (next == nullptr) {
      patient_wait([&] { return !box.requests.empty(); }, box.worker_spot, 0us, 1s);
      if (::getppid() != parent) ::_exit(0);
      continue;
    }
    box.begun.fetch_add(1, std::memory_order_relaxed);
    const std::span<std::byte> slot = rings.slot(index, next->slot);
    kernel_rings::reply reply{0, 0, next->slot};
    buffer answer;
    try {
      answer = kernel_at(next->kernel)({}, slot.first(next->size));
      if (answer.size() > slot.size()) {
        throw std::length_error(
            fmt::format("a result of {} bytes, and a message in shared memory holds {}: see "
                        "executor_options::max_message_bytes",
                        answer.size(), slot.size()));
      }
    } catch (const std::exception& error) {
      reply.failed = 1;
      answer = to_buffer(std::string_view(error.what()).substr(0, slot.size()));
    }
    std::copy(answer.begin(), answer.end(), slot.begin());
    reply.size = answer.size();
    box.requests.pop();
    box.replies.push(reply);  // never full: no more than its slots are out
    rings.dispatcher_spot().wake();
  }
}

}  // namespace regatta
