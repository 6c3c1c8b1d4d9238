#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What `regatta profile` costs the process that it watches, and everybody else.

usage: profile_overhead.py REGATTA [--pairs 8] [--rounds 30] [--tier ebpf] [--only PART] [--stage N]
                           [--no-pin]

 1. attach: how long it takes to attach to a process that goes on meanwhile, with and without
    requests. Promise: the median is at most 50 ms.
 2. nginx: one worker at saturation by wrk, which does not stop meanwhile. In each round its loop is
    watched and not any more, three times, it is watched by /proc, and its requests are followed, its
    loop being watched, and not any more, five times; CPU time a request in 0.5 s of each, compared
    with what was right before and right after it. For a file of 4 KiB and its line in
    the access log, and for "hello, world", the least that it can answer, which is only told.
    Promises, on the median of the rounds' ratios: watching the loop at most 1.05, following requests
    at most 1.08 of that, and by /proc, for ten seconds, the profiler takes at most 3 % of a CPU.

The others in pairs of runs one after the other, with and without the profiler, in an order that
alternates; what is printed is the ratio of the CPU times, and between which values its median lies
with 95 % confidence (by the sign test):
 3. calls: a bystander that does little but system calls (dd, a byte at a time), while the profiler
    watches a loop that sleeps regularly (promise: the median is at most 1.01), one that never
    sleeps, and one whose callbacks are long: the profiler's stages 0, 1 and 2. The median of 24 short
    runs counts.
 4. switches: a bystander whose two processes take turns through pipes, in stage 0.

Needs nginx (Debian package nginx-light), wrk and, for eBPF, root.
"""
import argparse
import json
import math
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

from request_compare import FILE_PATH, Nginx, placed, wait_until_attached

TARGETS = {
    "stage 0": "import asyncio\nasync def f():\n while True: await asyncio.sleep(0.02)\nasyncio.run(f())",
    "stage 1": "import asyncio\nasync def f():\n while True: await asyncio.sleep(0)\nasyncio.run(f())",
    "stage 2": "import asyncio, time\nasync def f():\n while True:\n  t = time.time() + 0.2\n"
               "  while time.time() < t: pass\n  await asyncio.sleep(0)\nasyncio.run(f())",
}
TURNS = r"""
import os, sys
there, back = os.pipe(), os.pipe()
if os.fork() == 0:
    for _ in range(int(sys.argv[1])): os.write(back[1], os.read(there[0], 1))
    os._exit(0)
for _ in range(int(sys.argv[1])): os.write(there[1], b"x"); os.read(back[0], 1)
os.wait()
"""


class Profiler:
    """Watches a process from before the `with` to its end."""

    def __init__(self, arguments, pid, place, tier=None, requests="off", settle=4):
        self.report = pathlib.Path(tempfile.mkdtemp(), "profile.json")
        self.process = subprocess.Popen(
            [arguments.regatta, "profile", "--pid", str(pid), "--tier", tier or arguments.tier, "--requests",
             requests, "--duration", "10m", "-q", "-o", f"json={self.report}"],
            stdout=subprocess.DEVNULL, preexec_fn=place)
        if (tier or arguments.tier) == "ebpf":
            wait_until_attached(self.process)
        time.sleep(settle)  # past the first look for loops
        if self.process.poll() is not None:
            raise SystemExit("profile_overhead.py: the profiler has ended")

    def end(self):
        self.process.send_signal(2)
        self.process.wait()
        found = json.loads(self.report.read_text())
        self.report.unlink()
        self.report.parent.rmdir()
        return found


def cpu_of_command(command, place):
    """Seconds, of the command and its children."""
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, preexec_fn=place)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"profile_overhead.py: {command[0]} ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime


def median_between(values):
    """The values that its median lies between with 95 % confidence, by the sign test."""
    ordered, count = sorted(values), len(values)
    outside = next((k for k in range(count // 2, 0, -1)
                    if 2 * sum(math.comb(count, i) for i in range(k)) / 2 ** count <= 0.05), 0)
    return (ordered[outside - 1], ordered[-outside]) if outside else None


def pairs(title, arguments, measure, profiler, unit):
    """The median ratio of `measure`, with the profiler to without."""
    ratios, bare_figures, stages, own_shares, last = [], [], [], [], {}
    for pair in range(arguments.pairs):
        found = {}
        for watched in (False, True) if pair % 2 == 0 else (True, False):
            running = profiler() if watched else None
            found[watched] = measure()
            if running:
                last = running.end()
                own_shares.append(last["cost"]["cpu_ns"] / last["duration_ns"])
                stages.append([last["cost"].get(key, 0) / last["duration_ns"]
                               for key in ("waits_watched_ns", "calls_watched_ns")])
        ratios.append(found[True] / found[False])
        bare_figures.append(found[False])
    median = statistics.median(ratios)
    between = median_between(ratios)
    sure = (f"95 % sure of {between[0]:.3f} to {between[1]:.3f}" if between else
            f"too few pairs to be sure of, {min(ratios):.3f} to {max(ratios):.3f}")
    own = statistics.mean(own_shares)
    waits, calls = (100 * statistics.mean(each) for each in zip(*stages))
    programs = last["cost"].get("programs_share")
    print(f"{title}: {statistics.median(bare_figures):.3f} {unit} alone; watched : alone = "
          f"{median:.3f} (median of {len(ratios)}, {sure}); the profiler itself took {100 * own:.1f} % "
          f"of a CPU; waits were watched for {waits:.0f} % of the time, all calls for {calls:.0f} %"
          + (f"; the programs took {100 * programs:.2f} % of a CPU" if programs else ""), flush=True)
    return median, own


def attach_part(arguments):
    """Whether the promise is kept."""
    service = subprocess.Popen([sys.executable, "-c", TARGETS["stage 0"]])
    kept = True
    try:
        time.sleep(1)
        with tempfile.TemporaryDirectory() as folder:
            report = pathlib.Path(folder, "profile.json")
            for requests in ("off", "on"):
                took = []
                for _ in range(arguments.attaches):
                    subprocess.run([arguments.regatta, "profile", "--pid", str(service.pid), "--tier",
                                    arguments.tier, "--requests", requests, "--duration", "200ms",
                                    "-q", "-o", f"json={report}"], check=True,
                                   stdout=subprocess.DEVNULL)
                    took.append(json.loads(report.read_text())["cost"]["attach_ns"] / 1e6)
                median = statistics.median(took)
                print(f"To attach, --requests {requests}: {median:.1f} ms (median of {len(took)}), "
                      f"{min(took):.1f} to {max(took):.1f}", flush=True)
                kept = kept and median <= 50
        return kept
    finally:
        service.kill()
        service.wait()


DIRECTLY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class EndlessLoad:
    """wrk asks nginx for the same path until end(), on so many connections that nginx has enough to do
    while others take wrk's CPU for a moment: otherwise it sleeps, and that is what is measured."""

    def __init__(self, nginx, path, place):
        self.nginx = nginx
        self.process = subprocess.Popen(["wrk", "-t", "1", "-c", "256", "-d", "24h", nginx.url + path],
                                        stdout=subprocess.DEVNULL, preexec_fn=place)
        time.sleep(1)

    def answered(self):
        with DIRECTLY.open(self.nginx.url + "/status") as status:
            return int(status.read().split()[9])

    def window(self):
        """CPU time a request, in us. Short: the machine's speed drifts within seconds."""
        os.truncate(self.nginx.log, 0)
        answered, cpu = self.answered(), self.nginx.cpu()
        time.sleep(0.5)  # several of the moments in which requests are followed where they are many
        return 1e6 * (self.nginx.cpu() - cpu) / (self.answered() - answered)

    def end(self):
        self.process.kill()
        self.process.wait()


class Switch:
    """Watches a process in one way at a time: "alone", "loops", "requests" with its loops, "proc"."""

    def __init__(self, arguments, pid, place):
        self.process = subprocess.Popen([self.program(arguments), str(pid)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, preexec_fn=place)

    @staticmethod
    def program(arguments):
        found = pathlib.Path(arguments.regatta).parent / "bench" / "regatta_profile_switch"
        if not found.exists():
            raise SystemExit(f"profile_overhead.py: there is no {found}; build with -DREGATTA_BENCHMARKS=ON")
        return found

    def to(self, way, settle):
        print(way, file=self.process.stdin, flush=True)
        if not self.process.stdout.readline():
            raise SystemExit("profile_overhead.py: the profiler has ended")
        time.sleep(settle)

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def describe(ratios):
    between = median_between(ratios)
    sure = f", 95 % sure of {between[0]:.3f} to {between[1]:.3f}" if between else ""
    return f"{statistics.median(ratios):.3f} (median of {len(ratios)}{sure})"


def nginx_part(arguments, nginx, path, client):
    """Whether the promises are kept."""
    switch = Switch(arguments, nginx.worker, client)
    load = EndlessLoad(nginx, path, client)
    alone, loops, requests, proc = [], [], [], []

    def window(way, settle):
        switch.to(way, settle)
        return load.window()

    try:
        for _ in range(arguments.rounds):
            bare = window("alone", 0.5)
            for _ in range(3):
                watched = window("loops", 1)  # what it looks up when it begins takes a while
                again = window("alone", 0.5)
                alone.append(again)
                loops.append(2 * watched / (bare + again))
                bare = again
            proc.append(window("proc", 1) / bare)
            watched = window("loops", 1)
            for _ in range(5):
                followed = window("requests", 0.3)
                again = window("loops", 0.1)
                requests.append(2 * followed / (watched + again))
                watched = again
        switch.to("alone", 0)
        following = Profiler(arguments, nginx.worker, client, requests="on").end()["requests"]["following_ns"]
        if following is None:
            raise SystemExit("profile_overhead.py: the requests were not followed")
        report = Profiler(arguments, nginx.worker, client, "proc", settle=10).end()
        own = report["cost"]["cpu_ns"] / report["duration_ns"]
    finally:
        load.end()
        switch.end()
    print(f"nginx at saturation, {path}: {statistics.median(alone):.2f} us a request "
          f"alone\n  its loop watched : alone = {describe(loops)}\n"
          f"  its requests followed : loop watched = {describe(requests)}; the programs that follow took "
          f"{following / 1e3:.2f} us a request by the kernel's own count\n"
          f"  by /proc : alone = {describe(proc)}; the profiler took {100 * own:.1f} % of a CPU",
          flush=True)
    return (statistics.median(loops) <= 1.05 and statistics.median(requests) <= 1.08
            and own <= 0.03)


def bystander_part(name, target, command, count, unit, arguments, server_cpu, client_cpu):
    service = subprocess.Popen([sys.executable, "-c", TARGETS[target]],
                               preexec_fn=placed(client_cpu))
    try:
        place = placed(server_cpu)
        return pairs(f"{name}, {target}", arguments,
                     lambda: 1e9 * statistics.median(cpu_of_command(command, place)
                                                     for _ in range(24)) / count,
                     lambda: Profiler(arguments, service.pid, placed(client_cpu)), unit)
    finally:
        service.kill()
        service.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("regatta")
    parser.add_argument("--pairs", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--tier", default="ebpf")
    parser.add_argument("--only", choices=["attach", "nginx", "calls", "switches"])
    parser.add_argument("--stage", choices=["0", "1", "2"], help="of the calls, that one alone")
    parser.add_argument("--attaches", type=int, default=15)
    parser.add_argument("--no-pin", action="store_true")
    arguments = parser.parse_args()
    cpus = sorted(os.sched_getaffinity(0))
    pinned = len(cpus) > 1 and not arguments.no_pin
    server_cpu, client_cpu = cpus[:2] if pinned else (None, None)
    kept = []
    if arguments.only in (None, "attach"):
        kept.append(attach_part(arguments))
    if arguments.only in (None, "nginx"):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            folder.chmod(0o755)
            (folder / FILE_PATH[1:]).write_bytes(b"x" * 4096)
            nginx = Nginx(folder, 1, placed(server_cpu))
            try:
                kept.append(nginx_part(arguments, nginx, FILE_PATH, placed(client_cpu)))
                nginx_part(arguments, nginx, "/", placed(client_cpu))
            finally:
                nginx.end()
    calls = 500_000
    dd = ["dd", "if=/dev/zero", "of=/dev/null", "bs=1", f"count={calls // 2}"]
    if arguments.only in (None, "calls"):
        for target in TARGETS:
            if arguments.stage not in (None, target[-1]):
                continue
            median, _ = bystander_part("A bystander's system calls", target, dd, calls, "ns a call",
                                    arguments, server_cpu, client_cpu)
            kept.append(target != "stage 0" or median <= 1.01)
    if arguments.only in (None, "switches"):
        turns = 12_500
        bystander_part("A bystander's turns", "stage 0", [sys.executable, "-c", TURNS, str(turns)],
                       turns, "ns a turn", arguments, server_cpu, client_cpu)
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
