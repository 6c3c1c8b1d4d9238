// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/diagnostics/loop_monitor/corpus/fault.hpp"

namespace regatta::corpus {

const char* to_string(fault which) {
  switch (which) {
    case fault::spin:
      return "spin";
    case fault::regex:
      return "regex";
    case fault::sqlite:
      return "sqlite";
    case fault::exception_storm:
      return "exception_storm";
    case fault::page_faults:
      return "page_faults";
    case fault::sleep:
      return "sleep";
    case fault::fsync:
      return "fsync";
    case fault::name_lookup:
      return "name_lookup";
    case fault::mutex:
      return "mutex";
    case fault::condition_wait:
      return "condition_wait";
    case fault::blocking_connect:
      return "blocking_connect";
    case fault::nested_run_one:
      return "nested_run_one";
  }
  return "";
}

label label_of(fault which) {
  switch (which) {
    case fault::spin:
      return {"stall_in_spin", block_cause::computing};
    case fault::regex:
      return {"stall_in_regex", block_cause::computing};
    case fault::sqlite:
      return {"stall_in_sqlite", block_cause::computing};
    case fault::exception_storm:
      return {"stall_in_exception_storm", block_cause::computing};
    case fault::page_faults:
      return {"stall_in_page_faults", block_cause::page_faults};
    case fault::sleep:
      return {"stall_in_sleep", block_cause::sleeping};
    case fault::fsync:
      return {"stall_in_fsync", block_cause::file_sync};
    case fault::name_lookup:
      return {"stall_in_name_lookup", block_cause::name_lookup};
    case fault::mutex:
      return {"stall_in_mutex", block_cause::mutex};
    case fault::condition_wait:
      return {"stall_in_condition_wait", block_cause::condition};
    case fault::blocking_connect:
      return {"stall_in_connect", block_cause::connecting};
    case fault::nested_run_one:
      return {"stall_in_inner_handler", block_cause::sleeping};
  }
  return {};
}

}  // namespace regatta::corpus
