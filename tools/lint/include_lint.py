#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the arrows between the folders, and what every C++ file looks like from outside.

usage: include_lint.py [ROOT]      prints findings as file:line: sentence; exit 1 if there are any
"""
import re
import sys
from pathlib import Path

# Folder -> folders it may include from.
ARROWS = {
    "harness": {"harness"},
    "workloads": {"harness", "workloads"},
    "reports": {"harness", "reports"},  # of harness, VALUE_HEADERS only
    "tools": {"harness", "workloads", "reports", "tools"},
    "tests": {"harness", "workloads", "reports", "tools", "tests"},
}
# Inside harness: a file includes from its own layer and the ones below. What is not named is 2.
# The diagnostics are a library that any program can use without the rest.
LAYERS = {"bytes.hpp": 0, "platform": 0, "diagnostics": 0, "statistics": 1, "backends": 3}
# Plain values: no thread, no descriptor, no coroutine. All of harness/statistics/ counts too.
VALUE_HEADERS = {f"harness/{name}.hpp" for name in (
    "backend_info", "bytes", "digest", "doctor/doctor_result", "endpoints", "environment", "finding",
    "gate/gate_result", "gate/gate_rules", "constraint_check", "crossover/crossover_result", "crossover/crossover_search",
    "http_load/load_result", "lock_impact/lock_result", "lock_model", "machine_card", "measure", "outcome",
    "profiling/driven_load", "profiling/profile_frame", "profiling/profile_result", "profiling/requests/request_profile",
    "race_metric", "run_plan", "run_result", "workload_info")}
MOST_LINES = 400
LICENCE = "// SPDX-License-Identifier: Apache-2.0"
INCLUDE = re.compile(r'\s*#\s*include\s*([<"])([^>"]+)[>"]')


def layer(path):
    return LAYERS.get(path.split("/")[1], 2)


def include_finding(file, bracket, target):
    """The sentence for one include of `file`, or None."""
    here, there = file.split("/")[0], target.split("/")[0]
    if re.match(r"boost/(asio|beast)\b", target) and file.endswith(".hpp"):
        if not file.endswith("_asio.hpp") and "/internal/" not in file:
            return "Asio and Beast stay out of headers; name it *_asio.hpp or move it to internal/"
    if bracket == "<":
        return None
    if there not in ARROWS:
        return f'include "{target}" by its path from the root'
    if there not in ARROWS[here]:
        return f"{here} must not include from {there} ({target})"
    if here == "reports" and there == "harness" and target not in VALUE_HEADERS:
        if not target.startswith("harness/statistics/"):
            return f"reports may include value headers of harness only, not {target}"
    if here == there == "harness" and layer(target) > layer(file):
        return f"{target} is a layer above this file"
    return None


def findings(root):
    for folder in ARROWS:
        for path in sorted((root / folder).rglob("*.[hc]pp")):
            file = path.relative_to(root).as_posix()
            lines = path.read_text(encoding="utf-8").splitlines()
            if lines[:1] != [LICENCE]:
                yield file, 1, f"the first line must be: {LICENCE}"
            if file.endswith(".hpp") and "#pragma once" not in lines:
                yield file, 1, "a header needs #pragma once"
            if len(lines) > MOST_LINES:
                yield file, MOST_LINES + 1, f"{len(lines)} lines; split it, {MOST_LINES} is the most"
            for number, line in enumerate(lines, 1):
                match = INCLUDE.match(line)
                sentence = match and include_finding(file, *match.groups())
                if sentence:
                    yield file, number, sentence


if __name__ == "__main__":
    tree = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[2])
    found = [f"{file}:{number}: {sentence}" for file, number, sentence in findings(tree)]
    print("\n".join(found), end="\n" if found else "")
    sys.exit(1 if found else 0)
