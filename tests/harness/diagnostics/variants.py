#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Builds the task tracker and its tests with every compiler, optimisation and sanitizer, and runs them.

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


def build_and_run(root, work, compiler, kind):
    folder = work / f"{compiler}-{kind}"
    folder.mkdir(parents=True, exist_ok=True)
    header = root / "harness/diagnostics/task_tracker/track_asio.hpp"
    cache = ["ccache"] if shutil.which("ccache") else []
    flags = ["-std=c++20", "-g", "-Wall", "-Wextra", "-Werror", f"-I{root}", *KINDS[kind]]
    if compiler == "g++" and kind == "thread":
        flags.append("-Wno-tsan")  # Asio's fences: what they order, its locks order as well
    tracked = ["-fno-omit-frame-pointer", "-mno-omit-leaf-frame-pointer", "-DREGATTA_TRACK_TASKS=1",
               "-include", header]
    diagnostics = root / "harness/diagnostics"
    sources = [(source, []) for source in [*diagnostics.rglob("*.cpp"), root / "harness/tasks/frame_pool.cpp"]]
    sources += [(source, tracked)
                for source in (root / "tests/harness/diagnostics/task_tracker").glob("*_test.cpp")]
    objects = []
    for source, more in sources:
        objects.append(folder / f"{source.stem}.o")
        subprocess.run([*cache, compiler, *flags, *more, "-c", source, "-o", objects[-1]], check=True)
    program = folder / "tests"
    subprocess.run([compiler, *KINDS[kind], *objects, "-ldw", "-lfmt", "-lgtest_main", "-lgtest", "-pthread",
                    "-o", program], check=True)
    return subprocess.run([program, "--gtest_brief=1"], check=False).returncode


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
