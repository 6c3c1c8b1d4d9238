// SPDX-License-Identifier: Apache-2.0
// In place of the other files here where the build had not what eBPF programs are made with.
#include "harness/profiling/loop_watch.hpp"
#include "harness/profiling/requests/request_watch.hpp"

namespace regatta::profiling {

std::unique_ptr<loop_watch> make_ebpf_watch(const profile_options&, const profile_hooks&,
                                            std::optional<pid_t>) {
  throw tier_unavailable("this regatta was built without " REGATTA_EBPF_MISSING);
}

std::unique_ptr<request_watch> make_request_watch(double) {
  throw tier_unavailable("this regatta was built without " REGATTA_EBPF_MISSING);
}

}  // namespace regatta::profiling
