# SPDX-License-Identifier: Apache-2.0
"""Real services with faults injected by their own code, watched from outside and unchanged."""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import unittest

from regatta_command import CommandTest, parent_of, wait_until

# An asyncio echo service with its client. Every 100 ms its handler does something wrong, and notes
# from when to when by the clock that the profile is in. Ends by itself.
SERVICE = r"""
import asyncio, json, os, sqlite3, sys, threading, time
fault, times = sys.argv[1], int(sys.argv[2])
happened = []
def sleep(): time.sleep(0.25)
def compute():
    until = time.thread_time() + 0.2
    while time.thread_time() < until: pass
def database():
    try:
        with sqlite3.connect("held.db", timeout=0.25) as other: other.execute("insert into t values (1)")
    except sqlite3.OperationalError: pass
def pipe():
    reader, writer = os.pipe()
    threading.Timer(0.25, lambda: os.write(writer, b"x")).start()
    os.read(reader, 1)
def nothing(): pass
async def echo(reader, writer):
    while line := await reader.readline():
        writer.write(line)
async def main():
    if fault == "database":
        holder = sqlite3.connect("held.db", isolation_level=None)
        holder.execute("create table t(a)"); holder.execute("begin exclusive")
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    await asyncio.sleep(0.1)
    for turn in range(times):
        writer.write(b"hello\n"); await reader.readline()
        begin = time.monotonic(); globals()[fault](); happened.append((begin, time.monotonic()))
        await asyncio.sleep(0.1)
    with open("happened.json", "w") as file: json.dump(happened, file)
    sys.stdout.flush()
    os._exit(int(sys.argv[3]) if len(sys.argv) > 3 else 0)
asyncio.run(main())
"""

SHARED_LOOP = os.path.join(os.environ.get("PROFILE_TARGETS", "."), "shared_loop")


def stretches(profile):
    return [stretch for loop in profile["loops"] for stretch in loop["stretches"]]


def own_stretches(profile):
    """Without those that a busy machine made by giving the service no CPU."""
    return [stretch for stretch in stretches(profile) if stretch["cause"] != "waiting for a CPU"]


def missing_ebpf():
    """Why there is no eBPF here; None if there is."""
    tried = subprocess.run([os.environ.get("REGATTA", "regatta"), "profile", "--tier", "ebpf", "--",
                            "true"], capture_output=True, text=True, timeout=60, check=False)
    return None if tried.returncode == 0 else tried.stderr.strip()


def missing_perf():
    """Why there are no perf events here; None if there are."""
    tried = subprocess.run([os.environ.get("REGATTA", "regatta"), "profile", "--tier", "perf", "--",
                            "true"], capture_output=True, text=True, timeout=60, check=False)
    return None if tried.returncode == 0 else tried.stderr.strip()


class ProfileTest(CommandTest):
    def setUp(self):
        super().setUp()
        (self.folder / "service.py").write_text(SERVICE)

    def service(self, fault, times=3, code=0):
        return [sys.executable, "service.py", fault, str(times), str(code)]

    def profile(self, *flags, command):
        """The profile of a command as JSON."""
        finished = self.run_command("profile", *flags, "-o", "profile.json", "--", *command)
        self.assertEqual(finished.code, 0, finished)
        self.finished = finished
        return self.report("profile.json")

    def assert_ledgers_add_up(self, profile):
        for stretch in stretches(profile):
            total = sum(share["ns"] for share in stretch["ledger"])
            self.assertLessEqual(abs(total - stretch["duration_ns"]),
                                 0.01 * stretch["duration_ns"], stretch)

    def longest_share(self, stretch):
        """Of what the service did itself: a busy machine adds waiting for a CPU."""
        return next(share for share in stretch["ledger"] if share["kind"] != "waiting for a CPU")


class TimingEbpfProfileTest(ProfileTest):
    @classmethod
    def setUpClass(cls):
        reason = missing_ebpf()
        if reason:
            raise unittest.SkipTest(reason)

    def find(self, fault, times=3):
        """The stretches of a service with this fault, each checked against what happened."""
        profile = self.profile("--tier", "ebpf", command=self.service(fault, times))
        self.assertEqual(profile["tier"], "eBPF")
        self.assert_ledgers_add_up(profile)
        happened = json.loads((self.folder / "happened.json").read_text())
        own = sorted(own_stretches(profile), key=lambda each: each["begin_ns"])
        self.assertEqual(len(own), times, own)
        for stretch, (begin, end) in zip(own, happened):
            self.assertGreaterEqual(stretch["duration_ns"] / 1e9, end - begin - 0.001)
        return own

    def test_a_sleep_in_a_handler(self):
        for stretch in self.find("sleep"):
            self.assertEqual(self.longest_share(stretch)["call"], "clock_nanosleep")
            self.assertEqual(stretch["cause"], "sleeping")
            self.assertTrue(stretch["stack"], stretch)
        self.assertIn("has been blocked for", self.finished.stderr)
        self.assertIn("sleeping", self.finished.stdout)

    def test_a_computation_in_a_handler(self):
        for stretch in self.find("compute"):
            self.assertIn(self.longest_share(stretch)["kind"], ("user CPU", "kernel CPU"))
            self.assertEqual(stretch["cause"], "computing")

    def test_a_held_database(self):
        for stretch in self.find("database"):
            self.assertEqual(self.longest_share(stretch)["call"], "clock_nanosleep")

    def test_a_read_that_waits_says_of_what(self):
        for stretch in self.find("pipe"):
            share = self.longest_share(stretch)
            self.assertEqual(share["kind"], "system call")
            self.assertEqual(share["call"], "read")
            self.assertEqual(share["object"], "a pipe")

    def test_a_service_that_does_nothing_wrong_has_no_stretch(self):
        profile = self.profile("--tier", "ebpf", command=self.service("nothing", 8))
        self.assertEqual(own_stretches(profile), [])
        (loop,) = profile["loops"]
        self.assertGreater(loop["iterations"], 8)
        self.assertGreater(loop["waiting_ns"], loop["working_ns"])

    def test_a_process_that_runs_already_is_watched_until_it_ends(self):
        service = subprocess.Popen(self.service("sleep", 5), cwd=self.folder)
        self.addCleanup(service.wait)
        finished = self.run_command("profile", "--pid", service.pid, "--duration", "30s",
                                    "-o", "profile.json")
        self.assertEqual(finished.code, 0, finished)
        self.assertGreaterEqual(len(stretches(self.report("profile.json"))), 3)
        self.assertIn("it ended", finished.stdout)

    def test_a_block_that_lasts_when_the_profile_ends_is_reported(self):
        finished = self.run_command(
            "profile", "--duration", "1500ms", "-o", "profile.json", "--", sys.executable, "-c",
            "import asyncio, time\nasync def f():\n await asyncio.sleep(0.3)\n time.sleep(60)\n"
            "asyncio.run(f())")
        self.assertEqual(finished.code, 0, finished)
        (stretch,) = stretches(self.report("profile.json"))
        self.assertFalse(stretch["ended"])
        self.assertIn("is still blocked", finished.stderr)
        self.assert_nothing_runs(5)

    def test_nothing_stays_attached_when_the_profiler_is_killed(self):
        bpftool = shutil.which("bpftool", path="/usr/sbin:/usr/bin:/sbin")
        if not bpftool:
            self.skipTest("there is no bpftool to look with")
        service = subprocess.Popen(self.service("nothing", 30), cwd=self.folder)
        self.addCleanup(service.wait)

        def programs():  # their ids; the kernel takes its time to free those of other tests
            listed = subprocess.run([bpftool, "prog", "list"], capture_output=True, text=True,
                                    check=True).stdout
            return set(re.findall(r"^(\d+): .* name call_begins", listed, re.MULTILINE))
        before = programs()
        running = self.start("profile", "--pid", service.pid, "--duration", "30s")
        ours = wait_until(lambda: programs() - before, 20)
        self.assertTrue(ours)
        running.process.kill()
        running.process.wait()
        self.assertTrue(wait_until(lambda: not programs() & ours, 20))
        self.assertIsNone(service.poll())
        service.send_signal(signal.SIGKILL)

    def test_stall_assert_tells_a_stall_with_exit_code_3(self):
        finished = self.run_command("stall-assert", "--max", "50ms", "-q", "--",
                                    *self.service("sleep"))
        self.assertEqual(finished.code, 3, finished)
        self.assertIn("sleeping", finished.stdout)
        self.assertIn("50ms", finished.stderr)

    def test_stall_assert_is_content_with_a_good_service(self):
        finished = self.run_command("stall-assert", "--max", "2s", "--", *self.service("nothing"))
        self.assertEqual(finished.code, 0, finished)

    def test_stall_assert_tells_that_the_command_failed(self):
        finished = self.run_command("stall-assert", "--max", "2s", "--",
                                    *self.service("nothing", 3, 7))
        self.assertEqual(finished.code, 1, finished)
        self.assert_one_sentence(finished, "exited with code 7")

    def test_stall_assert_does_not_judge_what_has_no_loop(self):
        finished = self.run_command("stall-assert", "--max", "2s", "--", "sleep", "0.2")
        self.assertEqual(finished.code, 1, finished)
        self.assert_one_sentence(finished, "no loop was found")


class TimingSharedLoopTest(ProfileTest):
    @classmethod
    def setUpClass(cls):
        reason = missing_ebpf()
        if reason:
            raise unittest.SkipTest(reason)

    def test_threads_with_nothing_to_do_are_not_blocked(self):
        for tier in ("ebpf", "proc"):
            idle = self.profile("--tier", tier, command=[SHARED_LOOP, "4"])
            self.assertEqual(own_stretches(idle), [])
            (loop,) = idle["loops"]
            self.assertGreater(loop["waiting_ns"], loop["working_ns"])  # which has the waits for a CPU

    def test_a_handler_that_sleeps_is_found_whatever_the_number_of_threads(self):
        for tier, threads in ("ebpf", "1"), ("ebpf", "4"), ("proc", "4"):
            blocked = own_stretches(
                self.profile("--tier", tier, command=[SHARED_LOOP, threads, "blocks"]))
            self.assertGreaterEqual(len(blocked), 2)
            for stretch in blocked:
                self.assertEqual(self.longest_share(stretch)["call"], "clock_nanosleep")
                self.assertEqual(stretch["cause"], "sleeping")
            # A busy machine may keep the profiler from a stack, but not from all of them.
            named = [stretch["blocker"] for stretch in blocked if stretch["blocker"]]
            self.assertTrue(named, blocked)
            for blocker in named:
                self.assertIn("shared_loop.cpp", blocker["file"])


# Two workers that it forks, each with a loop of its own.
WORKERS = r"""
import asyncio, os, sys, time
async def serve():
    for turn in range(4):
        await asyncio.sleep(0.3); time.sleep(0.25)
    await asyncio.sleep(0.2)
workers = []
for _ in range(2):
    workers.append(os.fork())
    if workers[-1] == 0:
        asyncio.run(serve()); os._exit(0)
for worker in workers: os.wait()
"""


class TimingChildrenProfileTest(ProfileTest):
    def tiers(self):
        return [tier for tier, missing in (("ebpf", missing_ebpf()), ("perf", missing_perf()),
                                           ("proc", None)) if not missing]

    def test_what_a_process_forks_is_watched_as_well(self):
        (self.folder / "workers.py").write_text(WORKERS)
        for tier in self.tiers():
            profile = self.profile("--tier", tier, command=[sys.executable, "workers.py"])
            self.assert_ledgers_add_up(profile)
            blocked = [loop for loop in profile["loops"] if loop["stretches"]]
            self.assertEqual(len(blocked), 2, profile)
            for loop in blocked:
                self.assertRegex(loop["loop"], r"^epoll \d+ of process \d+$")
                self.assertGreaterEqual(len(loop["stretches"]), 4 if tier == "ebpf" else 2)
                for stretch in loop["stretches"]:
                    self.assertEqual(stretch["cause"], "sleeping")
                    self.assertEqual(stretch["loop"], loop["loop"])

    def test_children_that_run_already_are_watched_and_may_die(self):
        (self.folder / "workers.py").write_text(WORKERS)
        for tier in self.tiers():
            service = subprocess.Popen([sys.executable, "workers.py"], cwd=self.folder)
            self.addCleanup(service.wait)
            children = f"/proc/{service.pid}/task/{service.pid}/children"
            two = wait_until(lambda: pathlib.Path(children).read_text().split()[1:], 20)
            running = self.start("profile", "--tier", tier, "--pid", service.pid, "--duration",
                                 "30s", "-o", f"{tier}.json")
            time.sleep(1)
            os.kill(int(two[0]), signal.SIGKILL)
            finished = running.finish(40)
            self.assertEqual(finished.code, 0, finished)
            self.assertTrue(own_stretches(self.report(f"{tier}.json")), finished)

    @unittest.skipUnless(shutil.which("unshare"), "there is no unshare to make a namespace with")
    def test_a_container_is_watched_from_outside(self):
        inside = ["unshare", "--pid", "--fork"]
        tried = subprocess.run([*inside, "true"], capture_output=True, text=True, check=False)
        if tried.returncode != 0:
            self.skipTest(f"no PID namespace can be made: {tried.stderr.strip()}")
        for tier in self.tiers():
            profile = self.profile("--tier", tier, command=[*inside, *self.service("sleep", 8)])
            own = own_stretches(profile)
            self.assertGreaterEqual(len(own), 2, profile)
            for stretch in own:
                self.assertEqual(stretch["cause"], "sleeping")
            named = [stretch["blocker"]["function"] for stretch in own if stretch["blocker"]]
            self.assertIn("sleep", named, profile)

    def test_children_can_be_left_out(self):
        (self.folder / "workers.py").write_text(WORKERS)
        for tier in self.tiers():
            profile = self.profile("--tier", tier, "--no-children",
                                   command=[sys.executable, "workers.py"])
            self.assertEqual(stretches(profile), [])


class TimingSampledProfileTest(ProfileTest):
    def test_a_handler_that_waits_for_another_thread_is_a_block_in_a_shared_loop_too(self):
        for threads in ("1", "4"):
            waits = own_stretches(
                self.profile("--tier", "proc", command=[SHARED_LOOP, threads, "waits"]))
            self.assertGreaterEqual(len(waits), 2)
            for stretch in waits:
                self.assertEqual(stretch["cause"], "a condition variable")
                self.assertIn("shared_loop.cpp", stretch["blocker"]["file"])

    def test_a_sleep_in_a_handler_is_a_block(self):
        profile = self.profile("--tier", "proc", command=self.service("sleep"))
        self.assertEqual(profile["tier"], "/proc")
        self.assert_ledgers_add_up(profile)
        self.assertGreaterEqual(len(stretches(profile)), 2)
        for stretch in stretches(profile):
            self.assertEqual(stretch["cause"], "sleeping")

    def test_a_computation_in_a_handler_is_never_called_a_block(self):
        profile = self.profile("--tier", "proc", command=self.service("compute"))
        self.assertEqual(stretches(profile), [])
        (loop,) = profile["loops"]
        self.assertGreater(loop["saturated_share"], 0)

    def test_by_ptrace_it_is_known_what_was_computed(self):
        profile = self.profile("--tier", "ptrace", command=self.service("compute"))
        self.assertEqual(profile["tier"], "/proc and ptrace")
        self.assertEqual(stretches(profile), [])
        (loop,) = profile["loops"]
        self.assertTrue(loop["saturated_in"], profile["notes"])
        self.assertEqual(loop["saturated_in"][0]["blocker"]["function"], "compute")

    def test_a_service_that_does_nothing_wrong_has_no_stretch(self):
        profile = self.profile("--tier", "proc", command=self.service("nothing", 8))
        self.assertEqual(stretches(profile), [])


class TimingPerfProfileTest(ProfileTest):
    """Switches and samples: what the same user sees without any privilege."""

    @classmethod
    def setUpClass(cls):
        reason = missing_perf()
        if reason:
            raise unittest.SkipTest(reason)

    def profile_of(self, fault, times=4):
        profile = self.profile("--tier", "perf", command=self.service(fault, times))
        self.assertEqual(profile["tier"], "perf events")
        self.assert_ledgers_add_up(profile)
        return profile

    def test_a_sleep_in_a_handler(self):
        own = own_stretches(self.profile_of("sleep"))
        self.assertGreaterEqual(len(own), 3)
        for stretch in own:
            self.assertEqual(self.longest_share(stretch)["call"], "clock_nanosleep")
            self.assertEqual(stretch["cause"], "sleeping")

    def test_a_computation_in_a_handler(self):
        profile = self.profile_of("compute")
        if any("no breakpoints" in note for note in profile["notes"]):
            self.skipTest("there are no breakpoints to tell one long callback from many short ones")
        found = stretches(profile)
        if not any("nobody knows" in note for note in profile["notes"]):  # a busy machine
            self.assertGreaterEqual(len(found), 2)
        for stretch in found:
            self.assertIn(stretch["cause"], ("computing", "waiting for a CPU"))

    def test_a_service_that_does_nothing_wrong_has_no_stretch(self):
        self.assertEqual(own_stretches(self.profile_of("nothing", 8)), [])

    def test_many_short_callbacks_are_no_stretch(self):
        for tier in ("perf", "ebpf"):
            if tier == "ebpf" and missing_ebpf():
                continue
            profile = self.profile("--tier", tier, "--duration", "2s", command=[
                sys.executable, "-c", "import asyncio\nasync def f():\n await asyncio.sleep(0.3)\n"
                " while True: await asyncio.sleep(0)\nasyncio.run(f())"])
            self.assertEqual(own_stretches(profile), [], tier)

    @unittest.skipUnless(os.geteuid() == 0, "only root can become another user")
    def test_without_root(self):
        program = shutil.copy(os.environ["REGATTA"], self.folder)
        os.chmod(self.folder, 0o777)
        nobody = {"user": 65534, "group": 65534, "extra_groups": []}
        service = subprocess.Popen(["/usr/bin/python3", "service.py", "sleep", "12"],
                                   cwd=self.folder, **nobody)
        self.addCleanup(service.wait)
        self.addCleanup(service.kill)
        theirs = self.start("profile", "--pid", service.pid, "--duration", "3s", "-o",
                            "json=profile.json", program=program, **nobody).finish(30)
        self.assertEqual(theirs.code, 0, theirs)
        profile = self.report("profile.json")
        (missing,) = profile["missing_tiers"]
        self.assertEqual(missing["tier"], "eBPF")
        self.assertIn("root", missing["reason"])
        self.assertEqual(profile["tier"], "perf events")
        own = own_stretches(profile)
        self.assertGreaterEqual(len(own), 2)
        for stretch in own:
            self.assertEqual(stretch["cause"], "sleeping")
            self.assertEqual(stretch["blocker"]["function"], "sleep")


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
