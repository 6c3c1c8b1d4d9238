// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <span>
#include <vector>

#include "harness/workload.hpp"
#include "workloads/counter_random.hpp"
#include "workloads/cpu/matrix_product.hpp"
#include "workloads/dataset_parts.hpp"

namespace regatta {
namespace {

constexpr std::size_t item_count = 16;
// Whole numbers from -8 to 8: a sum of 64 × 1024 at most, far below the 2^24 up to which a float
// counts exactly. So the order of the additions does not matter, nor a fused multiply-add.
constexpr int largest_element = 8;
constexpr std::size_t largest_order = 1024;
static_assert(largest_element * largest_element * largest_order < 1U << 24U);

enum part { order_part, right_part, first_item };

buffer multiply(bytes_view dataset, bytes_view left) {
  const dataset_parts parts(dataset);
  const auto order = static_cast<std::size_t>(read_as<std::uint64_t>(parts[order_part]));
  const std::size_t rows = padded_order(order);
  std::vector<float> product(rows * rows);
  matrix_product(view_as<float>(left), view_as<float>(parts[right_part]), product, rows);
  buffer answer;
  answer.reserve(order * order * sizeof(float));
  for (std::size_t row = 0; row < order; ++row) {
    append(answer, std::span<const float>(product).subspan(row * rows, order));
  }
  return answer;
}

void fill(std::span<float> matrix, std::size_t order, counter_random random) {
  const std::size_t rows = padded_order(order);  // beyond `order` they stay 0
  for (std::size_t row = 0; row < order; ++row) {
    for (std::size_t column = 0; column < order; ++column) {
      const auto drawn = static_cast<int>(random.below(2 * largest_element + 1));
      matrix[row * rows + column] = static_cast<float>(drawn - largest_element);
    }
  }
}

/// What a native library does for an interpreter: one long computation, no objects.
class matmul {
 public:
  static workload_info describe() {
    workload_info info;
    info.name = "matmul";
    info.kind = work_kind::cpu_bound;
    info.summary = "the product of two matrices of floats, 128 x 128, blocked and vectorised";
    // usual, least, most
    info.parameters = {{"size", "rows and columns of the matrices", 128, 1, largest_order}};
    return info;
  }

  static buffer build(const workload_options& options) {
    const auto order = static_cast<std::uint64_t>(parameter_of(describe(), options, "size"));
    const std::size_t matrix_bytes = padded_order(order) * padded_order(order) * sizeof(float);
    std::vector<std::size_t> sizes = {sizeof(order)};
    sizes.insert(sizes.end(), 1 + item_count, matrix_bytes);
    buffer dataset = allocate_parts(sizes);
    writable_part<std::uint64_t>(dataset, order_part)[0] = order;
    for (std::size_t i = 0; i <= item_count; ++i) {
      fill(writable_part<float>(dataset, right_part + i), order, counter_random(options.seed, i));
    }
    return dataset;
  }

  explicit matmul(bytes_view dataset) : parts_(dataset) {}
  std::uint64_t distinct_items() const { return item_count; }
  bytes_view input(std::uint64_t index) const { return parts_[first_item + index % item_count]; }

  template <class Context>
  typename Context::template task<buffer> run(Context& ctx, item it) const {
    co_return co_await ctx.compute(native(multiply), it.input);
  }

 private:
  dataset_parts parts_;
};

const workload_registration<matmul> registered;

}  // namespace
}  // namespace regatta
