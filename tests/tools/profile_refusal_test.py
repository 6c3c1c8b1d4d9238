# SPDX-License-Identifier: Apache-2.0
"""What cannot be profiled, and how a profile ends before its time."""
import os
import pathlib
import shutil
import signal
import subprocess
import threading
import time
import unittest

from regatta_command import parent_of, wait_until
from regatta_profile import ProfileTest


class ProfileRefusalTest(ProfileTest):
    def refused(self, code, *arguments, parts=()):
        finished = self.run_command("profile", *arguments, timeout=20)
        self.assertEqual(finished.code, code, finished)
        self.assert_one_sentence(finished, *parts)

    def test_what_cannot_be_profiled_is_told_in_a_sentence(self):
        self.refused(1, "--pid", "4194303", parts=["there is no process 4194303"])
        self.refused(1, "--", "no-such-program", parts=["no-such-program"])
        self.refused(2, parts=["--pid", "command"])
        self.refused(2, "--pid", os.getpid(), "--", "true", parts=["not both"])
        self.refused(2, "--pid", os.getpid(), "--tier", "best", parts=["best"])
        self.refused(2, "--pid", os.getpid(), "--threshold", "0", parts=["--threshold"])

    def test_a_zombie(self):
        child = subprocess.Popen(["true"])
        self.addCleanup(child.wait)
        wait_until(lambda: parent_of(child.pid) is None)
        self.refused(1, "--pid", child.pid, parts=["has ended", str(os.getpid())])

    def test_a_thread_of_a_process(self):
        stop = threading.Event()
        thread = threading.Thread(target=stop.wait)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(stop.set)
        self.refused(1, "--pid", thread.native_id, parts=[f"--pid {os.getpid()}"])

    @unittest.skipUnless(os.path.exists("/proc/2/stat"), "no thread of the kernel is seen here")
    def test_a_thread_of_the_kernel(self):
        if "kthreadd" not in pathlib.Path("/proc/2/comm").read_text():
            self.skipTest("process 2 is no thread of the kernel here")
        self.refused(1, "--pid", 2, parts=["kernel"])

    @unittest.skipUnless(os.geteuid() == 0, "only root can become another user")
    def test_another_users_process_and_no_root(self):
        # Where the other user can execute it.
        program = shutil.copy(os.environ["REGATTA"], self.folder)
        os.chmod(self.folder, 0o755)
        nobody = {"user": 65534, "group": 65534, "extra_groups": []}
        theirs = self.start("profile", "--pid", os.getpid(), program=program, **nobody).finish(20)
        self.assertEqual(theirs.code, 1, theirs)
        self.assert_one_sentence(theirs, "belongs to user")
        own = self.start("profile", "--", "sleep", "0.3", program=program, **nobody).finish(20)
        self.assertEqual(own.code, 0, own)
        self.assertIn("Not by eBPF", own.stdout)

    def test_a_command_that_outlives_the_duration_is_ended(self):
        began = time.monotonic()
        finished = self.run_command("profile", "--tier", "proc", "--duration", "500ms", "--",
                                    "sleep", "60")
        self.assertEqual(finished.code, 0, finished)
        self.assertLess(time.monotonic() - began, 20)
        self.assert_nothing_runs(5)

    def test_ctrl_c_ends_the_profile_with_a_report(self):
        running = self.start("profile", "--tier", "proc", "--duration", "60s", "--", "sleep", "60")
        wait_until(lambda: len(self.our_processes()) > 1)
        time.sleep(0.3)
        running.process.send_signal(signal.SIGINT)
        finished = running.finish(20)
        self.assertIn("watched for", finished.stdout)
        self.assert_nothing_runs(5)

    def test_the_screen_fits_a_narrow_terminal(self):
        finished = self.run_command("profile", "--tier", "proc", "--", "sleep", "0.3",
                                    environment=self.environment(COLUMNS="60"))
        self.assertEqual(finished.code, 0, finished)
        self.assertNotIn("\033", finished.stdout)


if __name__ == "__main__":
    unittest.main()
