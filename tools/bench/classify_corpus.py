#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Classifies services whose kind is known, each at two loads, by `regatta profile`.

usage: classify_corpus.py REGATTA [--seconds 4] [--only TEXT] [--services N] [--realtime]

The services are labelled_service.py's: what a request of theirs takes is written in their arguments,
and the label follows from it: at least 70 % CPU of a request's own time is CPU-bound, at most 30 %
I/O-bound, the rest mixed; none is near the limits. Each is loaded by `regatta load` at about 15 and
at about 55 % of what it could answer. Exit 1 unless 95 % of the verdicts are right and 95 % of the
services have the same one at both loads. Needs root for eBPF.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

SERVICE = pathlib.Path(__file__).with_name("labelled_service.py")
OVERHEAD_MS = 0.5  # of the interpreter, a request

MIXES = [
    # steps, kind, CPU ms, ms that only one request at a time can take
    (["cpu=8"], "cpu-bound", 8, 8),
    (["cpu=20", "sleep=4"], "cpu-bound", 20, 20),
    (["cpu=20", "upstream=4"], "cpu-bound", 20, 20),
    (["lock-cpu=8"], "cpu-bound", 8, 8),
    (["sleep=30"], "io-bound", 0, 0),
    (["upstream=30"], "io-bound", 0, 0),
    (["upstream=40", "cpu=3"], "io-bound", 3, 3),
    (["lock=12"], "io-bound", 0, 12),
    (["cpu=10", "sleep=10"], "mixed", 10, 10),
    (["upstream=10", "cpu=10"], "mixed", 10, 10),
]
STYLES = ["asyncio", "threads", "executor"]


class Service:
    """Ends with the block."""

    def __init__(self, style, steps, folder, place):
        self.process = subprocess.Popen([sys.executable, str(SERVICE), style, *steps], cwd=folder,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        preexec_fn=place)
        self.pid = self.process.pid
        self.url = f"http://127.0.0.1:{int(self.process.stdout.readline())}/work"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


def before_others():
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))


def classify(arguments, service, rate, folder):
    report = folder / "profile.json"
    seconds = max(arguments.seconds, round(60 / rate))
    load = subprocess.Popen([arguments.regatta, "load", service.url, "-r", f"{rate:.1f}", "-c", "64",
                             "-d", f"{seconds + 20}s", "-q", "-o", str(folder / "load.json")],
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                            preexec_fn=before_others if arguments.realtime else None)
    time.sleep(1)
    subprocess.run([arguments.regatta, "profile", "--pid", str(service.pid), "--duration",
                    f"{seconds}s", "-q", "-o", str(report)], check=True,
                   stdout=subprocess.DEVNULL)
    load.terminate()
    load.wait()
    return json.loads(report.read_text())["requests"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("regatta")
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--only", default="", help="services whose name has this text")
    parser.add_argument("--realtime", action="store_true",
                        help="services and load before all others (SCHED_FIFO): where others use the "
                             "CPUs too")
    parser.add_argument("--services", type=int, default=10**6, help="the first so many")
    arguments = parser.parse_args()
    print(f"{'service':<30} {'is':<10} {'load':>4} {'/s':>6} {'requests':>8} {'CPU ms':>7} "
          f"{'share':>6}  verdict")
    right = judged = same = services = 0
    for style in STYLES:
        for steps, kind, cpu, exclusive in MIXES:
            name = f"{style} {' '.join(steps)}"
            if arguments.only not in name or services >= arguments.services:
                continue
            services += 1
            verdicts = []
            most = min(600, 1000 / (max(cpu, exclusive) + OVERHEAD_MS))
            with tempfile.TemporaryDirectory(prefix="classify-corpus-") as folder:
                with Service(style, steps, folder,
                             before_others if arguments.realtime else None) as service:
                    for share in (0.15, 0.55):
                        requests = classify(arguments, service, most * share, pathlib.Path(folder))
                        found = requests["classification"]
                        verdicts.append(found["kind"])
                        judged += 1
                        right += found["kind"] == kind
                        seen = requests["classes"][0]["cpu_per_request_ns"]["mean"] / 1e6 \
                            if requests["classes"] else float("nan")
                        shown = found["cpu_share"]
                        print(f"{name:<30} {kind:<10} {share:>4.0%} {most * share:>6.0f} "
                              f"{requests['followed']:>8} {seen:>7.2f} "
                              f"{'–' if shown is None else f'{shown:.2f}':>6}  {found['kind']}"
                              f"{'' if found['kind'] == kind else '  WRONG: ' + found['why']}",
                              flush=True)
            same += len(set(verdicts)) == 1
    print(f"\n{services} services, {judged} verdicts: {right} right ({right / max(1, judged):.1%}), "
          f"{same} services with one verdict at both loads ({same / max(1, services):.1%})")
    return 0 if services and right >= 0.95 * judged and same >= 0.95 * services else 1


if __name__ == "__main__":
    sys.exit(main())
