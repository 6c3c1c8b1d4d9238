// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include "harness/platform/child_process.hpp"
#include "harness/platform/unique_fd.hpp"
#include "harness/service.hpp"
#include "workloads/servers/mock_llm_server.hpp"

namespace regatta {
namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

constexpr int announce_at = 3;  // the child's descriptor for telling its port
constexpr auto start_patience = 5s;
constexpr auto end_patience = 1s;

latency_distribution default_latency(dataset_scale scale) {
  const auto mean = scale == dataset_scale::quick      ? 10ms
                    : scale == dataset_scale::standard ? 50ms
                                                       : 200ms;
  return {latency_distribution::shape::lognormal, mean, 0.2};
}

template <class Number>
Number number_setting(const std::string& key, const std::string& text, Number least, Number most) {
  Number value{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error == std::errc{} && stop == end && value >= least && value <= most) return value;
  throw std::invalid_argument(
      fmt::format("setting {}: '{}' is not a number from {} to {}", key, text, least, most));
}

mock_llm_options options_from(const service_options& given) {
  mock_llm_options options;
  options.seed = given.seed;
  options.time_to_first_token = default_latency(given.scale);
  for (const auto& [key, text] : given.settings) {
    if (key == "llm.ttft") {
      options.time_to_first_token = parse_latency_distribution(text);
    } else if (key == "llm.tbt") {
      options.time_between_tokens = parse_latency_distribution(text);
    } else if (key == "documents.latency") {
      options.document_latency = parse_latency_distribution(text);
    } else if (key == "llm.tokens") {
      options.max_tokens = number_setting(key, text, 1U, 32768U);
    } else if (key == "llm.error-rate") {
      options.error_rate = number_setting(key, text, 0.0, 1.0);
    } else if (key == "llm.rate-limit-rate") {
      options.rate_limit_rate = number_setting(key, text, 0.0, 1.0);
    } else if (key.starts_with("llm.") || key.starts_with("documents.")) {
      throw std::invalid_argument(fmt::format(
          "there is no setting '{}'; there are llm.ttft, llm.tbt, llm.tokens, llm.error-rate, "
          "llm.rate-limit-rate and documents.latency",
          key));
    }
  }
  return options;
}

std::vector<std::string> arguments_for(const mock_llm_options& options) {
  return {"mock-llm",
          "--parent",
          std::to_string(::getpid()),
          "--announce-fd",
          std::to_string(announce_at),
          "--seed",
          std::to_string(options.seed),
          "--ttft",
          to_string(options.time_to_first_token),
          "--tbt",
          to_string(options.time_between_tokens),
          "--document-latency",
          to_string(options.document_latency),
          "--tokens",
          std::to_string(options.max_tokens),
          "--error-rate",
          fmt::format("{}", options.error_rate),
          "--rate-limit-rate",
          fmt::format("{}", options.rate_limit_rate)};
}

/// The line the child writes when it listens; what arrived so far if it ends or dawdles.
std::string read_announcement(int fd) {
  std::string line;
  const auto deadline = steady::now() + start_patience;
  while (!line.ends_with('\n')) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - steady::now());
    pollfd readable{fd, POLLIN, 0};
    const int ready = left.count() > 0 ? ::poll(&readable, 1, static_cast<int>(left.count())) : 0;
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) break;
    char bytes[16];
    const ssize_t count = ::read(fd, bytes, sizeof(bytes));
    if (count <= 0) break;
    line.append(bytes, static_cast<std::size_t>(count));
  }
  return line;
}

/// The mock LLM server as a child process: `regatta mock-llm`, so that its CPU time and memory are
/// not those of any cell. Serves both "llm" and "documents"; a run that needs both has two of them.
class mock_llm_service final : public running_service {
 public:
  explicit mock_llm_service(const mock_llm_options& options) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) {
      throw std::system_error(errno, std::generic_category(), "pipe for the mock LLM server");
    }
    const unique_fd read_end(ends[0]);
    unique_fd write_end(ends[1]);
    pid_ = spawn({.program = self_path(),
                  .arguments = arguments_for(options),
                  .descriptors = {{write_end.get(), announce_at}},
                  .own_group = true});
    write_end.reset();
    const std::string line = read_announcement(read_end.get());
    if (line.ends_with('\n')) {
      port_ = line.substr(0, line.size() - 1);
      return;
    }
    // A process closes its pipe some milliseconds before it can be waited for.
    for (int tries = 0; tries < 100 && !failure(); ++tries) std::this_thread::sleep_for(1ms);
    const std::string why = failure().value_or(fmt::format(
        "the mock LLM server (pid {}) did not start in {} s", pid_, start_patience.count()));
    kill_and_reap(pid_);
    throw std::runtime_error(why);
  }

  ~mock_llm_service() override {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGTERM);
    const auto deadline = steady::now() + end_patience;
    while (steady::now() < deadline) {
      if (wait_child(pid_, false)) return;
      std::this_thread::sleep_for(1ms);
    }
    kill_and_reap(pid_);
  }

  std::string endpoint() const override { return "http://127.0.0.1:" + port_; }

  std::optional<std::string> failure() override {
    if (pid_ <= 0) return failure_;
    if (const auto end = wait_child(pid_, false)) {
      failure_ = fmt::format("the mock LLM server (pid {}) {}", pid_, end->describe());
      pid_ = -1;
    }
    return failure_;
  }

 private:
  pid_t pid_ = -1;  // -1: reaped
  std::string port_;
  std::optional<std::string> failure_;
};

std::unique_ptr<running_service> start(const service_options& options) {
  return std::make_unique<mock_llm_service>(options_from(options));
}

const service_registration llm("llm", &start);
const service_registration documents("documents", &start);

}  // namespace
}  // namespace regatta
