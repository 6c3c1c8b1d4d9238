// SPDX-License-Identifier: Apache-2.0
#include "harness/platform/cpu_list.hpp"

#include "harness/platform/proc_text.hpp"

namespace regatta {

std::vector<int> parse_cpu_list(std::string_view text) {
  constexpr int most = 1 << 16;  // a corrupt upper end must not fill the memory
  std::vector<int> cpus;
  while (!text.empty()) {
    std::string_view last = proc_text::next_field(text, ',');
    const std::string_view first = proc_text::next_field(last, '-');
    const auto from = proc_text::number<int>(first);
    const auto to = last.empty() ? from : proc_text::number<int>(last);
    if (!from || !to || *from < 0 || *to >= most) continue;
    for (int cpu = *from; cpu <= *to; ++cpu) cpus.push_back(cpu);
  }
  return cpus;
}

}  // namespace regatta
