# SPDX-License-Identifier: Apache-2.0
"""What the command prints, where, how wide and in which colours."""
import fcntl
import os
import pathlib
import pty
import re
import struct
import termios
import threading
import unittest

from regatta_command import SMALL, CommandTest

ESCAPE = "\x1b["
RUN = ["run", "-w", "tokenize", "-b", "thread", "-b", "coroutine", *SMALL]
ROOT = pathlib.Path(__file__).resolve().parents[2]


class Terminal:
    """The far side of a pseudo-terminal, read to its end."""

    def __init__(self, columns):
        self.ours, self.theirs = pty.openpty()
        fcntl.ioctl(self.theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self.bytes = b""
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        try:
            while part := os.read(self.ours, 65536):
                self.bytes += part
        except OSError:  # how Linux says that nobody has the other end open
            pass

    def text(self):
        os.close(self.theirs)
        self.reader.join(10)
        os.close(self.ours)
        return self.bytes.decode()


class Output(CommandTest):
    def run_on_terminal(self, *arguments, columns=100, stderr=False, **environment):
        """What a terminal of that width was sent as stdout, or as stderr."""
        terminal = Terminal(columns)
        streams = {"stderr" if stderr else "stdout": terminal.theirs}
        running = self.start(*arguments, environment=self.environment(**environment), **streams)
        finished = running.finish()
        text = terminal.text()
        self.assertEqual(finished.code, 0, f"{finished} {text}")
        return text

    def assert_fits(self, text, columns):
        for line in re.split("[\r\n]+", re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text)):
            self.assertLessEqual(len(line), columns, line)

    def test_a_pipe_gets_no_colours(self):
        finished = self.run_command(*RUN)
        self.assertNotIn("\x1b", finished.stdout + finished.stderr)

    def test_a_pipe_gets_colours_if_asked_for(self):
        finished = self.run_command(*RUN, "--color", "always")
        self.assertIn(ESCAPE, finished.stdout)

    def test_a_terminal_gets_colours(self):
        self.assertIn(ESCAPE, self.run_on_terminal(*RUN))

    def test_a_terminal_gets_none_where_they_are_unwanted(self):
        self.assertNotIn(ESCAPE, self.run_on_terminal(*RUN, NO_COLOR="1"))
        self.assertNotIn(ESCAPE, self.run_on_terminal(*RUN, TERM="dumb"))
        self.assertNotIn(ESCAPE, self.run_on_terminal(*RUN, "--color", "never"))

    def test_a_narrow_terminal_gets_lines_that_fit(self):
        many = ["run", "-w", "tokenize", "-b", "*", "--budget", "4s", "--blocks", "2"]
        text = self.run_on_terminal(*many, columns=60)
        self.assertIn("thread-per-item", text)
        self.assert_fits(text, 60)

    def test_a_narrow_terminal_gets_a_progress_line_that_fits(self):
        for workload in ("tokenize", "llm-complete"):
            text = self.run_on_terminal("run", "-w", workload, "-b", "coroutine+process:start=spawn",
                                        *SMALL, columns=60, stderr=True)
            self.assertIn("\r", text)
            self.assert_fits(text, 60)
            self.assertTrue(text.endswith("\r\x1b[K"), "the line stays behind")

    def test_a_narrow_terminal_gets_a_list_that_fits(self):
        self.assert_fits(self.run_on_terminal("list", columns=60), 60)

    def test_stdout_has_the_results_and_stderr_the_progress(self):
        finished = self.run_command(*RUN)
        self.assertIn("items/s", finished.stdout)
        self.assertIn("report: regatta-report.json", finished.stdout)
        self.assertNotIn("block 1", finished.stdout)
        self.assertIn("tokenize: block 1", finished.stderr)
        self.assertNotIn("items/s", finished.stderr)

    def test_quiet_means_silent_on_stderr(self):
        finished = self.run_command(*RUN, "-q")
        self.assertEqual(finished.stderr, "")
        self.assertIn("items/s", finished.stdout)

    def test_the_version_is_that_of_the_project(self):
        version = re.search(r"project\(regatta VERSION (\S+)",
                            (ROOT / "CMakeLists.txt").read_text()).group(1)
        finished = self.run_command("--version")
        self.assertEqual((finished.code, finished.stdout), (0, f"regatta {version}\n"))

    def test_every_verb_has_help(self):
        top = self.run_command("--help")
        self.assertEqual((top.code, top.stderr), (0, ""))
        verbs = re.findall(r"^  ([a-z][a-z-]*) {2,}\S", top.stdout, re.MULTILINE)
        self.assertLessEqual({"list", "run", "mock-llm"}, set(verbs))
        for verb in verbs:
            with self.subTest(verb):
                finished = self.run_command(verb, "--help")
                self.assertEqual((finished.code, finished.stderr), (0, ""))
                self.assertIn("--help", finished.stdout)

    def test_the_list_names_every_workload_and_backend_there_is_a_file_for(self):
        plain = self.run_command("list").stdout
        markdown = self.run_command("list", "--markdown").stdout
        folders = ("workloads/cpu", "workloads/io", "workloads/mixed", "harness/backends")
        names = []
        for folder in folders:
            for path in (ROOT / folder).glob("*.cpp"):
                if "_registration" in (text := path.read_text()):
                    names += re.findall(r'(?:info\.name = |\.name = )"([^"]+)"', text)
        self.assertGreaterEqual(len(names), 17)
        for name in names:
            with self.subTest(name):
                self.assertRegex(plain, rf"(?m)^  {re.escape(name)} ")
                self.assertIn(f"| `{name}` |", markdown)


if __name__ == "__main__":
    unittest.main()
