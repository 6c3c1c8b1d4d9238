#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The ten coroutine programs of Boost.Asio's examples with the task tracker's header before them.

Unmodified and under load none of them may get a report that is not true; with one co_await taken out,
each must get "never awaited" with the file and the line. VARIANTS (g++-O0, clang-O2, …) chooses
compilers and flags; the default is the build's own compiler at -O0 and -O2.
"""
import json
import os
import re
import signal
import subprocess
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import example_clients as load  # noqa: E402

ROOT, WORK = Path(os.environ["ROOT"]), Path(os.environ["WORK"])
EXAMPLES = Path("/usr/share/doc/libboost1.81-doc/examples/libs/asio/example/cpp20")
HEADER = ROOT / "harness/diagnostics/task_tracker/track_asio.hpp"
FLAGS = ["-std=c++20", "-g", "-fno-omit-frame-pointer", "-mno-omit-leaf-frame-pointer", "-w",
         f"-I{ROOT}", "-DREGATTA_TRACK_TASKS=1", "-include", str(HEADER)]
OPTIMISATIONS = os.environ.get("OPTIMISATIONS", "-O0 -O2").split()
EXTRA = os.environ.get("EXTRA_FLAGS", "").split()
SANITIZER_EXIT = {"ASAN_OPTIONS": "exitcode=99", "TSAN_OPTIONS": "exitcode=99", "UBSAN_OPTIONS": "exitcode=99"}

WRITE = r"co_await ((?:boost::asio::)?async_write\()"
ECHO_SERVERS = ["echo_server", "echo_server_with_default", "echo_server_with_deferred",
                "echo_server_with_deferred_default", "refactored_echo_server"]
# The line without its co_await; as somebody would write it who does not look at the result.
AS_TUPLE = (r"auto \[e2, nwritten\] = co_await (async_write\(.*)\n.*nwritten != nread.*\n", r"\1\n\n")


def expanded(name):
    path = next(EXAMPLES.glob(f"*/{name}.cpp*"))
    text = path.read_bytes()
    if path.suffix == ".gz":
        import gzip
        text = gzip.decompress(text)
    return text.decode()


def build(name, source, optimisation, tag):
    folder = WORK / f"{tag}{optimisation}"
    folder.mkdir(parents=True, exist_ok=True)
    file, program = folder / f"{name}.cpp", folder / name
    if not file.exists() or file.read_text() != source:
        file.write_text(source)
    compiler = [os.environ["CXX"]]
    cache = [os.environ["CACHE"]] if os.environ.get("CACHE") else []
    subprocess.run([*cache, *compiler, *FLAGS, *EXTRA, optimisation, "-c", file, "-o", f"{program}.o"], check=True)
    subprocess.run([*compiler, *EXTRA, f"{program}.o", os.environ["LIBRARY"], "-ldw", "-lfmt", "-pthread", "-o",
                    program], check=True)
    return file, program


class Running:
    """The program with its reports as JSON lines in a file."""

    def __init__(self, program, *arguments):
        self.errors = Path(f"{program}.stderr")
        with open(self.errors, "w", encoding="utf-8") as errors:
            self.process = subprocess.Popen([program, *map(str, arguments)], stderr=errors, stdout=subprocess.DEVNULL,
                                            env={**os.environ, **SANITIZER_EXIT, "REGATTA_DEBUG": "json"})

    def reports(self):
        lines = self.errors.read_text().splitlines()
        strange = [line for line in lines if line and not line.startswith("{")]
        assert not strange, "\n".join(strange)
        return [json.loads(line) for line in lines if line]

    def wait_for_report(self, patience=120.0):
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            text = self.errors.read_text()
            if "\n" in text:
                return json.loads(text.splitlines()[0])
            time.sleep(0.05)
        raise AssertionError("no report came")

    def end(self, how=signal.SIGINT):
        self.process.send_signal(how)
        return self.process.wait(timeout=60)


def moved(name, source):
    """The source with its fixed port replaced by a free one: the only edit, and not on any line's count."""
    port = load.free_port()
    changed, count = re.subn(r"\b(55555|54321)\b", str(port), source)
    assert count == 1, name
    return changed, port


def for_each(*names):
    """Runs the test for every program at every optimisation."""
    def decorate(test):
        def all_of_them(self):
            for optimisation in OPTIMISATIONS:
                for name in names:
                    with self.subTest(program=name, optimisation=optimisation):
                        test(self, name, optimisation)
        return all_of_them
    return decorate


class BoostExamples(unittest.TestCase):
    def check_stops_clean(self, running):
        self.assertEqual(running.end(), 0)
        self.assertEqual(running.reports(), [])

    @for_each(*ECHO_SERVERS, "echo_server_with_as_single_default", "echo_server_with_as_tuple_default")
    def test_echo_servers_run_clean(self, name, optimisation):
        source, port = moved(name, expanded(name))
        running = Running(build(name, source, optimisation, "plain")[1])
        load.echo_load(port)
        kept = []
        load.echo_load(port, clients=4, rounds=3, keep=kept)  # and some are open at the end
        self.check_stops_clean(running)
        for client in kept:
            client.close()

    @for_each("chat_server")
    def test_chat_server_runs_clean(self, name, optimisation):
        port = load.free_port()
        running = Running(build(name, expanded(name), optimisation, "plain")[1], port)
        load.chat_load(port)
        self.check_stops_clean(running)

    @for_each("timeout")
    def test_timeout_runs_clean_until_a_client_leaves(self, name, optimisation):
        source, port = moved(name, expanded(name))
        running = Running(build(name, source, optimisation, "plain")[1])
        kept = []
        load.echo_load(port, keep=kept)
        self.assertEqual(running.reports(), [])
        # It has no handler for the end of a stream: this exception is indeed lost in `detached`.
        kept[0].close()
        report = running.wait_for_report()
        running.end(signal.SIGKILL)
        self.assertEqual(report["finding"], "exception never retrieved")
        self.assertTrue(report["function"].startswith("handle_connection"), report["message"])
        self.assertIn("End of file", report["exception"]["what"])
        self.assertEqual(len(running.reports()), 1)

    @for_each("throttling_proxy")
    def test_throttling_proxy_runs_clean(self, name, optimisation):
        def use(running, port, _):
            kept = []
            load.echo_load(port, clients=8, rounds=20, keep=kept)
            # Of `a && b` whose sides both throw Boost keeps a's exception: here it is a cancellation.
            kept[0].close()
            load.echo_load(port, clients=1, rounds=5)
            self.assertEqual(running.reports(), [])

        self.proxy(expanded(name), optimisation, "plain", use)

    @for_each(*ECHO_SERVERS, "timeout")
    def test_echo_servers_with_a_co_await_forgotten_are_caught(self, name, optimisation):
        self.check_forgotten(name, optimisation, WRITE, r"\1", "async_write(")

    @for_each("refactored_echo_server")
    def test_a_forgotten_call_of_a_coroutine_is_caught_and_does_not_flood(self, name, optimisation):
        self.check_forgotten(name, optimisation, r"co_await echo_once", "echo_once", "echo_once(socket);")
        errors = WORK / f"forgotten{optimisation}" / f"{name}.stderr"  # it forgets for ever, and spins
        self.assertLess(len(errors.read_text().splitlines()), 10)

    @for_each("echo_server_with_as_single_default", "echo_server_with_as_tuple_default")
    def test_echo_servers_with_tuples_and_a_co_await_forgotten_are_caught(self, name, optimisation):
        self.check_forgotten(name, optimisation, *AS_TUPLE, "async_write(")

    @for_each("chat_server")
    def test_chat_server_with_a_co_await_forgotten_is_caught(self, name, optimisation):
        source = re.sub(WRITE, r"\1", expanded(name), count=1)
        port = load.free_port()
        file, program = build(name, source, optimisation, "forgotten")
        self.check_report(Running(program, port), port, file, source, "async_write(")

    @for_each("throttling_proxy")
    def test_throttling_proxy_with_a_co_await_forgotten_is_caught(self, name, optimisation):
        source = re.sub(WRITE, r"\1", expanded(name), count=1)
        self.proxy(source, optimisation, "forgotten",
                   lambda running, port, file: self.check_report(running, port, file, source, "async_write(to"))

    def check_forgotten(self, name, optimisation, pattern, replacement, needle):
        changed, count = re.subn(pattern, replacement, expanded(name), count=1)
        self.assertEqual(count, 1, name)
        source, port = moved(name, changed)
        file, program = build(name, source, optimisation, "forgotten")
        self.check_report(Running(program), port, file, source, needle)

    def check_report(self, running, port, file, source, needle):
        """A message from one client, and the first report names the line with the needle."""
        client = load.connect(port)
        client.sendall(b"hello\n")
        report = running.wait_for_report()
        running.end(signal.SIGKILL)
        client.close()
        line = 1 + source[:source.index(needle)].count("\n")
        self.assertEqual(report["finding"], "never awaited")
        self.assertEqual((Path(report["created"]["file"]).name, report["created"]["line"]), (file.name, line),
                         report["message"])

    @staticmethod
    def proxy(source, optimisation, tag, use):
        backend, port = load.EchoBackend(), load.free_port()
        try:
            file, program = build("throttling_proxy", source, optimisation, tag)
            running = Running(program, "127.0.0.1", port, "127.0.0.1", backend.port)
            try:
                return use(running, port, file)
            finally:
                running.end(signal.SIGKILL)
        finally:
            backend.close()


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
