#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The example answers the same on every executor, and a wrong name gets a sentence.

usage: executor_example_test.py PROGRAM [UNAVAILABLE-NAME…]
"""
import subprocess
import sys

NAMES = ["serial", "thread", "thread-per-item", "tbb", "process", "shared-memory", "coroutine",
         "coroutine-mt", "coroutine+thread", "coroutine+tbb", "coroutine+process"]


def run(*names):
    return subprocess.run([sys.argv[1], *names], capture_output=True, text=True, timeout=120)


def main():
    names = [name for name in NAMES if name not in sys.argv[2:]]
    done = run(*names)
    expected = "".join(f"{name}: 9592 primes below 100,000, 168 of them below 1,000\n" for name in names)
    assert (done.returncode, done.stdout, done.stderr) == (0, expected, ""), done
    wrong = run("proces")
    assert wrong.returncode == 1 and wrong.stdout == "", wrong
    listed = "executor_example: there is no executor 'proces'; there are " + ", ".join(NAMES) + "\n"
    assert wrong.stderr == listed, wrong.stderr


if __name__ == "__main__":
    main()
