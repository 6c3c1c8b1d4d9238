// SPDX-License-Identifier: Apache-2.0
#include "workloads/servers/text_files.hpp"

#include <fmt/format.h>

#include <fstream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "harness/service.hpp"
#include "workloads/counter_random.hpp"
#include "workloads/generated_text.hpp"

namespace regatta {
namespace {

constexpr std::size_t smallest_bytes = 512;
constexpr std::size_t largest_bytes = 12288;

class text_files final : public running_service {
 public:
  explicit text_files(std::filesystem::path folder) : folder_(std::move(folder)) {}
  std::string endpoint() const override { return folder_.string(); }
  std::optional<std::string> failure() override {
    std::error_code ignored;
    if (std::filesystem::is_directory(folder_, ignored)) return std::nullopt;
    return "the folder '" + folder_.string() + "' is gone";
  }

 private:
  std::filesystem::path folder_;
};

std::unique_ptr<running_service> start(const service_options& options) {
  refuse_settings(options, "files");
  auto folder = options.directory / "files";
  create_text_files(folder, options.seed, text_file_count(options.scale));
  return std::make_unique<text_files>(std::move(folder));
}

const service_registration registered("files", &start);

}  // namespace

std::size_t text_file_count(dataset_scale scale) {
  return scale == dataset_scale::quick ? 256 : scale == dataset_scale::standard ? 2048 : 8192;
}

std::filesystem::path text_file_path(const std::filesystem::path& folder, std::size_t number) {
  return folder / fmt::format("{:05}.txt", number);
}

void create_text_files(const std::filesystem::path& folder, std::uint64_t seed, std::size_t count) {
  if (!std::filesystem::create_directories(folder)) {
    throw std::runtime_error(fmt::format("the folder '{}' is there already", folder.string()));
  }
  for (std::size_t number = 0; number < count; ++number) {
    counter_random random(seed, number);
    const std::size_t size = smallest_bytes + random.below(largest_bytes - smallest_bytes);
    const auto path = text_file_path(folder, number);
    std::ofstream file(path, std::ios::binary);
    file << generated_text(random, size);
    file.close();
    if (!file) throw std::runtime_error(fmt::format("cannot write '{}'", path.string()));
  }
}

}  // namespace regatta
