// SPDX-License-Identifier: Apache-2.0
#include "harness/external/external_backend.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "harness/platform/mapping.hpp"

namespace regatta {
namespace {

using namespace std::chrono_literals;

constexpr auto hello_patience = 20s;
// Starting may mean a dozen interpreters that load hundreds of megabytes.
constexpr auto open_patience = 100s;

unique_fd file_of(bytes_view dataset) {
  unique_fd file = memory_file(0);
  for (off_t at = 0; !dataset.empty();) {
    const ssize_t put = ::pwrite(file.get(), dataset.data(), dataset.size(), at);
    if (put < 0) {
      throw std::system_error(errno, std::generic_category(), "storing the dataset for an adapter");
    }
    at += put;
    dataset = dataset.subspan(static_cast<std::size_t>(put));
  }
  return file;
}

adapter_hello greet(adapter_process& adapter) {
  adapter.send(hello_line());
  return parse_hello(adapter.receive(hello_patience));
}

std::string sentence(const adapter_command& command, const std::string& what) {
  std::string words = command.program;
  for (const std::string& each : command.arguments) words += " " + each;
  return fmt::format("the adapter '{}' {}", words, what);
}

// An epoch as an adapter tells of it, line by line; then written down in the order of its tickets.
class told_epoch {
 public:
  explicit told_epoch(steady_time sent) : sent_(sent) {}

  /// False at its end.
  bool take(std::string_view line) {
    auto told = parse_of_epoch(line);
    if (const auto* end = std::get_if<adapter_epoch_end>(&told)) {
      claimed_ = end->items;
      return false;
    }
    items_.push_back(std::move(std::get<adapter_item>(told)));
    return true;
  }

  void write_down(epoch& slice, steady_time received) const {
    const std::vector<steady_time> claimed = claim_times(received, !slice.plan().rate);
    std::vector<ticket> tickets;
    for (const steady_time each : claimed) {
      const auto which = slice.claim_afterwards(each);
      if (!which) throw adapter_fault(fmt::format("ran {} items, more than it may", claimed_));
      tickets.push_back(*which);
    }
    recorder& notes = slice.new_recorder();
    for (const adapter_item& each : items_) {
      const ticket& which = tickets[each.sequence];
      if (const auto* answer = std::get_if<buffer>(&each.outcome)) {
        notes.answered(which, *answer, each.ended);
      } else if (const auto* made = std::get_if<digest>(&each.outcome)) {
        notes.answered_as(which, *made, each.ended);
      } else {
        notes.failed(which, std::get<std::string>(each.outcome));
      }
    }
  }

 private:
  // Seen from outside, all of it lies between the request and its answer.
  // But for when items were claimed in an open loop: that is when they were due.
  std::vector<steady_time> claim_times(steady_time received, bool closed_loop) const {
    // Each claimed item has a line; one more is a lost one, and the books will say so.
    if (claimed_ > items_.size() + 1'000'000) {
      throw adapter_fault(fmt::format("ran {} items and told of {}", claimed_, items_.size()));
    }
    std::vector<steady_time> claimed(claimed_, sent_);
    for (const adapter_item& each : items_) {
      if (each.sequence >= claimed_) {
        throw adapter_fault(
            fmt::format("told of item {} of an epoch of {}", each.sequence, claimed_));
      }
      if (each.ended > received || each.ended < sent_ || (closed_loop && each.began < sent_)) {
        throw adapter_fault(
            fmt::format("told of times of item {} that lie outside of the epoch: are they of "
                        "CLOCK_MONOTONIC, in ns?",
                        each.sequence));
      }
      claimed[each.sequence] = each.began;
    }
    return claimed;
  }

  const steady_time sent_;
  std::vector<adapter_item> items_;
  std::uint64_t claimed_ = 0;
};

class external_backend final : public backend {
 public:
  external_backend(const adapter_command& command, bytes_view dataset)
      : command_(command), dataset_(file_of(dataset)), adapter_(command, dataset_.get()) {}

  std::optional<unavailable> open(const backend_setup& setup, const std::string& approach) {
    const adapter_hello hello = greet(adapter_);
    adapter_.send(open_line(setup, approach, adapter_process::dataset_path));
    auto opened = parse_opened(adapter_.receive(open_patience));
    if (auto* missing = std::get_if<unavailable>(&opened)) return std::move(*missing);
    ready_ = std::get<adapter_ready>(opened);
    return std::nullopt;
  }

  void run(epoch& slice) override {
    try {
      told_epoch told(std::chrono::steady_clock::now());
      adapter_.send(epoch_line(slice));
      // No limit: the runner has one, and kills us both.
      while (told.take(adapter_.receive())) {
      }
      told.write_down(slice, std::chrono::steady_clock::now());
    } catch (const adapter_fault& fault) {
      throw std::runtime_error(sentence(command_, fault.what()));
    }
  }

  backend_facts facts() const override {
    return {.workers = ready_.workers, .capacity = ready_.capacity};
  }

 private:
  const adapter_command command_;
  const unique_fd dataset_;
  adapter_process adapter_;
  adapter_ready ready_;
};

}  // namespace

backend_or_unavailable start_external(const backend_setup& setup, const adapter_command& command,
                                      const std::string& approach) {
  try {
    auto started = std::make_unique<external_backend>(command, setup.dataset);
    if (auto missing = started->open(setup, approach)) return std::move(*missing);
    return std::unique_ptr<backend>(std::move(started));
  } catch (const adapter_fault& fault) {
    return unavailable{sentence(command, fault.what())};
  } catch (const std::system_error& error) {
    return unavailable{error.what()};
  }
}

adapter_hello introduce_adapter(const adapter_command& command) {
  adapter_process adapter(command, -1);
  return greet(adapter);
}

}  // namespace regatta
