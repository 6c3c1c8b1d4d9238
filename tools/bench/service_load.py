#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Puts `regatta serve` under the load of wrk and holds what is measured against what queueing theory
leaves no server to beat: the mock LLM's own latency, and the wait for one of its 50 places.

usage: service_load.py REGATTA [--backend NAME]... [--seconds 60] [--connections 1000]

Needs wrk (Debian package wrk). Prints a table; exit 1 if the first backend misses what is promised:
no error, p99 at most 1.5 times the computed one, no event loop blocked over 20 ms.
"""
import argparse
import heapq
import json
import math
import os
import pathlib
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

PROMISED_RATIO = 1.5
WORDS = ("river boat crew stroke cox rudder lane start finish heat final medal water wind oar bow stern "
         "pace rhythm catch drive recovery blade rigger hull keel current bridge bank cheer referee").split()

# wrk's own scripting language; each thread prepares all requests once.
SCRIPT = """
local requests = {}
local next_request = 0
function init(arguments)
  for line in io.lines(arguments[1]) do
    local file = assert(io.open(line, "rb"))
    requests[#requests + 1] = wrk.format("POST", "/v1/answer", nil, file:read("*a"))
    file:close()
  end
end
function request()
  next_request = next_request % #requests + 1
  return requests[next_request]
end
function done(summary, latency, _)
  local errors = summary.errors
  io.write(string.format(
    'RESULT {"requests": %d, "microseconds": %d, "p50": %d, "p99": %d, "max": %d, "not_ok": %d, '
    .. '"broken": %d, "late": %d}\\n', summary.requests, summary.duration, latency:percentile(50),
    latency:percentile(99), latency.max, errors.status, errors.connect + errors.read + errors.write,
    errors.timeout))
end
"""


def document(chooser, kib):
    """HTML of about that size."""
    parts = ["<html><body>"]
    size = 0
    while size < kib * 1024:
        sentence = " ".join(chooser.choices(WORDS, k=chooser.randint(6, 18)))
        parts.append(f"<p>{sentence.capitalize()} &amp; more.</p>\n")
        size += len(parts[-1])
    return "".join(parts) + "</body></html>"


def write_requests(folder, mix, seed):
    """A request a file, drawn from the mix of sizes; answers the list of files and their mean size."""
    chooser = random.Random(seed)
    sizes = [kib for kib, share in mix for _ in range(share)]
    chooser.shuffle(sizes)
    names, total = [], 0
    for i, kib in enumerate(sizes):
        body = json.dumps({"document": document(chooser, kib),
                           "question": f"What is said about {chooser.choice(WORDS)}?"})
        path = folder / f"request-{i}.json"
        path.write_text(body, encoding="utf-8")
        names.append(str(path))
        total += len(body)
    chooser.shuffle(names)
    listing = folder / "requests"
    listing.write_text("\n".join(names) + "\n", encoding="utf-8")
    return listing, total / len(sizes)


def expected_latencies(clients, places, mean, sigma, seconds, seed=1):
    """Latencies of a closed system that does nothing but ask the LLM: `clients` that ask again at
    once, `places` of which each serves one at a time, first come first served, for lognormal times."""
    chooser = random.Random(seed)
    mu = math.log(mean) - sigma * sigma / 2
    waiting = [0.0] * clients  # since when, oldest first
    first = 0
    busy, latencies = [], []
    for _ in range(min(places, clients)):
        heapq.heappush(busy, (chooser.lognormvariate(mu, sigma), waiting[first]))
        first += 1
    while busy:
        now, since = heapq.heappop(busy)
        if now > seconds:
            break
        latencies.append(now - since)
        waiting.append(now)
        heapq.heappush(busy, (now + chooser.lognormvariate(mu, sigma), waiting[first]))
        first += 1
    return sorted(latencies)


def quantile(ordered, share):
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def metric(text, name):
    """The sum over the labels of one metric."""
    found = re.findall(rf"^regatta_serve_{name}(?:{{[^}}]*}})? (\S+)$", text, re.M)
    return sum(float(value) for value in found)


class Service:
    def __init__(self, regatta, backend, arguments):
        self.errors = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            [regatta, "serve", "--backend", backend, "--llm-latency",
             f"lognormal:{arguments.llm_ms}ms:{arguments.llm_sigma}", "--llm-limit",
             str(arguments.llm_limit), "--max-requests", str(2 * arguments.connections),
             "--max-connections", str(2 * arguments.connections), "--request-timeout", "60s"],
            stdout=subprocess.PIPE, stderr=self.errors, text=True)
        self.url = self.process.stdout.readline().strip()
        if not self.url.startswith("http://"):
            self.process.wait()
            raise SystemExit(f"service_load.py: {backend} does not serve: {self.stderr()}")

    def stderr(self):
        self.errors.seek(0)
        return self.errors.read()

    def metrics(self):
        with urllib.request.urlopen(self.url + "/metrics", timeout=60) as reply:
            return reply.read().decode()

    def cpu_seconds(self):
        """Of the front and its workers, without the mock LLM."""
        ticks = 0
        for name in os.listdir("/proc"):
            if not name.isdigit():
                continue
            try:
                fields = pathlib.Path(f"/proc/{name}/stat").read_text().rsplit(")", 1)[1].split()
                command = pathlib.Path(f"/proc/{name}/cmdline").read_bytes()
            except OSError:
                continue
            own = int(name) == self.process.pid or int(fields[1]) == self.process.pid
            if own and b"mock-llm" not in command:
                ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        return self.process.returncode


def measure(backend, listing, script, arguments):
    service = Service(arguments.regatta, backend, arguments)
    try:
        wrk = subprocess.run(
            ["wrk", "-t", "1", "-c", str(arguments.connections), "-d", f"{arguments.seconds}s",
             "--timeout", "120s", "-s", str(script), service.url, "--", str(listing)],
            capture_output=True, text=True, check=False)
        match = re.search(r"^RESULT (.*)$", wrk.stdout, re.M)
        if not match:
            raise SystemExit(f"service_load.py: wrk failed: {wrk.stderr or wrk.stdout}")
        result = json.loads(match.group(1))
        result["cpu_seconds"] = service.cpu_seconds()
        text = service.metrics()
        result["stretches"] = metric(text, "loop_blocked_stretches_total")
        result["longest"] = metric(text, "loop_longest_blocked_seconds")
        result["blocked"] = metric(text, "loop_blocked_seconds_total")
    finally:
        result_code = service.end()
    result["exit"] = result_code
    result["finding"] = "\n".join(line for line in service.stderr().splitlines()
                                  if "event loop was blocked" in line)
    return result


def parse_mix(text):
    return [tuple(int(part) for part in each.split(":")) for each in text.split(",")]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("regatta")
    parser.add_argument("--backend", action="append", dest="backends")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--connections", type=int, default=1000)
    parser.add_argument("--llm-ms", type=int, default=200)
    parser.add_argument("--llm-sigma", type=float, default=0.25)
    parser.add_argument("--llm-limit", type=int, default=50)
    parser.add_argument("--mix", type=parse_mix, default="8:85,64:10,512:5",
                        help="KiB:how many of the requests, ...")
    arguments = parser.parse_args()
    if shutil.which("wrk") is None:
        raise SystemExit("service_load.py: there is no wrk; apt-get install wrk")
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

    mean = arguments.llm_ms / 1e3
    own_p99 = math.exp(math.log(mean) - arguments.llm_sigma ** 2 / 2 + 2.326 * arguments.llm_sigma)
    expected = expected_latencies(arguments.connections, arguments.llm_limit, mean,
                                  arguments.llm_sigma, arguments.seconds)
    expected_p99 = quantile(expected, 0.99)
    print(f"LLM alone: mean {mean:.3f} s, p99 {own_p99:.3f} s. {arguments.connections} clients at "
          f"{arguments.llm_limit} places, computed: {len(expected) / arguments.seconds:.0f} "
          f"requests/s, p50 {quantile(expected, 0.5):.2f} s, p99 {expected_p99:.2f} s")
    kept = True
    with tempfile.TemporaryDirectory(prefix="service-load-") as name:
        folder = pathlib.Path(name)
        listing, size = write_requests(folder, arguments.mix, 1)
        script = folder / "wrk.lua"
        script.write_text(SCRIPT, encoding="utf-8")
        print(f"requests of {size / 1024:.0f} KiB on average, {arguments.seconds} s each; "
              f"{os.cpu_count()} CPUs\n")
        print(f"{'backend':<18} {'requests/s':>10} {'p50 s':>6} {'p99 s':>6} {'× computed':>10} {'errors':>6} "
              f"{'over 20 ms':>10} {'longest ms':>10} {'CPU ms/req':>10}  promise")
        findings = []
        for number, backend in enumerate(arguments.backends or ["coroutine+process", "coroutine"]):
            began = time.monotonic()
            found = measure(backend, listing, script, arguments)
            errors = found["not_ok"] + found["broken"] + found["late"]
            ratio = found["p99"] / 1e6 / expected_p99
            good = errors == 0 and ratio <= PROMISED_RATIO and found["stretches"] == 0 and \
                found["requests"] > 0 and found["exit"] == 0
            rate = found["requests"] / (found["microseconds"] / 1e6)
            print(f"{backend:<18} {rate:>10.1f} {found['p50'] / 1e6:>6.2f} {found['p99'] / 1e6:>6.2f} "
                  f"{ratio:>10.2f} {errors:>6} {found['stretches']:>10.0f} "
                  f"{found['longest'] * 1e3:>10.1f} "
                  f"{found['cpu_seconds'] / max(1, found['requests']) * 1e3:>10.2f}  "
                  f"{'kept' if good else 'missed'}", flush=True)
            if found["finding"]:
                findings.append(f"{backend}: {found['finding']}")
            if number == 0:
                kept = good
            assert time.monotonic() - began >= arguments.seconds
        print("\n" + "\n".join(findings))
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
