// SPDX-License-Identifier: Apache-2.0
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <exception>
#include <iostream>

#include "harness/llm/async_llm_client_asio.hpp"

// begin example
boost::asio::awaitable<void> ask(regatta::async_llm_client& client) {
  auto tokens = client.stream("What is the tide?");
  for (auto token = co_await tokens.next(); token; token = co_await tokens.next()) {
    std::cout << *token << std::flush;
  }
}

void run(const char* url, const char* key, const char* model) {
  boost::asio::io_context io;
  regatta::async_llm_client client(io.get_executor(), {.endpoint = {url, key}, .model = model});
  co_spawn(io, ask(client), [](std::exception_ptr e) {
    if (e) std::rethrow_exception(e);
  });
  io.run();
}
// end example

int main(int count, char** arguments) {
  const char* const key = std::getenv("LLM_KEY");
  try {
    if (count == 3) run(arguments[1], key != nullptr ? key : "", arguments[2]);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
