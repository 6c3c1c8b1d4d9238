// SPDX-License-Identifier: Apache-2.0
#include "tools/command_llm.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "harness/llm/blocking_llm_client.hpp"
#include "harness/platform/read_file.hpp"
#include "tools/exit_codes.hpp"
#include "tools/output.hpp"
#include "tools/usage_error.hpp"

namespace regatta {
namespace {

struct llm_arguments {
  std::string prompt;
  std::string batch_file;
  std::string system;
  std::string key_variable;
  double timeout_seconds = 300;
  std::size_t concurrency = 10;
  bool stream = false;
  llm_client_options client;
  llm_parameters parameters;
};

std::string key_from(const std::string& variable) {
  if (variable.empty()) return {};
  const char* const value = std::getenv(variable.c_str());
  if (value != nullptr && *value != '\0') return value;
  throw usage_error(
      fmt::format("--key-env: the environment has no {0}; export {0}=… first", variable));
}

llm_prompt conversation(const llm_arguments& arguments, const std::string& said) {
  std::vector<llm_message> messages;
  if (!arguments.system.empty()) messages.push_back({"system", arguments.system});
  messages.push_back({"user", said});
  return messages;
}

// The line behind an answer, on stderr.
void report(const std::optional<llm_usage>& usage, const std::string& finish_reason) {
  const std::string tokens =
      usage ? fmt::format("{} tokens in, {} out", usage->prompt_tokens, usage->completion_tokens)
            : "the service does not say how many tokens";
  fmt::print(stderr, "{}; finished by: {}\n", tokens,
             finish_reason.empty() ? "unknown" : finish_reason);
}

int complete_one(blocking_llm_client& client, const llm_arguments& arguments) {
  const llm_answer answer =
      client.complete(conversation(arguments, arguments.prompt), arguments.parameters);
  report(answer.usage, answer.finish_reason);
  return print_result(answer.text + "\n");
}

int stream_one(blocking_llm_client& client, const llm_arguments& arguments) {
  auto tokens = client.stream(conversation(arguments, arguments.prompt), arguments.parameters);
  try {
    while (const auto token = tokens.next()) {
      if (const int code = print_result(*token); code != exit_fine) return code;
    }
  } catch (const llm_error&) {
    print_result("\n");  // the sentence begins a line
    throw;
  }
  report(tokens.summary().usage, tokens.summary().finish_reason);
  return print_result("\n");
}

std::string json_line(std::size_t number, const llm_result& result) {
  nlohmann::ordered_json line;
  line["line"] = number;
  if (const auto* const answer = std::get_if<llm_answer>(&result)) {
    line["text"] = answer->text;
    line["finish_reason"] = answer->finish_reason;
    if (answer->usage) {
      line["prompt_tokens"] = answer->usage->prompt_tokens;
      line["completion_tokens"] = answer->usage->completion_tokens;
    }
    line["attempts"] = answer->attempts;
  } else {
    const auto& error = std::get<llm_error>(result);
    line["error"] = error.what();
    line["failure"] = to_string(error.failure());
    if (error.status() != 0) line["status"] = error.status();
    line["attempts"] = error.attempts();
  }
  return line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

int complete_batch(blocking_llm_client& client, const llm_arguments& arguments) {
  const buffer bytes = read_whole_file(arguments.batch_file);
  std::istringstream lines{std::string(as_text(bytes))};
  std::vector<llm_prompt> prompts;
  std::vector<std::size_t> numbers;
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line.empty()) continue;
    prompts.push_back(conversation(arguments, line));
    numbers.push_back(number);
  }
  if (prompts.empty()) {
    throw usage_error(
        fmt::format("--batch: '{}' has no prompt; write one on each line", arguments.batch_file));
  }
  const auto results = client.batch_complete(prompts, arguments.concurrency, arguments.parameters);
  std::size_t failed = 0;
  std::string text;
  for (std::size_t i = 0; i < results.size(); ++i) {
    failed += std::holds_alternative<llm_error>(results[i]) ? 1 : 0;
    text += json_line(numbers[i], results[i]);
  }
  fmt::print(stderr, "{} of {} answered\n", results.size() - failed, results.size());
  const int written = print_result(text);
  return failed == 0 ? written : exit_error;
}

int command_llm(llm_arguments arguments) {
  if (arguments.prompt.empty() == arguments.batch_file.empty()) {
    throw usage_error("regatta llm needs a prompt, or --batch with a file of them, and not both");
  }
  if (arguments.stream && !arguments.batch_file.empty()) {
    throw usage_error("--stream prints one answer as it comes; leave it out with --batch");
  }
  arguments.client.endpoint.key = key_from(arguments.key_variable);
  arguments.client.total_timeout =
      std::chrono::nanoseconds(static_cast<std::int64_t>(arguments.timeout_seconds * 1e9));
  std::unique_ptr<blocking_llm_client> client;
  try {
    client = std::make_unique<blocking_llm_client>(arguments.client);
  } catch (const std::invalid_argument& error) {
    throw usage_error(error.what());
  }
  if (!arguments.batch_file.empty()) return complete_batch(*client, arguments);
  return arguments.stream ? stream_one(*client, arguments) : complete_one(*client, arguments);
}

}  // namespace

void add_llm_command(CLI::App& app, int& exit_code) {
  CLI::App& command =
      *app.add_subcommand("llm", "Ask an OpenAI-compatible LLM service, once or a file of prompts");
  const auto arguments = std::make_shared<llm_arguments>();
  llm_client_options& client = arguments->client;
  command.add_option("prompt", arguments->prompt, "What to ask");
  command
      .add_option("--url", client.endpoint.url,
                  "The service: https://host/v1; without a path, /v1 is meant")
      ->required();
  command.add_option("--model", client.model, "The model, as the service calls it");
  command.add_option("--key-env", arguments->key_variable,
                     "The environment variable with the key of the service");
  command.add_option("--system", arguments->system, "What the model is told before the prompt");
  command.add_option("--max-tokens", arguments->parameters.max_tokens, "The longest answer")
      ->check(CLI::Range(1U, 1'000'000U));
  command.add_flag("--stream", arguments->stream, "Print the answer as it comes");
  command.add_option("--batch", arguments->batch_file,
                     "A file with a prompt on each line; prints a line of JSON for each");
  command.add_option("--concurrency", arguments->concurrency, "Requests at once of a batch")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  command.add_option("--attempts", client.retry.attempts, "How often a request is tried, in all")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  command.add_option("--timeout", arguments->timeout_seconds, "Seconds for a request in all")
      ->check(CLI::Range(0.001, 86400.0))
      ->capture_default_str();
  command.add_option("--ca-file", client.ca_file,
                     "PEM file of whom to trust instead of the system's authorities");
  command.callback([arguments, &exit_code] { exit_code = command_llm(*arguments); });
}

}  // namespace regatta
