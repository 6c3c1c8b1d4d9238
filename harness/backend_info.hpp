// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace regatta {

struct backend_option {
  std::string name;
  std::string fallback;  ///< the value when the user names none
  std::string meaning;
  /// The values it takes; empty: a whole number, or "auto" if that is the fallback.
  std::vector<std::string> choices = {};
  bool is_text = false;  ///< it takes whatever is written
};

struct backend_info {
  std::string name;
  std::string summary;
  /// 1 = least code, fewest concepts. Breaks ties in a recommendation, after CPU and memory.
  int complexity = 1;
  /// Items run in other processes: a crash costs one item, memory is apart.
  bool isolates = false;
  /// Synchronous libraries may be called in an item without stopping the others.
  bool takes_blocking_code = true;
  /// The dataset lies in memory shared with the workers.
  bool shared_dataset = false;
  std::vector<backend_option> options = {};
  /// Not ours to race unless asked for: only patterns that begin with this name it. Empty: ours.
  std::string family = {};
};

struct backend_facts {
  unsigned workers = 1;                ///< threads or processes that run items
  unsigned capacity = 1;               ///< items it can have in service at once, of those in flight
  bool pinned = false;                 ///< workers are pinned one per usable CPU
  std::uint64_t bytes_serialised = 0;  ///< in messages between processes, both ways
  std::uint64_t bytes_copied = 0;      ///< of payload, between processes and in user space
  std::uint64_t startup_bytes_copied = 0;  ///< the dataset's copies for the workers
  std::uint64_t workers_lost = 0;          ///< died and were replaced
  std::string file_reads = {};  ///< see async_files::how; empty where reads block, or none was made
};

}  // namespace regatta
