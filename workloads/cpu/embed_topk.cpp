// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cmath>
#include <stdexcept>

#include "harness/workload.hpp"
#include "workloads/counter_random.hpp"
#include "workloads/cpu/nearest_rows.hpp"
#include "workloads/dataset_parts.hpp"

namespace regatta {
namespace {

constexpr std::size_t query_count = 64;
constexpr std::size_t topic_count = 64;

std::size_t matrix_bytes(dataset_scale scale) {
  switch (scale) {
    case dataset_scale::quick:
      return std::size_t{16} << 20U;
    case dataset_scale::standard:
      return std::size_t{64} << 20U;
    case dataset_scale::full:
      return std::size_t{256} << 20U;
  }
  throw std::logic_error("unknown dataset scale");
}

using coordinates = std::array<std::int32_t, embedding_dimension>;

// Uniform in ±2^15, four to a draw.
coordinates random_coordinates(counter_random random) {
  coordinates drawn;
  for (std::size_t i = 0; i < drawn.size(); i += 4) {
    const std::uint64_t bits = random();
    for (std::size_t j = 0; j < 4; ++j) {
      drawn[i + j] = static_cast<std::int16_t>(static_cast<std::uint16_t>(bits >> (16 * j)));
    }
  }
  return drawn;
}

// Rows gather around topics, so that the nearest ones are near, as with real texts. The length is
// exact in integers and the two roundings after it are IEEE's: the same floats everywhere.
void write_row(const coordinates& topic, const coordinates& noise, embedding& row) {
  coordinates sum;
  std::int64_t squares = 0;
  for (std::size_t i = 0; i < sum.size(); ++i) {
    sum[i] = topic[i] + noise[i];
    squares += std::int64_t{sum[i]} * sum[i];
  }
  const double scale = 1.0 / std::sqrt(static_cast<double>(squares));
  for (std::size_t i = 0; i < sum.size(); ++i) row[i] = static_cast<float>(sum[i] * scale);
}

// Part 0 of the dataset is the matrix, the others are the queries.
buffer find_nearest(bytes_view dataset, bytes_view query) {
  const auto rows = view_as<embedding>(dataset_parts(dataset)[0]);
  const auto nearest = nearest_rows(rows, view_as<embedding>(query).front());
  return to_buffer(std::as_bytes(std::span(nearest)));
}

class embed_topk {
 public:
  static workload_info describe() {
    workload_info info;
    info.name = "embed-topk";
    info.kind = work_kind::cpu_bound;
    info.summary = "the 10 nearest of many embeddings by cosine, streaming one shared matrix";
    return info;
  }

  static buffer build(const workload_options& options) {
    std::vector<std::size_t> sizes = {matrix_bytes(options.scale)};
    sizes.insert(sizes.end(), query_count, sizeof(embedding));
    buffer dataset = allocate_parts(sizes);

    std::vector<coordinates> topics;
    for (std::size_t i = 0; i < topic_count; ++i) {
      topics.push_back(random_coordinates(counter_random(options.seed, i)));
    }
    std::uint64_t stream = topic_count;
    for (std::size_t part = 0; part < sizes.size(); ++part) {
      for (embedding& row : writable_part<embedding>(dataset, part)) {
        const coordinates noise = random_coordinates(counter_random(options.seed, stream));
        write_row(topics[stream % topic_count], noise, row);
        ++stream;
      }
    }
    return dataset;
  }

  explicit embed_topk(bytes_view dataset) : parts_(dataset) {}
  std::uint64_t distinct_items() const { return query_count; }
  bytes_view input(std::uint64_t index) const { return parts_[1 + index % query_count]; }

  template <class Context>
  typename Context::template task<buffer> run(Context& ctx, item it) const {
    co_return co_await ctx.compute(native(find_nearest), it.input);
  }

 private:
  dataset_parts parts_;
};

const workload_registration<embed_topk> registered;

}  // namespace
}  // namespace regatta
