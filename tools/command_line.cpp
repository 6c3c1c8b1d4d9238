// SPDX-License-Identifier: Apache-2.0
#include "tools/command_line.hpp"

#include <signal.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "harness/cell/cell_main.hpp"
#include "tools/command_list.hpp"
#include "tools/command_mock_llm.hpp"
#include "tools/command_run.hpp"
#include "tools/exit_codes.hpp"
#include "tools/suite.hpp"

namespace regatta {

int run_command_line(int argc, char** argv) {
  if (const auto internal = run_internal_role(argc, argv)) return *internal;
  // A full disk or a closed pipe is an error of a write, not a reason to vanish.
  ::signal(SIGXFSZ, SIG_IGN);
  CLI::App app{"Runs the same workload under every concurrency approach and says which to use",
               "regatta"};
  app.set_version_flag("--version", "regatta " REGATTA_VERSION);
  app.require_subcommand(1);
  int exit_code = exit_fine;
  add_list_command(app);
  add_run_command(app, exit_code);
  add_mock_llm_command(app, exit_code);
  try {
    app.parse(argc, argv);
    return exit_code;
  } catch (const CLI::CallForHelp& help) {
    return app.exit(help);
  } catch (const CLI::CallForAllHelp& help) {
    return app.exit(help);
  } catch (const CLI::CallForVersion& version) {
    return app.exit(version);
  } catch (const CLI::ParseError& error) {
    std::fprintf(stderr, "regatta: %s; see regatta --help\n", error.what());
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
