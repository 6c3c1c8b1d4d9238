// SPDX-License-Identifier: Apache-2.0
#include "harness/load/serve_items.hpp"

// Backends that answer every tenth item in a wrong way, each in one of the ways that the books of
// an epoch must catch. In the program regatta_faulty only.

namespace regatta {
namespace {

enum class fault { drops, repeats, corrupts, swaps };

template <fault Kind>
class faulty final : public backend {
 public:
  explicit faulty(const backend_setup& setup)
      : workload_(setup.workload), runtime_(environment_of(setup)) {}

  void run(epoch& slice) override {
    recorder& notes = slice.new_recorder();
    std::optional<ticket> before;
    while (const auto which = slice.claim()) {
      if (++served_ % 10 != 0) {
        serve_one(*which, notes, workload_, runtime_);
        before = which;
        continue;
      }
      if constexpr (Kind == fault::drops) continue;
      if constexpr (Kind == fault::repeats) {
        serve_one(*which, notes, workload_, runtime_);
        serve_one(*which, notes, workload_, runtime_);
      }
      if constexpr (Kind == fault::swaps) {
        serve_one(before.value_or(*which), notes, workload_, runtime_);
      }
      if constexpr (Kind == fault::corrupts) {
        blocking_context context(runtime_);
        const item it{which->index, workload_.input(which->index)};
        buffer answer = workload_.run(context, it).get();
        if (!answer.empty()) answer[answer.size() / 2] ^= std::byte{1};
        notes.answered(*which, answer);
      }
    }
  }

  backend_facts facts() const override { return {}; }

 private:
  const workload_instance& workload_;
  blocking_runtime runtime_;
  std::uint64_t served_ = 0;
};

template <fault Kind>
backend_entry entry(std::string name, std::string summary) {
  return {.info = {.name = std::move(name), .summary = std::move(summary)},
          .start = [](const backend_setup& setup) -> backend_or_unavailable {
            return std::make_unique<faulty<Kind>>(setup);
          }};
}

const backend_registration drops(entry<fault::drops>("faulty-drops",
                                                     "never answers every tenth item"));
const backend_registration repeats(entry<fault::repeats>("faulty-repeats",
                                                         "answers every tenth item twice"));
const backend_registration corrupts(entry<fault::corrupts>("faulty-corrupts",
                                                           "flips a bit in every tenth answer"));
const backend_registration swaps(
    entry<fault::swaps>("faulty-swaps", "answers the item before every tenth one instead of it"));
const backend_registration lacking({
    .info = {.name = "faulty-unavailable", .summary = "lacks what it needs on every machine"},
    .start = [](const backend_setup&) -> backend_or_unavailable {
      return unavailable{"this machine has no flux capacitor"};
    },
});

}  // namespace
}  // namespace regatta
