// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/diagnostics/loop_monitor/corpus/cases.hpp"

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <iterator>

#include "tests/harness/diagnostics/loop_monitor/corpus/faults.hpp"

namespace regatta::corpus {
namespace {

using stall_function = void (*)(nanoseconds);

stall_function function_of(fault which) {
  switch (which) {
    case fault::spin:
      return &stall_in_spin;
    case fault::regex:
      return &stall_in_regex;
    case fault::sqlite:
      return &stall_in_sqlite;
    case fault::exception_storm:
      return &stall_in_exception_storm;
    case fault::page_faults:
      return &stall_in_page_faults;
    case fault::sleep:
      return &stall_in_sleep;
    case fault::fsync:
      return &stall_in_fsync;
    case fault::name_lookup:
      return &stall_in_name_lookup;
    case fault::mutex:
      return &stall_in_mutex;
    case fault::condition_wait:
      return &stall_in_condition_wait;
    case fault::blocking_connect:
      return &stall_in_connect;
    case fault::nested_run_one:
      return &stall_in_inner_handler;
  }
  return nullptr;
}

/// Serves the loop until a handler that it has posted itself is done, as code does that must have
/// an answer before it returns. On a loop of many threads another one may run that handler.
void run_nested(boost::asio::io_context& io, const std::function<void()>& inner) {
  std::atomic<bool> done = false;
  boost::asio::post(io, [&] {
    inner();
    done.store(true, std::memory_order_release);  // with the loads below
  });
  while (!done.load(std::memory_order_acquire)) io.run_one();
}

void add_product(std::vector<test_case>& cases) {
  for (std::size_t i = 0; i < all_faults.size(); ++i) {
    for (std::size_t k = 0; k < all_shapes.size(); ++k) {
      const fault which = all_faults[i];
      const shape where = all_shapes[k];
      const std::string name = std::string(to_string(which)) + "/" + to_string(where);
      // Every fault and every shape, but not every pair: two shapes a fault, one of a healthy twin.
      const bool first = k == i % all_shapes.size();
      const bool second = k == (i + 3) % all_shapes.size();
      cases.push_back({name, 1,
                       [which, where](const scene& setting) {
                         const handler work = handler_of(which, setting.stall(), setting.log);
                         run_loop(where, setting, work, 1);
                       },
                       first || second});
      cases.push_back({name + "/healthy", 0,
                       [which, where](const scene& setting) {
                         const handler work = handler_of(which, setting.piece(), setting.log);
                         run_loop(where, setting, work, scene::pieces);
                       },
                       first});
    }
  }
}

}  // namespace

handler handler_of(fault which, std::chrono::nanoseconds time, truth_log& log) {
  const auto record = [which, time, &log] {
    log.record(label_of(which), [which, time] { function_of(which)(time); });
  };
  if (which != fault::nested_run_one) return [record](boost::asio::io_context&) { record(); };
  return [record](boost::asio::io_context& io) { run_nested(io, record); };
}

std::vector<test_case> all_cases() {
  std::vector<test_case> cases;
  add_product(cases);
  for (auto* const more : {&special_stalls, &special_healthy}) {
    std::vector<test_case> special = (*more)();
    cases.insert(cases.end(), std::make_move_iterator(special.begin()),
                 std::make_move_iterator(special.end()));
  }
  return cases;
}

}  // namespace regatta::corpus
