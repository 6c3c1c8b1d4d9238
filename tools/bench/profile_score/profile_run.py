# SPDX-License-Identifier: Apache-2.0
"""One run of `regatta profile`, and its report with times of CLOCK_MONOTONIC."""
import json
import pathlib
import signal
import struct
import subprocess
import time

from .score import Told

TIERS = ("ebpf", "perf", "proc")
ATTACHING = 2.0  # s; until then it surely watches, and has read the first symbols
# Where threads begin. Debian's binaries have no _start to be read; see entry_point.
STARTS = ("_start", "__clone", "clone", "__clone3", "clone3", "__GI___clone3", "__GI___clone",
          "start_thread")


def missing_tier(regatta, tier):
    """Why there is no such tier here; None if there is."""
    tried = subprocess.run([regatta, "profile", "--tier", tier, "-q", "--", "sleep", "0.2"],
                           capture_output=True, text=True, timeout=60, check=False)
    return None if tried.returncode == 0 else tried.stderr.strip().splitlines()[-1]


def entry_point(pid):
    """Where the program begins in the process's memory: its _start."""
    folder = pathlib.Path("/proc") / str(pid)
    with open(folder / "exe", "rb") as program:
        header = program.read(64)
    kind, entry = struct.unpack_from("<H", header, 16)[0], struct.unpack_from("<Q", header, 24)[0]
    if kind != 3:  # not position-independent
        return entry
    path = (folder / "exe").resolve()
    with open(folder / "maps", encoding="utf-8", errors="replace") as maps:
        bases = [int(line.split("-")[0], 16) for line in maps if line.rstrip().endswith(str(path))]
    return min(bases, default=0) + entry


class ProfileRun:
    """Watches from its making to end()."""

    def __init__(self, regatta, pid, tier, threshold, folder):
        self.file = folder / "profile.json"
        self.file.unlink(missing_ok=True)
        self.log = folder / "profile.log"
        self.entry = entry_point(pid)
        with open(self.log, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [regatta, "profile", "--pid", str(pid), "--tier", tier, "--duration", "120s",
                 "--threshold", f"{round(1e3 * threshold)}ms", "-q", "-o", str(self.file)],
                stdout=log, stderr=log)
        time.sleep(ATTACHING)

    def end(self):
        """(what it tells of, (begin, end) of what it watched, the report)"""
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(timeout=60)
        if code not in (0, 130) or not self.file.exists():
            raise RuntimeError(f"regatta profile ended with {code}: {self.log.read_text()}")
        report = json.loads(self.file.read_text(encoding="utf-8"))
        # The report has the calendar's milliseconds; rounded down, half of one is missing on average.
        offset = time.monotonic() - time.time()
        begin = (report["started_ms"] + 0.5) / 1e3 + offset
        told = [self.read(stretch, begin)
                for loop in report["loops"] for stretch in loop["stretches"]]
        return told, (begin, begin + report["duration_ns"] / 1e9), report

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def read(self, stretch, began):
        begin = began + stretch["begin_ns"] / 1e9
        blocker = stretch["blocker"] or {"function": ""}
        name = blocker["function"]
        return Told(begin=begin, end=begin + stretch["duration_ns"] / 1e9, cause=stretch["cause"],
                    function=name, has_name=bool(name) and "+0x" not in name,
                    reaches_start=self.reaches_start(stretch["stack"]),
                    starved=sum(share["ns"] for share in stretch["ledger"]
                                if share["kind"] == "waiting for a CPU") / 1e9, raw=stretch)

    def reaches_start(self, stack):
        if not stack:
            return False
        outermost = stack[-1]
        return (outermost["function"].split("(")[0] in STARTS
                or self.entry <= outermost["address"] < self.entry + 64)
