// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "harness/http_load/load_result.hpp"
#include "reports/terminal_style.hpp"

namespace regatta {

/// What a load has shown: a table of its stages, one of the times, what failed, how honest the
/// client could be, and the verdicts last.
std::string render_load(const http_load::load_result& result, const terminal_style& style);

/// One line for each rate that was tried, and the knee.
std::string render_knee(const http_load::knee_result& result, const terminal_style& style);

/// "GET http://127.0.0.1:8080/: open loop of Poisson arrivals on 100 connections".
std::string describe_load(const http_load::load_plan& plan);

/// "3 timeouts, 1 connection lost"; empty if all were answered as they should be.
std::string describe_failures(const http_load::load_tally& total);

/// How honest the client could be: CPU, waiting for it, how late it read.
std::string describe_client(const http_load::load_result& result);

}  // namespace regatta
