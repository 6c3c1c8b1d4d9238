// SPDX-License-Identifier: Apache-2.0
#include "harness/contexts/async_files.hpp"

#include <exception>
#include <optional>

#include "harness/contexts/async_runtime.hpp"
#include "harness/platform/read_file.hpp"

namespace regatta {

void async_files::find_out() {
  try {
    uring_ = std::make_unique<uring_files>(loop_, uring_depth_);
    how_ = "io_uring";
  } catch (const std::exception& error) {
    how_ = "helper threads (" + std::string(error.what()) + ")";
  }
}

async_task<buffer> async_files::read(std::filesystem::path path) {
  if (how_.empty()) find_out();
  if (uring_ != nullptr) {
    std::optional<buffer> content = co_await uring_->read(path);
    if (content) co_return *std::move(content);
  }
  co_return co_await offload(helpers_.pool(), loop_, [&path] { return read_whole_file(path); });
}

}  // namespace regatta
