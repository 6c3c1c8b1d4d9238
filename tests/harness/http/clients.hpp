// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "harness/contexts/event_loop.hpp"
#include "harness/http/async_http_client.hpp"
#include "harness/http/blocking_http_client.hpp"

namespace regatta::test {

/// Both clients as one function: send, and wait for the answer.
class asynchronous_client {
 public:
  explicit asynchronous_client(endpoint_map endpoints, std::string key = {})
      : environment_{{}, std::move(endpoints), std::move(key)}, client_(loop_, environment_) {}

  http_response send(std::string service, http_request request = {}, deadline limit = no_deadline,
                     http_piece_handler on_piece = nullptr) {
    http_response response;
    loop_.start(
        fetch(std::move(service), std::move(request), limit, std::move(on_piece), response));
    loop_.run();
    return response;
  }

 private:
  async_task<void> fetch(std::string service, http_request request, deadline limit,
                         http_piece_handler on_piece, http_response& response) {
    response =
        co_await client_.send(std::move(service), std::move(request), limit, std::move(on_piece));
  }

  const run_environment environment_;
  event_loop loop_;
  async_http_client client_;
};

class blocking_client {
 public:
  explicit blocking_client(endpoint_map endpoints, std::string key = {})
      : environment_{{}, std::move(endpoints), std::move(key)}, client_(environment_) {}

  http_response send(const std::string& service, http_request request = {},
                     deadline limit = no_deadline, const http_piece_handler& on_piece = nullptr) {
    return client_.send(service, std::move(request), limit, on_piece);
  }

 private:
  const run_environment environment_;
  blocking_http_client client_;
};

using both_clients = ::testing::Types<asynchronous_client, blocking_client>;

struct client_names {
  template <class Client>
  static std::string GetName(int) {
    return std::is_same_v<Client, blocking_client> ? "blocking" : "asynchronous";
  }
};

}  // namespace regatta::test
