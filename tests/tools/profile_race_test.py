# SPDX-License-Identifier: Apache-2.0
"""`regatta profile --race` on a real service under a load that it drives itself."""
import json
import os
import signal
import subprocess
import unittest

from regatta_command import wait_until
from regatta_service import ServiceTest, body_of, large_document

AMONG = "coroutine,coroutine+thread"


def missing_ebpf():
    """Why there is no eBPF here; None if there is."""
    tried = subprocess.run([os.environ.get("REGATTA", "regatta"), "profile", "--tier", "ebpf", "--", "true"],
                           capture_output=True, text=True, timeout=60, check=False)
    return None if tried.returncode == 0 else tried.stderr.strip()


class TimingProfileRaceTest(ServiceTest):
    @classmethod
    def setUpClass(cls):
        reason = missing_ebpf()
        if reason:
            raise unittest.SkipTest(reason)

    def arguments(self, service, *flags):
        (self.folder / "request.json").write_text(body_of(large_document(24)))
        return ["profile", "--pid", service.pid, "--drive", f"http://127.0.0.1:{self.port}/v1/answer", "--rate", "60",
                "--duration", "2s", "--warmup", "500ms", "--no-poll", "--body", "@request.json", "--race", "-b", AMONG,
                *flags]

    def test_profiles_drives_races_and_advises(self):
        service = self.serve("--backend", "coroutine", latency="30ms")
        finished = self.run_command(*self.arguments(service, "--budget", "8s", "--fidelity", "1000%", "--race-output",
                                                    "race.json", "-o", "profile.json", "-q"), timeout=120)
        self.assertEqual(finished.code, 0, finished)
        found = self.report("race.json")
        profile = self.report("profile.json")
        self.assertIsNotNone(profile["driven"])
        (answers,) = [each for each in profile["requests"]["classes"] if each["name"] == "POST /v1/answer"]
        self.assertIn("gap_is_known", answers)
        self.assertGreater(profile["requests"]["cpu_beside_ns"], 0, "the mock LLM has the same CPUs")
        workload = self.report("regatta-workload.json")
        self.assertGreater(workload["cpu_beside_ns"], profile["requests"]["cpu_beside_ns"], "and so has the client")
        self.end(service)
        if found["no_advice"]:
            self.skipTest("this machine is too busy: " + found["no_advice"])
        self.assertEqual(found["fidelity"]["backend"], "coroutine")
        self.assertEqual(sorted(each["backend"] for each in found["predictions"]), sorted(AMONG.split(",")))
        self.assertIn(found["advice"]["backend"], AMONG.split(","))
        self.assertTrue(found["advice"]["verify"])
        self.assertLess(found["seconds"], 60)
        self.assert_nothing_runs(10)

    def test_ctrl_c_in_the_race_leaves_nothing_behind(self):
        service = self.serve("--backend", "coroutine", latency="30ms")
        shared = set(os.listdir("/dev/shm"))
        (self.folder / "race.json").write_text("old")
        running = self.start(*self.arguments(service, "--budget", "60s", "--race-output", "race.json"))
        self.assertTrue(running.wait_for_stderr("what the approaches cost themselves: block", 60))
        os.kill(running.pid, signal.SIGINT)
        finished = running.finish(30)
        self.assertEqual(finished.code, 130, finished)
        self.assertTrue(self.report("race.json")["interrupted"])
        self.assertIsNone(self.report("race.json")["advice"])
        self.assertTrue(json.loads((self.folder / "regatta-workload.json").read_text())["classes"])
        self.end(service)
        self.assert_nothing_runs(10)
        self.assertEqual(sorted(each.name for each in self.folder.iterdir()),
                         ["race.json", "regatta-workload.json", "request.json", "tmp"])
        self.assertEqual(list(self.temporary.iterdir()), [])
        self.assertTrue(wait_until(lambda: set(os.listdir("/dev/shm")) <= shared))


class ProfileRaceArgumentsTest(ServiceTest):
    def test_what_makes_no_sense_is_refused_before_anything_is_profiled(self):
        for arguments, sentence in (
                (["--race", "-b", "corotine"], "did you mean 'coroutine'"),
                (["--race", "--budget", "soon"], "--budget takes a time"),
                (["--race", "--race-output", "no/such/folder/race.json"], "no/such/folder"),
                (["--budget", "9s"], "--race"),
                (["--race-output", "race.json"], "--race")):
            with self.subTest(arguments):
                finished = self.run_command("profile", "--pid", os.getpid(), *arguments, timeout=20)
                self.assertIn(finished.code, (1, 2), finished)
                self.assert_one_sentence(finished, sentence)
                self.assertLess(finished.seconds, 8)


if __name__ == "__main__":
    unittest.main()
