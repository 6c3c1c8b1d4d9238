# SPDX-License-Identifier: Apache-2.0
"""What `regatta profile` writes: the stored profile, its page, and a load beside it."""
import json
import os
import signal
import sys
import time
import unittest

from late_service import LATE_SERVICE, free_port
from regatta_command import CommandTest, SMALL, wait_until


class ProfileReport(CommandTest):
    def setUp(self):
        super().setUp()
        (self.folder / "service.py").write_text(LATE_SERVICE)

    def serve(self):
        """A running service and its URL."""
        running = self.start("service.py", "0", "0", "50", "0.2", program=sys.executable)
        port = self.folder / "port"
        self.assertTrue(wait_until(lambda: port.exists() and port.read_text().endswith("\n"), 20))
        return running, f"http://127.0.0.1:{port.read_text().strip()}/"

    def check(self, name):
        finished = self.run_command("report", "--check", name)
        self.assertEqual(finished.code, 0, finished)
        return finished.stdout


class TimingStoredProfileTest(ProfileReport):
    def test_a_stored_profile_is_rendered_again_as_it_was(self):
        running, _ = self.serve()
        finished = self.run_command("profile", "--pid", running.pid, "--duration", "1s", "-q", "-o",
                                    "p.json", "-o", "p.html", "-o", "folded=p.folded", "-o",
                                    "terminal=-")
        self.assertEqual(finished.code, 0, finished)
        self.assertIn("a sound report of a profile", self.check("p.json"))
        again = self.run_command("report", "p.json", "-o", "again.json", "-o", "again.html", "-o",
                                 "folded=again.folded", "-o", "terminal=-")
        self.assertEqual(again.code, 0, again)
        self.assertEqual(again.stdout, finished.stdout)
        for first, second in (("p.json", "again.json"), ("p.html", "again.html"),
                              ("p.folded", "again.folded")):
            self.assertEqual((self.folder / first).read_bytes(),
                             (self.folder / second).read_bytes())
        loop, = [each for each in self.report("p.json")["loops"] if each["loop"].startswith("epoll")]
        covered = sum(loop["timeline"]["length_ns"])
        self.assertGreater(covered, 0.8 * self.report("p.json")["duration_ns"])

    def test_a_damaged_one_is_refused_in_one_sentence(self):
        running, _ = self.serve()
        self.run_command("profile", "--pid", running.pid, "--duration", "200ms", "-o", "p.json")
        profile = self.report("p.json")
        profile["duration_ns"] = "long \033[31m"
        (self.folder / "p.json").write_text(json.dumps(profile))
        finished = self.run_command("report", "p.json")
        self.assertEqual(finished.code, 2, finished)
        self.assertIn("/duration_ns is", finished.stderr)
        self.assertNotIn("\033", finished.stderr)

    def test_a_thread_that_names_itself_in_colours_stays_text(self):
        code = ("import ctypes, select, time\n"
                "ctypes.CDLL(None).prctl(15, b'\\033[31m<b>')\n"
                "poll = select.epoll()\n"
                "until = time.monotonic() + 1\n"
                "while time.monotonic() < until: poll.poll(0.05); time.sleep(0.15)\n")
        finished = self.run_command("profile", "-o", "p.html", "-o", "terminal=-", "--",
                                    sys.executable, "-c", code)
        self.assertEqual(finished.code, 0, finished)
        self.assertNotIn("\033", finished.stdout + finished.stderr)
        self.assertIn("?[31m<b>", finished.stdout)
        page = (self.folder / "p.html").read_text()
        self.assertNotIn("\033", page)
        self.assertNotIn("<b>", page)


class TimingDriveTest(ProfileReport):
    def test_puts_a_load_beside_the_stretches(self):
        running, url = self.serve()
        finished = self.run_command("profile", "--pid", running.pid, "--drive", url, "--rate", "100",
                                    "--connections", "50", "--duration", "3s", "--no-poll", "-q",
                                    "-o", "p.json", "-o", "p.html", "-o", "terminal=-")
        self.assertEqual(finished.code, 0, finished)
        profile = self.report("p.json")
        self.check("p.json")
        driven = profile["driven"]
        self.assertGreater(driven["load"]["total"]["ok"], 100)
        self.assertGreaterEqual(driven["begin_ns"], 0)
        # A second of warm-up, three that are measured.
        self.assertGreater(profile["duration_ns"], 3.9e9)
        slept = [stretch for loop in profile["loops"] for stretch in loop["stretches"]
                 if stretch["cause"] == "sleeping" and stretch["cost"] is not None]
        self.assertGreater(len(slept), 2)
        held = sum(stretch["cost"]["held"] for stretch in slept)
        # Twenty a stretch are due; nothing can answer them before it is over.
        self.assertGreater(held, 5 * len(slept))
        for stretch in slept:
            cost = stretch["cost"]
            self.assertLessEqual(cost["held"], cost["due"])
            self.assertLessEqual(cost["delay_ns"], cost["held"] * stretch["duration_ns"])
        self.assertEqual(sum(driven["timeline"]["requests"]),
                         driven["in_stretches_seconds"]["count"] +
                         driven["elsewhere_seconds"]["count"])
        self.assertIn("held until it was over", finished.stdout)
        self.assertIn("send lag", finished.stdout)
        self.assertIn('id="requests"', (self.folder / "p.html").read_text())

    def test_waits_for_the_command_that_it_starts_to_listen(self):
        port = free_port()
        finished = self.run_command(
            "profile", "--drive", f"http://127.0.0.1:{port}/", "--rate", "50", "--duration", "1s",
            "--warmup", "0", "--no-poll", "-q", "-o", "p.json", "--", sys.executable, "service.py",
            "0.5", str(port), "50", "0.2")
        self.assertEqual(finished.code, 0, finished)
        self.assertGreater(self.report("p.json")["driven"]["load"]["total"]["ok"], 10)

    def test_ctrl_c_ends_both_and_the_report_is_written(self):
        service, url = self.serve()
        running = self.start("profile", "--pid", service.pid, "--drive", url, "--rate", "50",
                             "--duration", "60s", "--no-poll", "-o", "p.json")
        self.assertTrue(running.wait_for_stderr("has been blocked", 30))
        time.sleep(1.5)  # into what is measured
        os.kill(running.pid, signal.SIGINT)
        finished = running.finish(20)
        self.assertEqual(finished.code, 130, finished)
        self.check("p.json")
        load = self.report("p.json")["driven"]["load"]
        self.assertTrue(load["interrupted"])
        self.assertGreater(load["total"]["requests"], 0)

    def test_a_server_that_is_not_there_is_said_and_the_profile_stays(self):
        service, _ = self.serve()
        finished = self.run_command("profile", "--pid", service.pid, "--drive",
                                    f"http://127.0.0.1:{free_port()}/", "--rate", "50", "-q", "-o",
                                    "p.json")
        self.assertEqual(finished.code, 1, finished)
        self.assertIn("there is no load in the report: cannot connect", finished.stderr)
        self.assertIsNone(self.report("p.json")["driven"])

    def test_a_process_that_ends_ends_the_load(self):
        service, url = self.serve()
        running = self.start("profile", "--pid", service.pid, "--drive", url, "--rate", "50",
                             "--duration", "60s", "--no-poll", "-o", "p.json")
        self.assertTrue(running.wait_for_stderr("has been blocked", 30))
        service.process.kill()
        finished = running.finish(30)
        self.assertEqual(finished.code, 1, finished)
        self.assertIn("the process ended before the load did", finished.stderr)
        self.assertEqual(self.report("p.json")["process"]["end"], "ended")

    def test_levels_that_are_missed_are_exit_code_3(self):
        service, url = self.serve()
        finished = self.run_command("profile", "--pid", service.pid, "--drive", url, "--rate", "100",
                                    "--connections", "50", "--duration", "2s", "--no-poll", "--slo",
                                    "p50=1us", "-q", "-o", "p.json")
        # 5: on a busy machine the client is the bottleneck, and no verdict is given.
        self.assertIn(finished.code, (3, 5), finished)


class DriveArgumentsTest(ProfileReport):
    def test_what_makes_no_sense_is_refused(self):
        for arguments, sentence in (
                (["--drive", "http://127.0.0.1:1/"], "--drive needs the load's --rate"),
                (["--rate", "5"], "give --drive URL too"),
                (["--drive", "gopher://x/", "--rate", "5"], "http"),
                (["--drive", "http://127.0.0.1:1/", "--rate", "-5"], "--rate takes requests")):
            with self.subTest(arguments):
                finished = self.run_command("profile", "--pid", os.getpid(), *arguments)
                self.assertEqual(finished.code, 2, finished)
                self.assertIn(sentence, finished.stderr)


class HostileReportTest(ProfileReport):
    def test_names_in_a_stored_run_cannot_command_a_terminal(self):
        finished = self.run_command("run", "quick", "-w", "tokenize", "-b", "serial", *SMALL, "-q",
                                    "-o", "run.json")
        self.assertEqual(finished.code, 0, finished)
        text = (self.folder / "run.json").read_text()
        evil = text.replace('"serial"', '"ser\\u001b[31mial"')
        self.assertNotEqual(evil, text)
        (self.folder / "evil.json").write_text(evil)
        finished = self.run_command("report", "evil.json", "-o", "terminal=-", "-o", "evil.html",
                                    "-o", "again.json")
        self.assertEqual(finished.code, 0, finished)
        self.assertNotIn("\033", finished.stdout)
        self.assertIn("ser?[31mial", finished.stdout)
        self.assertNotIn("\033", (self.folder / "evil.html").read_text())
        self.assertIn("ser\\u001b[31mial", (self.folder / "again.json").read_text())


class SchemaTest(ProfileReport):
    def test_loads_and_what_the_doctor_finds_follow_their_schemas(self):
        _, url = self.serve()
        finished = self.run_command("load", url, "--rate", "50", "--duration", "500ms", "--warmup",
                                    "0", "-q", "--no-poll", "-o", "load.json")
        self.assertEqual(finished.code, 0, finished)
        self.assertIn("a sound report of a load", self.check("load.json"))
        again = self.run_command("report", "load.json")
        self.assertEqual(again.stdout, finished.stdout)
        finished = self.run_command("load", url, "--knee", "--slo", "p50=10s", "--rate", "20",
                                    "--step", "200ms", "--warmup", "0", "-q", "--no-poll", "-o",
                                    "knee.json")
        self.assertIn("load-knee-report.schema.json", self.check("knee.json"))
        finished = self.run_command("doctor", "--no-run", "--json", "doctor.json", "-q")
        self.assertIn("doctor-report.schema.json", self.check("doctor.json"))
        finished = self.run_command("report", "doctor.json")
        self.assertEqual(finished.code, 2)
        self.assertIn("can be checked, by --check, and not be rendered again", finished.stderr)


if __name__ == "__main__":
    unittest.main()
