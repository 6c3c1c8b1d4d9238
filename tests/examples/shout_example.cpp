// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cctype>

#include "harness/workload.hpp"

// begin example
namespace {
using namespace regatta;

buffer upper_case(bytes_view, bytes_view text) {  // a kernel: may run in another process
  std::string result(as_text(text));
  for (char& c : result) c = static_cast<char>(std::toupper(c));
  return to_buffer(result);
}

class shout {
 public:
  static workload_info describe() { return {.name = "shout", .summary = "upper-cases a line"}; }
  static buffer build(const workload_options&) { return to_buffer("no sooner said than done"); }
  explicit shout(bytes_view dataset) : line_(dataset) {}
  std::uint64_t distinct_items() const { return line_.size(); }
  bytes_view input(std::uint64_t i) const { return line_.subspan(i % line_.size()); }

  template <class Context>  // written once, run in two colours
  typename Context::template task<buffer> run(Context& ctx, item it) const {
    co_await ctx.sleep(std::chrono::microseconds(50));
    co_return co_await ctx.compute(upper_case, it.input);
  }

 private:
  bytes_view line_;
};
const workload_registration<shout> registered;
}  // namespace
// end example
