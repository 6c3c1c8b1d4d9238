// SPDX-License-Identifier: Apache-2.0
#include "harness/load/loop_backend.hpp"

#include "harness/load/serve_items.hpp"

namespace regatta {

loop_backend::loop_backend(const backend_setup& setup, engine_maker make_engine)
    : workload_(setup.workload),
      slots_(setup.in_flight),
      environment_(environment_of(setup)),
      helpers_(helper_thread_count),
      engine_(make_engine(loop_, setup)),
      runtime_(loop_, environment_, *engine_, helpers_) {}

void loop_backend::run(epoch& slice) { serve_loop(slice, slots_, workload_, runtime_); }

backend_facts loop_backend::facts() const {
  backend_facts facts{.workers = 1, .capacity = slots_};
  engine_->add_facts(facts);
  facts.file_reads = runtime_.files().how();
  return facts;
}

}  // namespace regatta
