// SPDX-License-Identifier: Apache-2.0
#include "harness/http_load/load_result.hpp"

namespace regatta::http_load {

void load_tally::merge(const load_tally& other) {
  ok += other.ok;
  client_errors += other.client_errors;
  server_errors += other.server_errors;
  connect_failures += other.connect_failures;
  resets += other.resets;
  timeouts += other.timeouts;
  malformed += other.malformed;
  unsent += other.unsent;
  cut_off += other.cut_off;
  bytes_received += other.bytes_received;
  tokens += other.tokens;
  good += other.good;
  latency.merge(other.latency);
  service.merge(other.service);
  send_lag.merge(other.send_lag);
  first_token.merge(other.first_token);
  inter_token.merge(other.inter_token);
  mean_gap.merge(other.mean_gap);
}

std::optional<double> stage_result::rate() const {
  const double seconds = std::chrono::duration<double>(length).count();
  if (!(seconds > 0)) return std::nullopt;
  return static_cast<double>(tally.ok) / seconds;
}

load_tally load_result::total() const {
  load_tally sum;
  for (const stage_result& each : stages) sum.merge(each.tally);
  return sum;
}

std::chrono::nanoseconds load_result::length() const {
  std::chrono::nanoseconds sum{0};
  for (const stage_result& each : stages) sum += each.length;
  return sum;
}

}  // namespace regatta::http_load
