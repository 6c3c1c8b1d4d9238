#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the throughput that the model expects of `regatta serve`, on each of its backends and with 1
to 64 requests in flight, against what wrk measures.

usage: prediction.py REGATTA [--backend NAME]... [--source usage|profile] [--seconds 4] [--rounds 3]
       prediction.py REGATTA --race [--worst coroutine] [--budget 2m] [--kib 32] [--llm-ms 60]

What the model knows comes from one moderate load: of `usage`, the CPU time that the service's processes take
for a request more, between 1 and 16 at a time, and the latency with 1; of `profile`, what `regatta profile` saw of
16 requests at a time (it needs the rights for eBPF). Prints a table; exit 1 if the mean error of all is over 10 %.
Needs wrk (Debian package wrk).

With --race: drives the variant that serves worst and profiles it meanwhile (`regatta profile --drive --race`), starts
the variant that is advised, puts 64 requests in flight on either, in turns, and says whether the advice is a hybrid,
a loop that waits and a pool that computes, and whether it brings what the model expected within 15 %. Exit 1 if not.
It needs the rights for eBPF, and no wrk.
"""
import argparse
import json
import os
import pathlib
import random
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile

MODERATE = 16
IN_FLIGHT = (1, 2, 4, 8, 16, 32, 64)
BACKENDS = ("coroutine", "coroutine-mt", "coroutine+thread", "coroutine+tbb", "coroutine+process", "thread", "process")
PROMISED_ERROR = 0.10
RACED = 64  # requests in flight
PROMISED_OFF = 0.15
REQUEST = ("--body", "@request.json", "--header", "Content-Type: application/json")
WORDS = ("river boat crew stroke cox rudder lane start finish heat final medal water wind oar bow stern "
         "pace rhythm catch drive recovery blade rigger hull keel current bridge bank cheer").split()

SCRIPT = """
local file = assert(io.open("%s"))
wrk.method = "POST"
wrk.path = "/v1/answer"
wrk.body = file:read("*a")
function done(summary)
  local errors = summary.errors
  io.write(string.format('RESULT {"requests": %%d, "microseconds": %%d, "errors": %%d}\\n', summary.requests,
    summary.duration, errors.status + errors.connect + errors.read + errors.write + errors.timeout))
end
"""


def write_request(folder, kib):
    chooser = random.Random(1)
    parts = []
    while sum(map(len, parts)) < kib * 1024:
        parts.append(f"<p>{' '.join(chooser.choices(WORDS, k=12))} &amp; more.</p>\n")
    body = json.dumps({"document": "<html><body>" + "".join(parts) + "</body></html>",
                       "question": "What is said about the boat?"})
    (folder / "request.json").write_text(body, encoding="utf-8")
    script = folder / "wrk.lua"
    script.write_text(SCRIPT % (folder / "request.json"), encoding="utf-8")
    return script, len(body)


def cpu_of(pid):
    """Seconds of CPU time that a process used."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def children_of(pid):
    found = []
    for name in os.listdir("/proc"):
        try:
            if name.isdigit() and int(pathlib.Path(f"/proc/{name}/stat").read_text(
                    encoding="utf-8").rsplit(")", 1)[1].split()[1]) == pid:
                found.append(int(name))
        except OSError:
            pass
    return found


class Service:
    def __init__(self, backend, arguments, script):
        self.script = script
        self.process = subprocess.Popen(
            [arguments.regatta, "serve", "--backend", backend, "--llm-latency",
             f"lognormal:{arguments.llm_ms}ms:0.25", "--llm-limit", "64"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.url = self.process.stdout.readline().strip() + "/v1/answer"

    def cpu(self):
        """Of the service's processes, and of its mock LLM."""
        own = cpu_of(self.process.pid)
        llm = 0
        for child in children_of(self.process.pid):
            command = pathlib.Path(f"/proc/{child}/cmdline").read_bytes()
            if b"mock-llm" in command:
                llm += cpu_of(child)
            else:
                own += cpu_of(child)
        return own, llm

    def load(self, in_flight, seconds, meanwhile=None):
        """Requests a second, and CPU seconds a request: of the service, of all else that serves it."""
        before = self.cpu()
        client = os.times()
        wrk = subprocess.Popen(["wrk", "-t", "1", "-c", str(in_flight), "-d", f"{seconds}s", "--timeout", "30s",
                                "-s", str(self.script), self.url], stdout=subprocess.PIPE, text=True)
        if meanwhile:
            meanwhile()
        output, _ = wrk.communicate()
        after = self.cpu()
        used_by_client = os.times().children_user - client.children_user + \
            os.times().children_system - client.children_system
        found = json.loads(re.search(r"^RESULT (.*)$", output, re.M).group(1))
        if found["errors"]:
            raise SystemExit(f"prediction.py: {found['errors']} requests failed")
        requests = max(1, found["requests"])
        if meanwhile:
            used_by_client = 0  # the profiler's is in it
        return (found["requests"] / (found["microseconds"] / 1e6), (after[0] - before[0]) / requests,
                (after[1] - before[1] + used_by_client) / requests)

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)


def shape_of(backend):
    """Its pools have a worker for each LLM call there may be, and thread one more per CPU."""
    return {"thread": "thread:workers=66", "process": "process:workers=64"}.get(backend, backend)


def usage_profile(service, seconds, request_bytes):
    """A profile by other means: all requests alike, as one at a time was on average. CPU time is what a request
    more adds to it: a service's watchdog ticks whether there are requests or not."""
    rate, cpu, _ = service.load(1, seconds)
    more_rate, more_cpu, beside = service.load(MODERATE, seconds)
    cpu = (more_rate * more_cpu - rate * cpu) / (more_rate - rate)
    wait = max(0, 1 / rate - cpu)
    sample = {"queue_ns": 0, "latency_ns": round(1e9 / rate), "cpu_ns": round(1e9 * cpu), "bytes_in": request_bytes,
              "bytes_out": 1000, "phases": [{"kind": "cpu", "wall_ns": round(1e9 * cpu), "cpu_ns": round(1e9 * cpu)},
                                            {"kind": "upstream", "wall_ns": round(1e9 * wait), "cpu_ns": 0}]}
    return {"report": "profile", "requests": {
        "window_s": seconds, "cpu_beside_ns": round(1e9 * beside),
        "pool": {"loops": 1, "loop_threads": 1, "processes": 1, "concurrency_mean": 1},
        "classes": [{"name": "POST /v1/answer", "count": round(rate * seconds), "rate_per_s": rate,
                     "samples": [sample] * 40}]}}


def seen_profile(service, seconds, arguments, folder):
    target = folder / "seen.json"

    def profile():
        subprocess.run([arguments.regatta, "profile", "--pid", str(service.process.pid), "--duration",
                        f"{seconds}s", "-q", "--requests", "on", "-o", str(target)], check=True,
                       stdout=subprocess.DEVNULL)
    service.load(MODERATE, seconds + 2, profile)
    seen = json.loads(target.read_text(encoding="utf-8"))
    _, _, beside = service.load(MODERATE, 2)
    seen["requests"]["cpu_beside_ns"] = round(1e9 * beside)
    return seen


def predicted(profile, backend, arguments, folder):
    source = folder / "profile.json"
    source.write_text(json.dumps(profile), encoding="utf-8")
    done = subprocess.run([arguments.regatta, "race-profile", str(source), "--predict", "--shape",
                           shape_of(backend), "-o", "json=-"], capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    curve = {point["in_flight"]: point["throughput"] for point in found["predictions"][0]["curve"]}
    return curve, found["request"]


def closed_load(url, in_flight, seconds, arguments, folder):
    """Requests a second with so many in flight."""
    target = folder / "load.json"
    subprocess.run([arguments.regatta, "load", url, "-c", str(in_flight), "-d", f"{seconds}s", "--no-poll", "-o",
                    str(target), *REQUEST], check=True, cwd=folder, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    found = json.loads(target.read_text(encoding="utf-8"))
    if any(found["total"]["failed"].values()):
        raise SystemExit("prediction.py: requests failed: " + str(found["first_failure"]))
    return next(each["ok_per_second"] for each in found["stages"] if each["measured"])


def profiled_and_raced(service, rate, arguments, folder):
    found = folder / "race.json"
    done = subprocess.run(
        [arguments.regatta, "profile", "--pid", str(service.process.pid), "--drive", service.url, "--rate",
         f"{rate:.0f}", "--duration", "10s", "--no-poll", *REQUEST, "--race", "--race-output", str(found),
         "--race-output", "terminal=-", "--budget", arguments.budget, "-q", "-o", str(folder / "profile.json")],
        check=False, cwd=folder)
    if not found.exists():
        raise SystemExit(f"prediction.py: regatta profile --race ended with {done.returncode}")
    return json.loads(found.read_text(encoding="utf-8"))


def race(arguments, folder):
    write_request(folder, arguments.kib)
    worst = Service(arguments.worst, arguments, None)
    advised = None
    try:
        closed_load(worst.url, RACED, 1, arguments, folder)  # warm
        before = closed_load(worst.url, RACED, arguments.seconds, arguments, folder)
        rate = arguments.share * before
        print(f"{arguments.worst}: {before:.0f}/s with {RACED} in flight; profiled and raced at {rate:.0f}/s",
              flush=True)
        found = profiled_and_raced(worst, rate, arguments, folder)
        if not found["advice"]:
            print("MISS: there is no advice: " + str(found["no_advice"]))
            return 1
        advice = found["advice"]["backend"]
        expected = {each["backend"]: {point["in_flight"]: point["throughput"] for point in each["curve"]}[RACED]
                    for each in found["predictions"]}
        if advice not in BACKENDS:
            print(f"MISS: {advice} is advised, which regatta serve does not offer")
            return 1
        advised = Service(advice, arguments, None)
        closed_load(advised.url, RACED, 1, arguments, folder)  # warm
        rounds = [[closed_load(each.url, RACED, arguments.seconds, arguments, folder) for each in (worst, advised)]
                  for _ in range(arguments.rounds)]
    finally:
        worst.end()
        if advised:
            advised.end()
    today, then = (statistics.median(each[i] for each in rounds) for i in (0, 1))
    off = then / expected[advice] - 1
    hybrid = advice.startswith("coroutine+")
    kept = abs(off) <= PROMISED_OFF
    print(f"\nrequests a second with {RACED} in flight, medians of {arguments.rounds} rounds: {arguments.worst} "
          f"{today:.0f} (expected {expected.get(arguments.worst, 0):.0f}), {advice} {then:.0f}, "
          f"{then / today:.2f} times as much")
    print(f"{'pass' if hybrid else 'MISS'}: {advice} is advised, {'a hybrid' if hybrid else 'which is no hybrid'}")
    print(f"{'pass' if kept else 'MISS'}: expected of it {expected[advice]:.0f}/s, it brings {then:.0f}/s "
          f"({100 * off:+.1f} %; promised: {100 * PROMISED_OFF:.0f} %)")
    return 0 if hybrid and kept else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("regatta")
    parser.add_argument("--backend", action="append", dest="backends")
    parser.add_argument("--source", choices=("usage", "profile"), default="usage")
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3, help="of all loads; of each load the median counts")
    parser.add_argument("--llm-ms", type=int, help="latency of the mock LLM (default 20; of --race 60)")
    parser.add_argument("--kib", type=int, help="of HTML in a request (default 8; of --race 32)")
    parser.add_argument("--race", action="store_true", help="hold the advice against what the service then does")
    parser.add_argument("--worst", default="coroutine", help="the variant that --race profiles")
    parser.add_argument("--share", type=float, default=0.45, help="of what it can serve, as the profiled rate")
    parser.add_argument("--budget", default="2m", help="of the race")
    arguments = parser.parse_args()
    arguments.regatta = str(pathlib.Path(shutil.which(arguments.regatta) or arguments.regatta).resolve())
    arguments.llm_ms = arguments.llm_ms or (60 if arguments.race else 20)
    arguments.kib = arguments.kib or (32 if arguments.race else 8)
    if arguments.race:
        with tempfile.TemporaryDirectory(prefix="prediction-") as name:
            return race(arguments, pathlib.Path(name))
    if shutil.which("wrk") is None:
        raise SystemExit("prediction.py: there is no wrk; apt-get install wrk")
    errors = []
    with tempfile.TemporaryDirectory(prefix="prediction-") as name:
        folder = pathlib.Path(name)
        script, size = write_request(folder, arguments.kib)
        print(f"requests of {size / 1024:.0f} KiB, LLM {arguments.llm_ms} ms, {os.cpu_count()} CPUs, profile by "
              f"{arguments.source}; measured / expected requests a second\n")
        print(f"{'backend':<18} {'CPU ms':>6} {'wait ms':>7} " + " ".join(f"{n:>11}" for n in IN_FLIGHT) +
              f" {'mean error':>10}")
        for backend in arguments.backends or BACKENDS:
            service = Service(backend, arguments, script)
            try:
                service.load(8, 1)  # warm
                profile = usage_profile(service, 2 * arguments.seconds, size) if arguments.source == "usage" else \
                    seen_profile(service, 2 * arguments.seconds, arguments, folder)
                curve, request = predicted(profile, backend, arguments, folder)
                rounds = [{n: service.load(n, arguments.seconds)[0] for n in IN_FLIGHT}
                          for _ in range(arguments.rounds)]
                measured = {n: statistics.median(each[n] for each in rounds) for n in IN_FLIGHT}
            finally:
                service.end()
            off = [abs(curve[n] / measured[n] - 1) for n in IN_FLIGHT]
            errors += off
            print(f"{backend:<18} {request['cpu_seconds'] * 1e3:>6.2f} {request['waiting_seconds'] * 1e3:>7.2f} " +
                  " ".join(f"{measured[n]:>5.0f}/{curve[n]:<5.0f}" for n in IN_FLIGHT) +
                  f" {100 * sum(off) / len(off):>8.1f} %", flush=True)
    mean = sum(errors) / len(errors)
    print(f"\nmean error {100 * mean:.1f} % of {len(errors)} loads; promised: {100 * PROMISED_ERROR:.0f} %")
    return 0 if mean <= PROMISED_ERROR else 1


if __name__ == "__main__":
    sys.exit(main())
