// SPDX-License-Identifier: Apache-2.0
#include "harness/external/adapter_messages.hpp"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>

namespace regatta {
namespace {

using nlohmann::json;

// Enough of a line to know it by.
std::string shown(std::string_view line) {
  constexpr std::size_t most = 60;
  std::string text;
  for (const char each : line.substr(0, most)) {
    const auto byte = static_cast<unsigned char>(each);
    text += byte >= 0x20 && byte < 0x7f ? each : '?';
  }
  return line.size() > most ? text + "…" : text;
}

json parse_message(std::string_view line, const char* expected) {
  json message = json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!message.is_object()) {
    throw adapter_fault(fmt::format("said what is no JSON object: '{}'", shown(line)));
  }
  const json say = message.value("say", json());
  if (!say.is_string()) {
    throw adapter_fault(
        fmt::format("said '{}' without a \"say\"; expected {}", shown(line), expected));
  }
  return message;
}

std::string kind_of(const json& message) { return message.at("say").get<std::string>(); }

[[noreturn]] void unexpected(const json& message, const char* expected) {
  throw adapter_fault(
      fmt::format("said '{}' where {} is expected", shown(kind_of(message)), expected));
}

// Members of the right type, or a sentence that names the one that is not.
template <class T>
T member(const json& message, const char* name) {
  try {
    const json& value = message.at(name);
    if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
      if (!value.is_number_unsigned()) throw adapter_fault("");
    }
    return value.get<T>();
  } catch (const std::exception&) {
    throw adapter_fault(fmt::format("said a '{}' whose \"{}\" is missing or of the wrong type",
                                    shown(kind_of(message)), name));
  }
}

unsigned count_member(const json& message, const char* name) {
  const auto value = member<std::uint64_t>(message, name);
  if (value < 1 || value > 1'000'000) {
    throw adapter_fault(fmt::format("said a {} of {}", name, value));
  }
  return static_cast<unsigned>(value);
}

steady_time time_member(const json& message, const char* name) {
  const auto ns = member<std::uint64_t>(message, name);
  if (ns > static_cast<std::uint64_t>(INT64_MAX)) {
    throw adapter_fault(fmt::format("said a {} of {}", name, ns));
  }
  return steady_time(std::chrono::nanoseconds(static_cast<std::int64_t>(ns)));
}

int nibble(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  const char lower = static_cast<char>(digit | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

buffer from_hex(const std::string& text) {
  buffer bytes(text.size() / 2);
  bool good = text.size() % 2 == 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const int high = nibble(text[2 * i]);
    const int low = nibble(text[2 * i + 1]);
    good = good && high >= 0 && low >= 0;
    bytes[i] = static_cast<std::byte>(high * 16 + low);
  }
  if (!good) throw adapter_fault("said an item whose \"answer\" is not hexadecimal");
  return bytes;
}

digest digest_from(const std::string& text) {
  digest value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value, 16);
  if (error != std::errc() || stop != end || text.size() != 16) {
    throw adapter_fault("said an item whose \"digest\" is not 16 hexadecimal digits");
  }
  return value;
}

std::int64_t in_ns(steady_time time) { return time.time_since_epoch().count(); }

std::string as_line(const json& message) {
  return message.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace

adapter_hello parse_hello(std::string_view line) {
  const json message = parse_message(line, "a hello");
  if (kind_of(message) != "hello") unexpected(message, "hello");
  const auto protocol = member<std::uint64_t>(message, "protocol");
  if (protocol != adapter_protocol) {
    throw adapter_fault(
        fmt::format("speaks protocol {}, this regatta speaks {}", protocol, adapter_protocol));
  }
  adapter_hello hello;
  hello.name = member<std::string>(message, "name");
  hello.runtime = member<std::string>(message, "runtime");
  if (message.contains("interpreter_lock") && !message.at("interpreter_lock").is_null()) {
    hello.interpreter_lock = member<bool>(message, "interpreter_lock");
  }
  hello.approaches = member<std::map<std::string, std::string>>(message, "approaches");
  hello.workloads = member<std::vector<std::string>>(message, "workloads");
  return hello;
}

std::variant<adapter_ready, unavailable> parse_opened(std::string_view line) {
  const json message = parse_message(line, "ready");
  if (kind_of(message) == "unavailable") {
    return unavailable{member<std::string>(message, "reason")};
  }
  if (kind_of(message) != "ready") unexpected(message, "ready");
  return adapter_ready{count_member(message, "workers"), count_member(message, "capacity")};
}

std::variant<adapter_item, adapter_epoch_end> parse_of_epoch(std::string_view line) {
  const json message = parse_message(line, "an item");
  if (kind_of(message) == "epoch") {
    return adapter_epoch_end{member<std::uint64_t>(message, "items")};
  }
  if (kind_of(message) != "item") unexpected(message, "an item or the epoch's end");
  adapter_item item{.sequence = member<std::uint64_t>(message, "sequence"),
                    .began = time_member(message, "began_ns"),
                    .ended = time_member(message, "ended_ns"),
                    .outcome = std::string()};
  if (message.contains("error")) {
    item.outcome = member<std::string>(message, "error");
  } else if (message.contains("digest")) {
    item.outcome = digest_from(member<std::string>(message, "digest"));
  } else {
    item.outcome = from_hex(member<std::string>(message, "answer"));
  }
  return item;
}

std::string hello_line() { return as_line({{"say", "hello"}, {"protocol", adapter_protocol}}); }

std::string open_line(const backend_setup& setup, const std::string& approach,
                      const std::string& dataset) {
  return as_line({{"say", "open"},
                  {"workload", setup.info.name},
                  {"approach", approach},
                  {"options", setup.options},
                  {"in_flight", setup.in_flight},
                  {"dataset", dataset},
                  {"dataset_bytes", setup.dataset.size()},
                  {"endpoints", setup.endpoints},
                  {"api_key", setup.api_key}});
}

std::string epoch_line(const epoch& slice) {
  const epoch_plan& plan = slice.plan();
  json message = {{"say", "epoch"},
                  {"first_index", plan.first_index},
                  {"in_flight", plan.in_flight},
                  {"stagger_ns", plan.stagger.count()}};
  if (const auto end = slice.window_end()) message["end_ns"] = in_ns(*end);
  if (plan.item_limit) message["items"] = *plan.item_limit;
  if (plan.rate) {
    json& due = message["due_ns"] = json::array();
    for (const steady_time each : slice.arrivals()) due.push_back(in_ns(each));
  }
  return as_line(message);
}

std::string bye_line() { return as_line({{"say", "bye"}}); }

}  // namespace regatta
