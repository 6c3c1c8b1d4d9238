// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <deque>
#include <mutex>
#include <string_view>
#include <unordered_map>

#include "harness/diagnostics/debug_options.hpp"
#include "harness/diagnostics/handler_tracking/creation_site.hpp"
#include "harness/diagnostics/symbols.hpp"

namespace regatta::internal {
namespace {

struct creation_place {
  source_frame location;  ///< if the program told it
  std::array<std::uintptr_t, deepest_origin> stack{};
  unsigned depth = 0;
  bool is_described = false;
  bool is_known = false;  ///< it is a place in the program, not in a library alone
  source_frame described;
};

constexpr std::size_t most_sites = 0xffff;

// Never destroyed: handlers are created until the end.
struct site_table {
  std::mutex mutex;
  std::unordered_map<std::uint64_t, site_id> numbers;
  std::deque<creation_place> places;  // of site number i + 1
  std::atomic<bool> is_full{false};

  template <class Make>
  site_id find(std::uint64_t key, Make make) {
    if (is_full.load(std::memory_order_relaxed)) return 0;
    const std::lock_guard lock(mutex);
    const auto found = numbers.find(key);
    if (found != numbers.end()) return found->second;
    if (places.size() == most_sites) {
      is_full.store(true, std::memory_order_relaxed);
      return 0;
    }
    places.push_back(make());
    return numbers[key] = static_cast<site_id>(places.size());
  }
};

site_table& shared() {
  static site_table& only = *new site_table;
  return only;
}

site_id remember(tracked_thread& thread, std::uint64_t key, site_id site) {
  thread.sites[key >> 56] = (key & ~std::uint64_t{0xffff}) | site;
  return site;
}

bool is_own_frame(const source_frame& frame) {
  const std::string& file = frame.place.file;
  const auto folder = file.rfind("harness/diagnostics/");
  const bool own_file =
      folder != file.npos && !std::string_view(file).substr(0, folder).ends_with("tests/");
  return own_file || short_function_name(frame.function).starts_with("regatta::internal::");
}

// The innermost frame that somebody wrote.
void describe(creation_place& place) {
  place.is_described = true;
  if (place.location.place.known()) {
    place.described = place.location;
    place.is_known = true;
    return;
  }
  for (unsigned i = 0; i < place.depth; ++i) {
    for (const source_frame& frame : own_symbols().at_call(place.stack[i])) {
      if (i == 0 && place.described.function.empty()) place.described = frame;
      if (is_library_frame(frame) || is_own_frame(frame)) continue;
      place.described = frame;
      place.is_known = true;
      return;
    }
  }
}

}  // namespace

site_id find_site(tracked_thread& thread, std::uint64_t key, const char* file, unsigned line,
                  const char* function) noexcept {
  const site_id site = shared().find(key, [&] {
    creation_place place;
    place.location.place = {file, line};
    if (function != nullptr) place.location.function = function;
    return place;
  });
  return remember(thread, key, site);
}

site_id find_code_site(tracked_thread& thread, std::uint64_t key, std::uintptr_t here,
                       std::uintptr_t frame) noexcept {
  const site_id site = shared().find(key, [&] {
    creation_place place;
    const unsigned wanted = debug_options_from_environment().origin;
    if (wanted != 0) place.stack[place.depth++] = here;
    const std::uintptr_t end = creator_end(thread);
    if (frame < thread.stack_begin) return place;
    while (place.depth < deepest_origin && wanted != 0 && frame % sizeof(void*) == 0 &&
           frame + 2 * sizeof(void*) <= end) {
      const auto* const words = reinterpret_cast<const std::uintptr_t*>(frame);
      if (words[1] < 4096) break;
      place.stack[place.depth++] = words[1];
      if (words[0] <= frame) break;  // callers are above
      frame = words[0];
    }
    return place;
  });
  return remember(thread, key, site);
}

std::vector<source_frame> describe_trail(std::uint64_t trail) {
  std::vector<source_frame> frames;
  source_frame fallback;
  site_table& all = shared();
  const std::lock_guard lock(all.mutex);
  for (; trail != 0; trail >>= 16) {
    const auto site = static_cast<site_id>(trail);
    if (site == 0 || site > all.places.size()) continue;
    creation_place& place = all.places[site - 1U];
    if (!place.is_described) describe(place);
    // A step inside of a library, as of async_read from one read to the next, is nobody's line.
    if (place.is_known) frames.push_back(place.described);
    if (fallback.function.empty()) fallback = place.described;
  }
  if (frames.empty() && !fallback.function.empty()) frames.push_back(fallback);
  return frames;
}

}  // namespace regatta::internal
