// SPDX-License-Identifier: Apache-2.0
#include "harness/cell/reference.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <mutex>
#include <stdexcept>
#include <system_error>
#include <thread>

#include "harness/contexts/blocking_runtime.hpp"

namespace regatta {
namespace {

// A mock server may be told to fail some requests; the right answer is the one it gives when it
// does not.
constexpr int attempts = 20;

void write_dataset(bytes_view dataset) {
  for (off_t at = 0; !dataset.empty();) {
    const ssize_t put = ::pwrite(dataset_file, dataset.data(), dataset.size(), at);
    if (put < 0) throw std::system_error(errno, std::generic_category(), "storing the dataset");
    at += put;
    dataset = dataset.subspan(static_cast<std::size_t>(put));
  }
}

buffer answer_of(const workload_instance& workload, blocking_runtime& runtime,
                 std::uint64_t index) {
  for (int attempt = 1;; ++attempt) {
    try {
      blocking_context context(runtime);
      return workload.run(context, item{index, workload.input(index)}).get();
    } catch (const std::exception& error) {
      if (attempt == attempts) {
        throw std::runtime_error(fmt::format("the serial reference failed at item {}, {} times: {}",
                                             index, attempts, error.what()));
      }
    }
  }
}

}  // namespace

reference_result compute_reference(const cell_start& request) {
  const workload_entry& entry = workloads().at(request.workload);
  const buffer dataset = entry.build(request.options);
  write_dataset(dataset);
  if (!request.with_answers) return {dataset.size(), 1U << 20U, {}};
  const auto workload = entry.open(dataset);
  blocking_runtime runtime({dataset, request.endpoints, request.api_key});

  reference_result result;
  result.dataset_bytes = dataset.size();
  result.key.resize(workload->distinct_items());
  std::atomic<std::uint64_t> next{0};
  std::mutex mutex;
  std::exception_ptr error;
  const auto work = [&] {
    try {
      for (std::uint64_t i = next++; i < result.key.size(); i = next++) {
        const buffer answer = answer_of(*workload, runtime, i);
        result.key[i] = digest_of(answer);
        const std::lock_guard lock(mutex);
        result.max_answer_bytes = std::max(result.max_answer_bytes, answer.size());
      }
    } catch (...) {
      const std::lock_guard lock(mutex);
      error = std::current_exception();
      next = result.key.size();
    }
  };
  {
    const bool waits = entry.info.kind != work_kind::cpu_bound;
    const unsigned count = waits ? 64 : read_cpu_limits().usable;
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < count; ++i) threads.emplace_back(work);
  }
  if (error) std::rethrow_exception(error);
  return result;
}

}  // namespace regatta
