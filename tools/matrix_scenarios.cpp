// SPDX-License-Identifier: Apache-2.0
#include "tools/matrix_scenarios.hpp"

#include <utility>

namespace regatta {
namespace {

matrix_question ask(matrix_scenario scenario, std::string workload) {
  matrix_question question;
  question.scenario = std::move(scenario);
  question.request.suite = "standard";
  question.request.workload_filters = {std::move(workload)};
  question.request.scale = "quick";
  question.request.machine_card = false;
  // Each approach once: the standard suite also has ways to start a process.
  question.request.backend_filters = {"serial", "coroutine*", "thread*",
                                      "tbb",    "process",    "shared-memory"};
  return question;
}

}  // namespace

// What textbooks of Python's concurrency advise, in this project's words: asyncio is `coroutine`,
// ThreadPoolExecutor `thread`, ProcessPoolExecutor `process`, an event loop that offloads to a pool
// of processes `coroutine+process`.
std::vector<matrix_question> matrix_questions() {
  std::vector<matrix_question> all;

  matrix_question calls = ask({.name = "many LLM calls",
                               .textbook = "asyncio",
                               .advice = {"coroutine"},
                               .why = "waiting needs no thread"},
                              "llm-complete");
  calls.request.in_flight = 256;
  all.push_back(std::move(calls));

  matrix_question blocking = ask({.name = "LLM calls, sync libraries",
                                  .textbook = "threads",
                                  .advice = {"thread", "thread-per-item"},
                                  .why = "a blocking call stops an event loop, and lets go of the "
                                         "interpreter lock"},
                                 "llm-complete");
  blocking.request.in_flight = 32;
  blocking.request.must = {"sync-libraries"};
  all.push_back(std::move(blocking));

  all.push_back(ask({.name = "pure-Python preprocessing",
                     .textbook = "processes",
                     .advice = {"process", "shared-memory"},
                     .why = "interpreted code holds the lock, and each process has its own"},
                    "tokenize"));

  all.push_back(ask({.name = "native compute",
                     .textbook = "threads",
                     .advice = {"thread", "thread-per-item", "tbb"},
                     .why = "native code lets go of the lock, and threads copy nothing"},
                    "embed-topk"));

  all.push_back(ask({.name = "I/O and CPU mixed",
                     .textbook = "asyncio with a process pool",
                     .advice = {"coroutine+process"},
                     .why = "the loop waits, the pool computes"},
                    "rag"));

  matrix_question server = ask({.name = "web server",
                                .textbook = "asyncio",
                                .advice = {"coroutine", "coroutine-mt", "coroutine+thread",
                                           "coroutine+tbb", "coroutine+process"},
                                .why = "many requests wait at once, each computes little"},
                               "wait-compute");
  server.request.rate = 1'000;  // 40 % of one CPU
  server.request.in_flight = 1000;
  server.request.parameters = {"cpu-share=0.1"};
  server.request.by = "p99";
  all.push_back(std::move(server));

  matrix_question script = ask({.name = "simple script",
                                .textbook = "threads",
                                .advice = {"thread", "thread-per-item"},
                                .why = "a few calls at once, the least to write"},
                               "llm-complete");
  script.request.in_flight = 4;
  all.push_back(std::move(script));
  return all;
}

}  // namespace regatta
