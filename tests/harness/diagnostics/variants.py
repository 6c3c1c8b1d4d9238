#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Builds the task tracker, exact mode and their tests with every compiler, optimisation and sanitizer, and runs them.

usage: variants.py ROOT WORK [VARIANT...]     e.g. g++-O0 clang++-14-thread; all eight if none is named
"""
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


# The tests' folder, and what decides what its program is built with.
PROGRAMS = {
    "task_tracker": ["-DREGATTA_TRACK_TASKS=1"],
    "handler_tracking": ["-DREGATTA_TRACK_TASKS=1", "-DREGATTA_TRACK_HANDLERS=1"],
}


def compile_all(compiler, flags, sources, folder):
    cache = ["ccache"] if shutil.which("ccache") else []
    folder.mkdir(parents=True, exist_ok=True)
    objects = []
    for source in sources:
        objects.append(folder / f"{source.stem}.o")
        subprocess.run([*cache, compiler, *flags, "-c", source, "-o", objects[-1]], check=True)
    return objects


def build_and_run(root, work, compiler, kind):
    folder = work / f"{compiler}-{kind}"
    header = root / "harness/diagnostics/task_tracker/track_asio.hpp"
    flags = ["-std=c++20", "-g", "-Wall", "-Wextra", "-Werror", f"-I{root}", *KINDS[kind]]
    if compiler == "g++" and kind == "thread":
        flags.append("-Wno-tsan")  # Asio's fences: what they order, its locks order as well
    if compiler != "g++" and kind == "address":
        flags.append("-fno-sanitize=function")  # clang 14: "cannot represent a difference across sections"
    tracked = ["-fno-omit-frame-pointer", "-mno-omit-leaf-frame-pointer", "-include", header]
    library = compile_all(compiler, flags, [*(root / "harness/diagnostics").rglob("*.cpp"),
                                            root / "harness/tasks/frame_pool.cpp"], folder / "library")
    failed = 0
    for name, defines in PROGRAMS.items():
        tests = (root / "tests/harness/diagnostics" / name).glob("*_test.cpp")
        objects = compile_all(compiler, [*flags, *defines, *tracked], tests, folder / name)
        program = folder / f"{name}_tests"
        subprocess.run([compiler, *KINDS[kind], *objects, *library, "-ldw", "-lfmt", "-lgtest_main", "-lgtest",
                        "-pthread", "-o", program], check=True)
        failed |= subprocess.run([program, "--gtest_brief=1"], check=False).returncode
    return failed


def main(root, work, *wanted):
    known = [f"{compiler}-{kind}" for compiler in COMPILERS for kind in KINDS]
    failed = [name for name in wanted if name not in known]
    for variant in wanted or known:
        compiler, _, kind = variant.rpartition("-")
        if variant in known and build_and_run(Path(root), Path(work), compiler, kind) != 0:
            failed.append(variant)
    print(f"failed or unknown: {', '.join(failed)}" if failed else "all variants pass", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
