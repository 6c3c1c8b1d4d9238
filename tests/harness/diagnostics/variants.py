#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Builds the diagnostics and their tests with every compiler, optimisation and sanitizer, and runs them.

usage: variants.py ROOT WORK [VARIANT...]     e.g. g++-O0 clang++-14-thread; all eight if none is named
"""
import os
import shutil
import subprocess
import sys
from pathlib import Path

COMPILERS = ["g++", "clang++-14"]
KINDS = {
    "O0": ["-O0"],
    "O2": ["-O2"],
    "address": ["-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"],
    "thread": ["-O1", "-fsanitize=thread"],
}
TRACKED = ["-fno-omit-frame-pointer", "-mno-omit-leaf-frame-pointer", "-include",
           "harness/diagnostics/task_tracker/track_asio.hpp"]
TESTS = "tests/harness/diagnostics"
CORPUS = f"{TESTS}/loop_monitor/corpus"
# A program's sources (those with a ! are left out), and what decides what it is built with.
PROGRAMS = {
    "task_tracker": ([f"{TESTS}/task_tracker/*_test.cpp", "harness/tasks/frame_pool.cpp"],
                     ["-DREGATTA_TRACK_TASKS=1", *TRACKED]),
    "handler_tracking": ([f"{TESTS}/handler_tracking/*_test.cpp"],
                         ["-DREGATTA_TRACK_TASKS=1", "-DREGATTA_TRACK_HANDLERS=1", *TRACKED]),
    "handler_tracking_alone": ([f"{TESTS}/handler_tracking/*_test.cpp"],
                               ["-DREGATTA_TRACK_TASKS=0", "-DREGATTA_TRACK_HANDLERS=1", *TRACKED]),
    "loop_monitor": ([f"{TESTS}/loop_monitor/*_test.cpp", f"!{TESTS}/loop_monitor/corpus_test.cpp"], []),
    "corpus": ([f"{TESTS}/loop_monitor/corpus_test.cpp", f"{CORPUS}/*.cpp", f"!{CORPUS}/score_program.cpp",
                "harness/platform/child_process.cpp", "harness/statistics/quantile.cpp"], []),
}
LIBRARIES = ["-Wl,--as-needed", "-ldw", "-lfmt", "-lsqlite3", "-lgtest_main", "-lgtest", "-pthread"]


def sources_of(root, patterns):
    left_out = {root / pattern[1:] for pattern in patterns if pattern.startswith("!")}
    return sorted({file for pattern in patterns for file in root.glob(pattern)} - left_out)


def compile_all(root, compiler, flags, sources, folder):
    cache = ["ccache"] if shutil.which("ccache") else []
    folder.mkdir(parents=True, exist_ok=True)
    objects = [folder / f"{source.stem}.o" for source in sources]
    waiting = list(zip(sources, objects))
    running = []
    while waiting or running:
        while waiting and len(running) < len(os.sched_getaffinity(0)):
            source, result = waiting.pop()
            running.append(subprocess.Popen([*cache, compiler, *flags, "-c", source, "-o", result], cwd=root))
        if running.pop(0).wait() != 0:
            for other in running:
                other.wait()
            raise RuntimeError(f"{compiler} failed")
    return objects


def build_and_run(root, work, compiler, kind):
    folder = work / f"{compiler}-{kind}"
    flags = ["-std=c++20", "-g", "-Wall", "-Wextra", "-Werror", "-I.", *KINDS[kind]]
    if compiler == "g++" and kind == "thread":
        flags.append("-Wno-tsan")  # Asio's fences: what they order, its locks order as well
    if compiler == "g++" and kind in ("address", "thread"):
        flags.append("-Wno-maybe-uninitialized")  # in sanitized std::regex (gcc.gnu.org/PR105562)
    if compiler != "g++" and kind == "address":
        flags.append("-fno-sanitize=function")  # clang 14: "cannot represent a difference across sections"
    library = compile_all(root, compiler, flags, sources_of(root, ["harness/diagnostics/**/*.cpp"]),
                          folder / "library")
    failed = []
    for name, (patterns, defines) in PROGRAMS.items():
        objects = compile_all(root, compiler, [*flags, *defines], sources_of(root, patterns), folder / name)
        program = folder / f"{name}_tests"
        subprocess.run([compiler, *KINDS[kind], *objects, *library, *LIBRARIES, "-o", program], check=True)
        if subprocess.run([program, "--gtest_brief=1"], check=False).returncode != 0:
            failed.append(f"{compiler}-{kind}/{name}")
    return failed


def main(root, work, *wanted):
    known = {f"{compiler}-{kind}": (compiler, kind) for compiler in COMPILERS for kind in KINDS}
    failed = [name for name in wanted if name not in known]
    for variant in wanted or known:
        if variant in known:
            failed += build_and_run(Path(root).resolve(), Path(work).resolve(), *known[variant])
    print(f"failed or unknown: {', '.join(failed)}" if failed else "all variants pass", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
