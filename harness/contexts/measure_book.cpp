// SPDX-License-Identifier: Apache-2.0
#include "harness/contexts/measure_book.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "harness/digest.hpp"

namespace regatta {

using std::chrono::nanoseconds;

// Everything here is relaxed: it is read when those who noted have ended or handed in their
// answers.
measure_book::page& measure_book::page_of(std::string_view name) {
  if (name.empty() || name.size() > longest_name) {
    throw std::length_error(
        fmt::format("the name of a measure has 1 to {} bytes, not the {} of '{}'", longest_name,
                    name.size(), name));
  }
  const digest key = std::max<digest>(1, digest_of(as_bytes(name)));
  for (page& each : pages_) {
    digest holder = each.key.load(std::memory_order_relaxed);
    if (holder == 0 && each.key.compare_exchange_strong(holder, key, std::memory_order_relaxed)) {
      holder = key;
    }
    if (holder != key) continue;
    // Whoever finds no name writes it: who was first may have died over it.
    if (!each.named.load(std::memory_order_relaxed)) {
      for (std::size_t i = 0; i < name.size(); ++i) {
        each.name[i].store(name[i], std::memory_order_relaxed);
      }
      each.named.store(true, std::memory_order_relaxed);
    }
    return each;
  }
  throw std::length_error(
      fmt::format("a workload has up to {} measures; '{}' is one more", most_names, name));
}

void measure_book::note(std::string_view name, nanoseconds took) {
  page& to = page_of(name);
  const auto ns = std::max<std::int64_t>(0, took.count());
  to.count.fetch_add(1, std::memory_order_relaxed);
  to.sum_ns.fetch_add(ns, std::memory_order_relaxed);
  to.buckets[duration_buckets::of(nanoseconds(ns))].fetch_add(1, std::memory_order_relaxed);
  std::int64_t longest = to.max_ns.load(std::memory_order_relaxed);
  while (longest < ns && !to.max_ns.compare_exchange_weak(longest, ns, std::memory_order_relaxed)) {
  }
}

void measure_book::clear() {
  for (page& each : pages_) {
    if (each.count.exchange(0, std::memory_order_relaxed) == 0) continue;
    each.sum_ns.store(0, std::memory_order_relaxed);
    each.max_ns.store(0, std::memory_order_relaxed);
    for (auto& bucket : each.buckets) bucket.store(0, std::memory_order_relaxed);
  }
}

void measure_book::add_to(std::map<std::string, duration_histogram>& totals) const {
  for (const page& each : pages_) {
    if (each.count.load(std::memory_order_relaxed) == 0) continue;
    std::string name;
    for (const auto& letter : each.name) name += letter.load(std::memory_order_relaxed);
    name.resize(name.find('\0'));
    duration_histogram& total = totals[name];
    for (std::size_t i = 0; i < each.buckets.size(); ++i) {
      if (const auto count = each.buckets[i].load(std::memory_order_relaxed); count > 0) {
        total.add_bucket(i, count);
      }
    }
    total.add_totals(nanoseconds(each.sum_ns.load(std::memory_order_relaxed)),
                     nanoseconds(each.max_ns.load(std::memory_order_relaxed)));
  }
}

std::vector<measure> summarise(const std::map<std::string, duration_histogram>& totals) {
  std::vector<measure> measures;
  for (const auto& [name, all] : totals) {
    measures.push_back({.name = name,
                        .count = all.count(),
                        .sum = all.sum(),
                        .p50 = all.quantile(0.5),
                        .p90 = all.quantile(0.9),
                        .p99 = all.quantile(0.99),
                        .max = all.max()});
  }
  return measures;
}

}  // namespace regatta
