// SPDX-License-Identifier: Apache-2.0
#include "harness/tasks/frame_pool.hpp"

#include <array>
#include <new>

namespace regatta::internal {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool pooled = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool pooled = false;
#else
constexpr bool pooled = true;
#endif
#else
constexpr bool pooled = true;
#endif

constexpr std::size_t granule = 64;
constexpr std::size_t classes = 32;  // up to 2 KiB
constexpr std::size_t kept_per_class = 1024;

struct free_block {
  free_block* next;
};

struct free_lists {
  struct list {
    free_block* head = nullptr;
    std::size_t length = 0;
  };
  std::array<list, classes> lists;

  ~free_lists() {
    for (list& each : lists) {
      while (each.head != nullptr) {
        free_block* const block = each.head;
        each.head = block->next;
        ::operator delete(block);
      }
      each.length = kept_per_class;  // frames freed after this thread's end go straight back
    }
  }
};

thread_local free_lists local;

std::size_t class_of(std::size_t size) { return (size + granule - 1) / granule - 1; }

}  // namespace

void* allocate_frame(std::size_t size) {
  const std::size_t index = class_of(size);
  if (!pooled || index >= classes) return ::operator new(size);
  auto& list = local.lists[index];
  if (list.head == nullptr) return ::operator new((index + 1) * granule);
  free_block* const block = list.head;
  list.head = block->next;
  --list.length;
  return block;
}

void free_frame(void* frame, std::size_t size) noexcept {
  const std::size_t index = class_of(size);
  if (!pooled || index >= classes || local.lists[index].length >= kept_per_class) {
    ::operator delete(frame);
    return;
  }
  auto& list = local.lists[index];
  list.head = new (frame) free_block{list.head};
  ++list.length;
}

}  // namespace regatta::internal
