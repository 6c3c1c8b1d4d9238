#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares `regatta load` with wrk on the same nginx, and its open loop with the truth.

usage: load_compare.py REGATTA [--pairs 6] [--seconds 5] [--connections 100] [--no-pin] [--realtime]

Three parts; exit 1 if a promise is missed:
 1. Closed loop: the client's CPU time a request, user and system, of the whole process, in pairs of
    runs one after the other, in an order that alternates. Promise: the median ratio is at most 1.
 2. Open loop at 10,000/s, constant arrivals: the median from the intended start must be within 50 us
    of that which a spinning client measures (it starts requests to the microsecond, so that its
    median is the server's own), in turn; send lag p99 at most 100 us.
 3. A server stopped for 500 ms, Poisson arrivals at 2,000/s for 10 s: p99 must be what the arrivals
    in these 500 ms make it.

Needs nginx (Debian package nginx-light) and wrk. The server runs on one CPU and the clients on
another where there are two, unless --no-pin is given.
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
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location / {{ return 200 "hello, world"; }}
  }}
}}
"""


MOST_WAIT = 0.02  # of the time; more, and the figures are those of other programs


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def placed(cpus, realtime):
    """To be called in a child: where it runs, and whether before all others."""
    def place():
        if cpus:
            os.sched_setaffinity(0, cpus)
        if realtime:
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    return place


class Nginx:
    def __init__(self, folder, place):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/"
        configuration = folder / "nginx.conf"
        configuration.write_text(CONFIGURATION.format(folder=folder, port=self.port))
        self.process = subprocess.Popen(["nginx", "-p", str(folder), "-c", str(configuration)],
                                        preexec_fn=place)
        until = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                break
            except OSError:
                if time.monotonic() > until or self.process.poll() is not None:
                    raise SystemExit("load_compare.py: nginx does not start")
                time.sleep(0.05)

    def workers(self):
        children = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        return [int(pid) for pid in pathlib.Path(children).read_text().split()]

    def end(self):
        for pid in self.workers():
            os.kill(pid, signal.SIGCONT)
        self.process.terminate()
        self.process.wait()


def run(command, place):
    """(stdout, CPU seconds of the process)."""
    with tempfile.TemporaryFile("w+") as out:
        process = subprocess.Popen(command, stdout=out, preexec_fn=place)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        text = out.read()
    if process.returncode != 0:
        raise SystemExit(f"load_compare.py: {command[0]} ended with {process.returncode}: {text}")
    return text, usage.ru_utime + usage.ru_stime


def run_wrk(url, arguments, place):
    text, cpu = run(["wrk", "-t", "1", "-c", str(arguments.connections), "-d",
                     f"{arguments.seconds}s", url], place)
    requests = int(re.search(r"(\d+) requests in", text).group(1))
    return {"rate": requests / arguments.seconds, "cpu": 1e6 * cpu / requests}


def run_load(url, arguments, place):
    text, cpu = run([arguments.regatta, "load", url, "-c", str(arguments.connections), "-d",
                     f"{arguments.seconds}s", "--warmup", "0", "-q", "-o", "-"], place)
    total = json.loads(text)["total"]
    assert total["ok"] == total["requests"], total
    return {"rate": total["ok"] / arguments.seconds, "cpu": 1e6 * cpu / total["ok"]}


def closed_loop(url, arguments, place):
    print(f"Closed loop, {arguments.connections} connections, {arguments.seconds} s each, in turn:\n")
    print(f"{'pair':>4} {'wrk/s':>9} {'load/s':>9} {'wrk us CPU':>10} {'load us CPU':>11} {'ratio':>6}")
    ratios = []
    for pair in range(arguments.pairs):
        order = [("wrk", run_wrk), ("load", run_load)]
        found = {name: each(url, arguments, place) for name, each in order[::1 - 2 * (pair % 2)]}
        ratios.append(found["load"]["cpu"] / found["wrk"]["cpu"])
        print(f"{pair + 1:>4} {found['wrk']['rate']:>9.0f} {found['load']['rate']:>9.0f} "
              f"{found['wrk']['cpu']:>10.2f} {found['load']['cpu']:>11.2f} {ratios[-1]:>6.3f}",
              flush=True)
    median = statistics.median(ratios)
    print(f"\nclient CPU a request, load : wrk = {median:.3f} (median), "
          f"{min(ratios):.3f} to {max(ratios):.3f}\n")
    return median <= 1


def open_loop(url, arguments, place):
    rate, wanted = 10000, arguments.pairs
    print(f"Open loop, {rate}/s, {arguments.seconds} s each, us from the intended start:\n")
    print(f"{'pair':>4} {'p50':>7} {'p50 spin':>8} {'error':>6} {'p99':>7} {'p99 spin':>8} "
          f"{'lag p50':>7} {'lag p99':>7} {'service p50':>11}")
    errors, lags = [], []
    for attempt in range(4 * wanted):
        found, waited = {}, 0
        for spin in ((False, True), (True, False))[attempt % 2]:
            text, _ = run([arguments.regatta, "load", url, "-r", str(rate), "--arrivals", "constant",
                           "-c", str(arguments.connections), "-d", f"{arguments.seconds}s", "-q",
                           "-o", "-", *(["--spin"] if spin else [])], place)
            report = json.loads(text)
            found[spin] = report["total"]
            waited = max(waited, *(thread["waited_for_cpu_seconds"] / thread["wall_seconds"]
                                   for thread in report["client"]["threads"]))
        micro = lambda spin, what, p: 1e6 * found[spin][what + "_seconds"][p]
        error = micro(False, "latency", "p50") - micro(True, "latency", "p50")
        note = ""
        if waited <= MOST_WAIT:
            errors.append(error)
            lags.append(micro(False, "send_lag", "p99"))
        else:
            note = f"  not counted: a client waited {100 * waited:.0f} % for a CPU"
        print(f"{attempt + 1:>4} {micro(False, 'latency', 'p50'):>7.1f} "
              f"{micro(True, 'latency', 'p50'):>8.1f} {error:>6.1f} "
              f"{micro(False, 'latency', 'p99'):>7.1f} {micro(True, 'latency', 'p99'):>8.1f} "
              f"{micro(False, 'send_lag', 'p50'):>7.1f} {micro(False, 'send_lag', 'p99'):>7.1f} "
              f"{micro(False, 'service', 'p50'):>11.1f}{note}", flush=True)
        if len(errors) == wanted:
            break
    if len(errors) < wanted:
        print("\nno verdict: somebody else uses the CPUs\n")
        return None
    error, lag = statistics.median(errors), statistics.median(lags)
    print(f"\np50 error {error:.1f} us (median), send lag p99 {lag:.1f} us (median)\n")
    return abs(error) <= 50 and lag <= 100


def stopped_server(nginx, arguments, place):
    rate, seconds, stop = 2000, 10, 0.5

    def hold():
        time.sleep(1 + seconds / 2)
        (worker,) = nginx.workers()
        os.kill(worker, signal.SIGSTOP)
        time.sleep(stop)
        os.kill(worker, signal.SIGCONT)
    holder = threading.Thread(target=hold)
    holder.start()
    text, _ = run([arguments.regatta, "load", nginx.url, "-r", str(rate), "-c",
                   str(arguments.connections), "-d", f"{seconds}s", "-q", "-o", "-"], place)
    holder.join()
    total = json.loads(text)["total"]
    # Of `rate * stop` arrivals in the stop the first waits `stop`, the last not at all; 1 % of all
    # are longer than p99.
    expected = stop - 0.01 * seconds
    p99, service = total["latency_seconds"]["p99"], total["service_seconds"]["p99"]
    print(f"Server stopped for {stop * 1e3:.0f} ms of {seconds} s: p99 {1e3 * p99:.0f} ms from the "
          f"intended start, expected {1e3 * expected:.0f} ms; {1e3 * service:.2f} ms from the send\n")
    return abs(p99 / expected - 1) < 0.1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("regatta")
    parser.add_argument("--pairs", type=int, default=6)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=100)
    parser.add_argument("--no-pin", action="store_true")
    parser.add_argument("--realtime", action="store_true",
                        help="server and clients before all others (SCHED_FIFO, needs root): where "
                             "others use the CPUs too")
    arguments = parser.parse_args()
    for program, package in (("nginx", "nginx-light"), ("wrk", "wrk")):
        if shutil.which(program) is None:
            raise SystemExit(f"load_compare.py: there is no {program}; apt-get install {package}")
    usable = sorted(os.sched_getaffinity(0))
    pin = len(usable) > 1 and not arguments.no_pin
    server = placed({usable[0]} if pin else None, arguments.realtime)
    client = placed({usable[1]} if pin else None, arguments.realtime)
    with tempfile.TemporaryDirectory(prefix="load-compare-") as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        nginx = Nginx(folder, server)
        try:
            load = os.getloadavg()[0]
            print(f"nginx, one worker{f' on CPU {usable[0]}' if pin else ''}; clients"
                  f"{f' on CPU {usable[1]}' if pin else ''}; load average {load:.1f}"
                  f"{', all with realtime priority' if arguments.realtime else ''}\n")
            kept = [closed_loop(nginx.url, arguments, client),
                    open_loop(nginx.url, arguments, client),
                    stopped_server(nginx, arguments, client)]
        finally:
            nginx.end()
    names = ["CPU a request", "p50 and send lag", "a stopped server"]
    words = {True: "kept", False: "NOT kept", None: "not judged"}
    print("; ".join(f"{name}: {words[each]}" for name, each in zip(names, kept)))
    return 1 if False in kept else 0


if __name__ == "__main__":
    sys.exit(main())
