#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares what `regatta profile` says of nginx's requests with wrk and the process's CPU clock.

usage: request_compare.py REGATTA [--rounds 4] [--seconds 5] [--connections 32]
                          [--only saturation|proxy] [--no-pin] [--realtime]

In each round nginx is loaded by wrk, for a file of 4 KiB and its line in the access log, and for "hello,
world" alone, where wrk needs about as much CPU as nginx does. Then it is the proxy before
`regatta mock-llm`, which streams: at that load nobody waits for CPUs, so that client, service and
profile can be compared. Promises, each on the median over the rounds; exit 1 if one is missed:
 * requests: as many as wrk counted, but for those in flight when wrk ended (at most one a connection)
 * mean latency before the LLM: within 3 % of wrk's (connections x time / requests), which has the
   client's part of the network's stack besides
 * CPU a request: within 3 % of the CPU clock of nginx's process, and the same before the LLM
 * time to first token: within 1 % of what a client sees that asks the LLM itself, at the same time
What it costs: profile_overhead.py.

Needs nginx (Debian package nginx-light), wrk, and root for eBPF.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

CONFIGURATION = """
daemon off;
worker_processes 1;
pid {folder}/pid;
error_log stderr error;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  upstream llm {{ server 127.0.0.1:{upstream}; keepalive 64; }}
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location / {{ return 200 "hello, world"; }}
    location = /status {{ stub_status; }}
    location /file {{ root {folder}; access_log {folder}/access.log; sendfile on; }}
    location ~ ^/(v1|wait)/ {{
      proxy_pass http://llm; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off;
    }}
  }}
}}
"""
FIRST_TOKEN, BETWEEN_TOKENS, TOKENS = "50ms", "2ms", 8
QUESTION = json.dumps({"model": "regatta-mock", "stream": True, "max_tokens": TOKENS,
                       "messages": [{"role": "user", "content": "Who steers?"}]})
WRK_SCRIPT = f"""
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{QUESTION}'
"""
FILE_PATH = "/file"
LLM_PATH = "/v1/chat/completions"


class MockLlm:
    """Ends with end()."""

    def __init__(self, regatta):
        self.port = free_port()
        self.process = subprocess.Popen([regatta, "mock-llm", "--port", str(self.port), "--ttft", FIRST_TOKEN,
                                         "--tbt", BETWEEN_TOKENS],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until_listening(self.port, self.process)

    def end(self):
        self.process.terminate()
        self.process.wait()


class DirectClient(threading.Thread):
    """Asks the LLM itself, one question after the other: seconds from the send to the first bytes."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port, self.first_bytes, self.ended = port, [], threading.Event()

    def run(self):
        question = (f"POST {LLM_PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                    f"Content-Length: {len(QUESTION)}\r\n\r\n{QUESTION}").encode()
        with socket.create_connection(("127.0.0.1", self.port)) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while not self.ended.is_set():
                began = time.monotonic()
                connection.sendall(question)
                answer = connection.recv(65536)
                self.first_bytes.append(time.monotonic() - began)
                while not answer.endswith(b"0\r\n\r\n"):
                    answer = connection.recv(65536)

    def end(self):
        self.ended.set()
        self.join()
        return statistics.fmean(self.first_bytes)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_listening(port, process):
    until = time.monotonic() + 10
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            if time.monotonic() > until or process.poll() is not None:
                raise SystemExit(f"request_compare.py: {process.args[0]} does not start") from None
            time.sleep(0.05)


def placed(cpu, realtime=False, priority=1):
    """To be called in a child: where it runs, and whether before all others."""
    def place():
        if cpu is not None:
            os.sched_setaffinity(0, {cpu})
        if realtime:
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(priority))
    return place


class Nginx:
    def __init__(self, folder, upstream, place):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "access.log"
        configuration = folder / "nginx.conf"
        configuration.write_text(CONFIGURATION.format(folder=folder, port=self.port,
                                                      upstream=upstream))
        self.process = subprocess.Popen(["nginx", "-p", str(folder), "-c", str(configuration)],
                                        preexec_fn=place)
        wait_until_listening(self.port, self.process)
        children = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        (self.worker,) = [int(pid) for pid in pathlib.Path(children).read_text().split()]

    def cpu(self):
        """Seconds, exact to the nanosecond: the process's CPU clock."""
        return time.clock_gettime(((~self.worker) << 3) | 2)

    def end(self):
        self.process.terminate()
        self.process.wait()


def run_wrk(url, seconds, connections, place, script=None):
    text = subprocess.run(["wrk", "-t", "1", "-c", str(connections), "-d", f"{seconds}s",
                           *(["-s", str(script)] if script else []), url],
                          capture_output=True, text=True, check=True, preexec_fn=place).stdout
    found = re.search(r"(\d+) requests in ([\d.]+)(m?s)", text)
    took = float(found.group(2)) / (1000 if found.group(3) == "ms" else 1)
    return {"requests": int(found.group(1)),
            # Its own mean is corrected for what it calls coordinated omission.
            "latency_us": 1e6 * took * connections / int(found.group(1))}


def wait_until_attached(profiler):
    """All of its eBPF programs are in place: no descriptor more for a while."""
    links, since = 0, time.monotonic()
    while profiler.poll() is None and (links < 5 or time.monotonic() - since < 0.5):
        folder = f"/proc/{profiler.pid}/fd"
        now = 0
        for name in os.listdir(folder):
            try:
                now += "bpf_link" in os.readlink(f"{folder}/{name}")
            except OSError:
                pass
        if now != links:
            links, since = now, time.monotonic()
        time.sleep(0.02)


def watched_run(arguments, nginx, path, folder, place, connections=None, script=None):
    """(wrk's figures, nginx's CPU seconds, the profile) of one run."""
    report = folder / "profile.json"
    profiler = subprocess.Popen(
        [arguments.regatta, "profile", "--pid", str(nginx.worker), "--duration",
         f"{arguments.seconds + 60}s", "-q", "-o", str(report)],
        stdout=subprocess.DEVNULL, preexec_fn=placed(None, arguments.realtime, 2))
    wait_until_attached(profiler)
    before = nginx.cpu()
    figures = run_wrk(nginx.url + path, arguments.seconds, connections or arguments.connections, place,
                      script)
    cpu_seconds = nginx.cpu() - before
    time.sleep(0.2)
    profiler.send_signal(signal.SIGINT)
    if profiler.wait() != 130:
        raise SystemExit("request_compare.py: the profile failed")
    profile = json.loads(report.read_text())
    if profile["requests"]["window_s"] == 0:
        raise SystemExit("request_compare.py: " + profile["requests"]["classification"]["missing"])
    return figures, cpu_seconds, profile


def saturation(arguments, nginx, path, folder, place):
    print(f"nginx at saturation, {path}, {arguments.connections} connections, {arguments.seconds} s each:\n")
    print(f"{'round':>5} {'wrk':>9} {'counted':>9} {'followed':>8} {'lost':>5} {'nginx':>6} {'wrk us':>7} {'seen us':>7} "
          f"{'CPU us':>6} {'seen':>6} {'ratio':>6}")
    counts, ratios = [], []
    for turn in range(arguments.rounds):
        os.truncate(nginx.log, 0)
        figures, cpu_seconds, profile = watched_run(arguments, nginx, path, folder, place)
        requests = profile["requests"]
        (the_class,) = [each for each in requests["classes"] if each["name"] == f"GET {path}"]
        seen_cpu = the_class["cpu_per_request_ns"]["mean"] / 1e3
        answered = requests["followed"] + requests["counted"]
        true_cpu = 1e6 * cpu_seconds / answered
        counts.append(0 <= answered + requests["unfollowed"] - figures["requests"]
                      <= arguments.connections and requests["unfollowed"] == 0)
        ratios.append(seen_cpu / true_cpu)
        print(f"{turn + 1:>5} {figures['requests']:>9} {answered:>9} "
              f"{requests['followed'] / answered:>8.0%} "
              f"{profile['cost']['dropped'] + requests['unfollowed']:>5} "
              f"{cpu_seconds / arguments.seconds:>6.0%} "
              f"{figures['latency_us']:>7.1f} {the_class['latency_ns']['mean'] / 1e3:>7.1f} "
              f"{true_cpu:>6.2f} {seen_cpu:>6.2f} {ratios[-1]:>6.3f}", flush=True)
    cpu = statistics.median(ratios)
    print(f"\nCPU {cpu:.3f} of the clock's (median)\n")
    return {f"request count, {path}": all(counts), f"CPU a request, {path}": abs(cpu - 1) <= 0.03}


def proxy(arguments, nginx, llm, folder, place):
    connections = 4
    print(f"nginx before an LLM, first token after {FIRST_TOKEN}, {TOKENS} of them, {BETWEEN_TOKENS} "
          f"apart; {connections} connections:\n")
    print(f"{'round':>5} {'wrk':>5} {'followed':>8} {'calls':>6} {'direct ms':>9} {'TTFT ms':>8} "
          f"{'ratio':>6} {'gap ms':>6} {'CPU ratio':>9} {'wrk ms':>7} {'seen ms':>7} {'ratio':>6}  verdict")
    ratios, cpus, latencies, counts = [], [], [], []
    script = folder / "question.lua"
    script.write_text(WRK_SCRIPT)
    for turn in range(arguments.rounds):
        direct = DirectClient(llm.port)
        direct.start()
        figures, cpu_seconds, profile = watched_run(arguments, nginx, LLM_PATH, folder, place,
                                                    connections, script)
        first_byte = direct.end() * 1e3
        requests = profile["requests"]
        (called,) = requests["upstreams"]
        (the_class,) = requests["classes"]
        ratios.append(called["ttfb_ns"]["mean"] / 1e6 / first_byte)
        cpus.append(the_class["cpu_per_request_ns"]["mean"] * requests["followed"] / 1e9 / cpu_seconds)
        latencies.append(the_class["latency_ns"]["mean"] / 1e3 / figures["latency_us"])
        counts.append(0 <= requests["followed"] - figures["requests"] <= connections)
        print(f"{turn + 1:>5} {figures['requests']:>5} {requests['followed']:>8} {called['calls']:>6} "
              f"{first_byte:>9.3f} {called['ttfb_ns']['mean'] / 1e6:>8.3f} {ratios[-1]:>6.4f} "
              f"{called['gap_ns']['mean'] / 1e6:>6.2f} {cpus[-1]:>9.3f} "
              f"{figures['latency_us'] / 1e3:>7.2f} {the_class['latency_ns']['mean'] / 1e6:>7.2f} "
              f"{latencies[-1]:>6.4f}  {requests['classification']['kind']}", flush=True)
    medians = [statistics.median(each) for each in (ratios, cpus, latencies)]
    print(f"\nmedians: time to first token {medians[0]:.4f} of the direct client's, CPU {medians[1]:.3f} of "
          f"the clock's, latency {medians[2]:.4f} of wrk's\n")
    return {"time to first token": abs(medians[0] - 1) <= 0.01,
            "CPU before the LLM": abs(medians[1] - 1) <= 0.03,
            "count before the LLM": all(counts), "mean latency": abs(medians[2] - 1) <= 0.03}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("regatta")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--only", choices=("saturation", "proxy"))
    parser.add_argument("--no-pin", action="store_true")
    parser.add_argument("--realtime", action="store_true",
                        help="nginx, wrk and regatta before all others (SCHED_FIFO): where others use the "
                             "CPUs too")
    arguments = parser.parse_args()
    for program, package in (("nginx", "nginx-light"), ("wrk", "wrk")):
        if shutil.which(program) is None:
            raise SystemExit(f"request_compare.py: there is no {program}; apt-get install {package}")
    usable = sorted(os.sched_getaffinity(0))
    pin = len(usable) > 1 and not arguments.no_pin
    llm = MockLlm(arguments.regatta)
    with tempfile.TemporaryDirectory(prefix="request-compare-") as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        (folder / FILE_PATH[1:]).write_bytes(b"x" * 4096)
        nginx = Nginx(folder, llm.port,
                      placed(usable[0] if pin else None, arguments.realtime))
        client = placed(usable[1] if pin else None, arguments.realtime)
        try:
            print(f"load average {os.getloadavg()[0]:.1f}\n")
            kept = {}
            if arguments.only != "proxy":
                for path in (FILE_PATH, "/"):
                    kept.update(saturation(arguments, nginx, path, folder, client))
            if arguments.only != "saturation":
                kept.update(proxy(arguments, nginx, llm, folder, client))
        finally:
            nginx.end()
            llm.end()
    print("; ".join(f"{name}: {'kept' if each else 'NOT kept'}" for name, each in kept.items()))
    return 0 if all(kept.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
