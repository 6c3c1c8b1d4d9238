// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "harness/bytes.hpp"

namespace regatta {

/// A dataset made of numbered parts, in one buffer that may be copied anywhere:
///
///   | count | offset 0, size 0 | offset 1, size 1 | … | padding | part 0 | padding | part 1 | …
///
///   buffer dataset = pack_parts({as_bytes(model), as_bytes(prompt)});
///   bytes_view prompt = dataset_parts(dataset)[1];
///
/// Every part starts at a multiple of 64 bytes from the start of the buffer.
/// REQUIRES: the dataset came from pack_parts or allocate_parts; it is not checked, only asserted.
class dataset_parts {
 public:
  explicit dataset_parts(bytes_view dataset) : dataset_(dataset) {}

  std::size_t size() const { return read_as<std::uint64_t>(dataset_); }
  bytes_view operator[](std::size_t index) const {
    assert(index < size());
    const auto at = read_as<place>(dataset_.subspan(table_offset + index * sizeof(place)));
    return dataset_.subspan(at.offset, at.size);
  }

  struct place {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
  };
  static constexpr std::size_t table_offset = sizeof(std::uint64_t);
  static constexpr std::size_t alignment = 64;  // a cache line, and any vector load

 private:
  bytes_view dataset_;
};

/// A dataset of zeroed parts with these sizes, for data too large to hold twice.
inline buffer allocate_parts(std::span<const std::size_t> sizes) {
  const auto aligned = [](std::size_t offset) {
    return (offset + dataset_parts::alignment - 1) / dataset_parts::alignment *
           dataset_parts::alignment;
  };
  std::vector<dataset_parts::place> places;
  std::size_t end = dataset_parts::table_offset + sizes.size() * sizeof(dataset_parts::place);
  for (const std::size_t size : sizes) {
    places.push_back({aligned(end), size});
    end = aligned(end) + size;
  }
  buffer dataset(end);
  const std::uint64_t count = sizes.size();
  std::memcpy(dataset.data(), &count, sizeof(count));
  if (!places.empty()) {
    std::memcpy(dataset.data() + dataset_parts::table_offset, places.data(),
                places.size() * sizeof(dataset_parts::place));
  }
  return dataset;
}

/// The part to write to, as an array of T. REQUIRES: its size is a whole number of them.
template <class T>
std::span<T> writable_part(buffer& dataset, std::size_t index) {
  const bytes_view part = dataset_parts(dataset)[index];
  assert(part.size() % sizeof(T) == 0);
  std::byte* const begin = dataset.data() + (part.data() - dataset.data());
  return {reinterpret_cast<T*>(begin), part.size() / sizeof(T)};
}

inline buffer pack_parts(const std::vector<bytes_view>& parts) {
  std::vector<std::size_t> sizes;
  for (const bytes_view part : parts) sizes.push_back(part.size());
  buffer dataset = allocate_parts(sizes);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].empty()) continue;
    std::memcpy(writable_part<std::byte>(dataset, i).data(), parts[i].data(), parts[i].size());
  }
  return dataset;
}

}  // namespace regatta
