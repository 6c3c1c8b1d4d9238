// SPDX-License-Identifier: Apache-2.0
#include "tools/command_line.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "harness/cell/cell_main.hpp"
#include "reports/nearest.hpp"
#include "tools/command_compare.hpp"
#include "tools/command_crossover.hpp"
#include "tools/command_doctor.hpp"
#include "tools/command_gate.hpp"
#include "tools/command_list.hpp"
#include "tools/command_llm.hpp"
#include "tools/command_load.hpp"
#include "tools/command_lock.hpp"
#include "tools/command_matrix.hpp"
#include "tools/command_mock_llm.hpp"
#include "tools/command_profile.hpp"
#include "tools/command_race_profile.hpp"
#include "tools/command_report.hpp"
#include "tools/command_run.hpp"
#include "tools/command_serve.hpp"
#include "tools/command_tasks.hpp"
#include "tools/command_tcp_echo.hpp"
#include "tools/exit_codes.hpp"
#include "tools/output.hpp"
#include "tools/usage_error.hpp"

namespace regatta {
namespace {

std::vector<std::string> verbs_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* verb : app.get_subcommands({})) names.push_back(verb->get_name());
  return names;
}

// The first argument that nobody takes, as a sentence.
std::string describe_extra(const CLI::App& app) {
  const auto verbs = app.get_subcommands();
  const bool of_verb = app.remaining().empty() && !verbs.empty();
  const CLI::App& reader = of_verb ? *verbs.front() : app;
  const std::string command = of_verb ? "regatta " + reader.get_name() : "regatta";
  std::string extra = reader.remaining().front();
  if (!extra.starts_with('-')) {
    if (of_verb) return fmt::format("'{}' is an argument too many; see {} --help", extra, command);
    if (extra == "help") return "there is no 'help'; did you mean '--help'?";
    return fmt::format("there is no '{}'{}", extra, suggestion(extra, verbs_of(app)));
  }
  extra = extra.substr(0, extra.find('='));
  std::vector<std::string> flags;
  for (const CLI::Option* option : reader.get_options()) {
    for (const std::string& name : option->get_lnames()) flags.push_back("--" + name);
  }
  const auto near = nearest(extra, flags);
  return fmt::format(
      "there is no '{}'; {}", extra,
      near ? fmt::format("did you mean '{}'?", *near) : fmt::format("see {} --help", command));
}

// What CLI11 says of a value that is missing or wrong, as a sentence.
std::string describe_error(const CLI::ParseError& error, const CLI::App& app) {
  std::string text = error.what();
  const std::string_view unconverted = "Could not convert: ";  // NAME = VALUE
  if (const auto equals = text.find(" = "); text.starts_with(unconverted)) {
    text = fmt::format("{} does not take '{}'",
                       text.substr(unconverted.size(), equals - unconverted.size()),
                       text.substr(equals + 3));
  } else if (text.ends_with(" missing")) {  // NAME: 1 required TYPE missing
    text = text.substr(0, text.find(": ")) + " needs a value";
  }
  const auto verbs = app.get_subcommands();
  return fmt::format("{}; see regatta {}--help", text,
                     verbs.empty() ? "" : verbs.front()->get_name() + " ");
}

}  // namespace

int run_command_line(int argc, char** argv) {
  if (const auto internal = run_internal_role(argc, argv)) return *internal;
  // A full disk or a closed pipe is an error of a write, not a reason to vanish.
  ::signal(SIGXFSZ, SIG_IGN);
  ::signal(SIGPIPE, SIG_IGN);
  CLI::App app{"Runs the same workload under every concurrency approach and says which to use",
               "regatta"};
  app.set_version_flag("--version", "regatta " REGATTA_VERSION);
  app.require_subcommand(0, 1);  // at least 1 is checked below: CLI11 would not name a wrong one
  int exit_code = exit_fine;
  add_list_command(app, exit_code);
  add_run_command(app, exit_code);
  add_report_command(app, exit_code);
  add_compare_command(app, exit_code);
  add_crossover_command(app, exit_code);
  add_doctor_command(app, exit_code);
  add_gate_command(app, exit_code);
  add_load_command(app, exit_code);
  add_lock_commands(app, exit_code);
  add_matrix_command(app, exit_code);
  add_llm_command(app, exit_code);
  add_mock_llm_command(app, exit_code);
  add_profile_commands(app, exit_code);
  add_race_profile_command(app, exit_code);
  add_serve_command(app, exit_code);
  add_tasks_command(app, exit_code);
  add_tcp_echo_command(app, exit_code);
  try {
    app.parse(argc, argv);
    if (app.get_subcommands().empty()) {
      throw usage_error(
          fmt::format("what shall it do: {}? See regatta --help", fmt::join(verbs_of(app), ", ")));
    }
    return exit_code;
  } catch (const CLI::Success& help_or_version) {
    app.exit(help_or_version);
    return print_result("");  // what was said, too
  } catch (const CLI::ExtrasError&) {
    std::fprintf(stderr, "regatta: %s\n", describe_extra(app).c_str());
    return exit_usage;
  } catch (const CLI::ParseError& error) {
    std::fprintf(stderr, "regatta: %s\n", describe_error(error, app).c_str());
    return exit_usage;
  } catch (const usage_error& error) {
    std::fprintf(stderr, "regatta: %s\n", error.what());
    return exit_usage;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "regatta: %s\n", error.what());
    return exit_error;
  }
}

}  // namespace regatta
