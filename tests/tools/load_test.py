# SPDX-License-Identifier: Apache-2.0
"""`regatta load` as a user runs it, against servers that are processes of their own."""
import json
import os
import re
import signal
import socketserver
import threading
import time
import unittest
import urllib.request

from output_test import Terminal
from regatta_command import CommandTest, Running, wait_until


class BusyServer(socketserver.ThreadingTCPServer):
    """Answers one request after the other, each in so many seconds: its capacity is known. In threads
    of the test."""
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, seconds):
        super().__init__(("127.0.0.1", 0), None)
        self.seconds = seconds
        self.one_at_a_time = threading.Lock()
        self.url = f"http://127.0.0.1:{self.server_address[1]}/"
        self.thread = threading.Thread(target=self.serve_forever, args=(0.01,))
        self.thread.start()

    def finish_request(self, request, client_address):
        with request.makefile("rb") as lines:
            while line := lines.readline():
                if line == b"\r\n":
                    with self.one_at_a_time:
                        time.sleep(self.seconds)
                    request.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    def handle_error(self, request, client_address):
        pass  # a client that leaves

    def end(self):
        self.shutdown()
        self.thread.join()
        self.server_close()


class Load(CommandTest):
    def serve(self, documents="0", ttft="0", tbt="0"):
        """A mock LLM, which serves plain documents too; its process and URL."""
        running = self.start("mock-llm", "--document-latency", documents, "--ttft", ttft, "--tbt", tbt)
        found = wait_until(lambda: re.search(r"http://127\.0\.0\.1:\d+", Running.text_of(running.err)),
                           20)
        self.assertTrue(found, Running.text_of(running.err))
        return running, found.group()

    def load(self, *arguments, code=0, **options):
        """What it wrote as JSON."""
        finished = self.run_command("load", *arguments, "-q", "-o", "load.json", **options)
        self.assertEqual(finished.code, code, finished)
        return self.report("load.json")

    @staticmethod
    def requests_of(url):
        with urllib.request.urlopen(url + "/stats", timeout=20) as reply:
            return json.load(reply)["requests"]

    def test_what_it_counts_is_what_the_server_counts(self):
        _, url = self.serve()
        before = self.requests_of(url)
        finished = self.run_command("load", url + "/documents/7", "-n", "500", "-c", "7", "-t", "2",
                                    "--warmup", "0", "-o", "load.json", "-o", "load.hgrm")
        self.assertEqual(finished.code, 0, finished)
        self.assertEqual(self.requests_of(url) - before, 501)  # with that for /stats
        self.assertIn("closed loop on 7 connections, 2 threads", finished.stdout)
        self.assertIn("of CPU a request", finished.stdout)
        report = self.report("load.json")
        self.assertEqual((report["kind"], report["schema_version"]), ("load", 1))
        self.assertEqual((report["total"]["ok"], report["total"]["requests"]), (500, 500))
        self.assertEqual(sum(report["total"]["failed"].values()), 0)
        self.assertEqual(len(report["client"]["threads"]), 2)
        spectrum = (self.folder / "load.hgrm").read_text()
        self.assertIn("1/(1-Percentile)", spectrum)
        self.assertRegex(spectrum, r"Total count    = +500\]")

    def test_an_open_loop_keeps_its_rate(self):
        _, url = self.serve()
        report = self.load(url + "/documents/7", "--stages", "200:500ms,200-600:500ms",
                           "--arrivals", "constant", "--warmup", "200ms")
        self.assertEqual([stage["requests"] for stage in report["stages"]], [100, 200])
        self.assertEqual(report["total"]["ok"], 300)
        self.assertEqual(report["total"]["send_lag_seconds"]["count"], 300)

    def test_a_stopped_server_shows(self):
        """500 of 3,000 requests are due while it stands still: the slowest waits 500 ms, and p99 is
        what 30 of them wait longer than. That only 5 were on their way must hide nothing."""
        server, url = self.serve()
        running = self.start("load", url + "/documents/7", "-r", "1000", "--arrivals", "constant",
                             "-d", "3s", "-c", "5", "--warmup", "500ms", "-q", "-o", "load.json")
        time.sleep(1.5)
        os.kill(server.pid, signal.SIGSTOP)
        time.sleep(0.5)
        os.kill(server.pid, signal.SIGCONT)
        finished = running.finish()
        self.assertEqual(finished.code, 0, finished)
        total = self.report("load.json")["total"]
        self.assertEqual(total["requests"], 3000)
        self.assertEqual(total["ok"] + total["unsent"], 3000)
        self.assertGreater(total["latency_seconds"]["p99"], 0.4)
        self.assertGreater(total["latency_seconds"]["max"], 0.48)
        self.assertGreater(total["latency_seconds"]["p90"], 0.15)
        # Who counts from the send sees 5 slow answers of 3,000, and nothing at 99 %.
        self.assertLess(total["service_seconds"]["p99"], total["latency_seconds"]["p99"] / 2)

    def test_levels_decide_the_exit_code(self):
        _, url = self.serve()
        _, slow_url = self.serve(documents="30ms")
        flags = ["-r", "300", "-d", "1s", "--warmup", "0", "--max-lag", "10s"]
        report = self.load(slow_url + "/documents/7", *flags, "--slo", "p50=10s", "--slo", "errors=0")
        self.assertEqual([each["verdict"] for each in report["levels"]], ["kept", "kept"])
        report = self.load(slow_url + "/documents/7", *flags, "--slo", "p50=10ms", code=3)
        self.assertEqual(report["levels"][0]["verdict"], "missed")
        self.assertGreater(report["levels"][0]["measured"], 0.03)
        report = self.load(url + "/nothing/here", *flags, code=1)
        self.assertEqual(report["total"]["ok"], 0)
        self.assertGreater(report["total"]["failed"]["status_4xx"], 200)

    def test_a_starved_client_gives_no_verdict(self):
        _, url = self.serve()
        cpu = min(os.sched_getaffinity(0))
        burner = self.start("-c", "import os\nos.sched_setaffinity(0, {%d})\nwhile True: pass" % cpu,
                            program="python3")

        def starve():
            os.sched_setaffinity(0, {cpu})
            os.nice(19)
        finished = self.run_command(
            "load", url + "/documents/7", "-r", "1000", "-d", "2s", "--warmup", "0", "--slo",
            "p50=100s", "-q", "-o", "load.json", preexec_fn=starve)
        burner.process.kill()
        self.assertEqual(finished.code, 5, finished)
        self.assertIn("no verdict: the client was the bottleneck: ", finished.stderr)
        self.assertIn("the client was the bottleneck", finished.stdout)
        report = self.report("load.json")
        self.assertEqual(report["levels"][0]["verdict"], "withheld")
        self.assertIsNotNone(report["client"]["bottleneck"])

    def test_the_knee_lies_where_the_server_ends(self):
        server = BusyServer(0.004)  # 250 requests per second, if nothing else took time
        self.addCleanup(server.end)
        finished = self.run_command(
            "load", server.url, "--knee", "-c", "20", "--slo", "p90=200ms", "-r", "40",
            "--step", "1s", "--warmup", "0", "--precision", "50%", "--max-lag", "10s", "-q",
            "-o", "knee.json")
        self.assertEqual(finished.code, 0, finished)
        self.assertRegex(finished.stdout, r"knee +\S+/s keeps p90=200ms; \S+/s misses it")
        report = self.report("knee.json")
        self.assertEqual(report["kind"], "load-knee")
        self.assertLess(report["kept_per_second"], 400)  # a step of 1 s bears that much more
        self.assertGreater(report["missed_per_second"], report["kept_per_second"])
        missed = [step for step in report["steps"] if step["verdict"] == "missed"]
        self.assertTrue(missed)

    def test_streams_of_an_llm(self):
        _, url = self.serve(ttft="40ms", tbt="5ms")
        report = self.load(url, "--llm", "-r", "40", "-d", "1s", "--warmup", "0", "--max-tokens", "8",
                           "--arrivals", "constant", "--goodput", "ttft=30s", "--goodput", "itl=20s")
        total, llm = report["total"], report["total"]["llm"]
        self.assertEqual((total["ok"], llm["tokens"], llm["good"]), (40, 320, 40))
        self.assertGreaterEqual(llm["time_to_first_token_seconds"]["p50"], 0.039)
        self.assertGreaterEqual(llm["mean_gap_seconds"]["mean"], 0.0045)
        finished = self.run_command("load", url, "--llm", "-n", "20", "-q", "--warmup", "0",
                                    "--max-tokens", "4")
        self.assertIn("tokens/s", finished.stdout)
        self.assertIn("first token", finished.stdout)

    def test_an_interrupt_keeps_what_was_measured(self):
        _, url = self.serve()
        before = self.requests_of(url)
        running = self.start("load", url + "/documents/7", "-r", "200", "-d", "60s", "--warmup", "0",
                             "-q", "-o", "load.json")
        wait_until(lambda: self.requests_of(url) - before > 100)
        running.process.send_signal(signal.SIGINT)
        finished = running.finish(20)
        self.assertEqual(finished.code, 130, finished)
        self.assertIn("latency", finished.stdout)
        report = self.report("load.json")
        self.assertTrue(report["interrupted"])
        self.assertGreater(report["total"]["ok"], 50)
        self.assertLess(report["stages"][0]["seconds"], 30)

    def test_what_cannot_be_is_said_in_a_sentence(self):
        for code, arguments, parts in (
                (2, ["localhost:80"], ["must begin with http://"]),
                (2, ["http://h:99999/"], ["is no port"]),
                (2, ["http://h/", "--rate", "many"], ["--rate"]),
                (2, ["http://h/", "--conections", "5"], ["did you mean '--connections'?"]),
                (2, ["http://h/", "--knee"], ["give --slo"]),
                (2, ["http://h/", "http://i/"], ["an argument too many"]),
                (2, [], ["url"]),
                (1, ["http://127.0.0.1:1/"], ["127.0.0.1:1", "refused"]),
                (1, ["http://no..such/"], ["there is no host 'no..such'"]),
                (1, ["http://127.0.0.1:1/", "-o", "/nonexistent/x.json"], ["/nonexistent"])):
            with self.subTest(arguments):
                finished = self.run_command("load", *arguments)
                self.assertEqual(finished.code, code, finished)
                self.assert_one_sentence(finished, *parts)
                self.assertEqual(finished.stdout, "")

    def test_json_alone_may_go_to_stdout(self):
        _, url = self.serve()
        finished = self.run_command("load", url + "/healthz", "-n", "10", "--warmup", "0", "-o", "-")
        self.assertEqual(json.loads(finished.stdout)["total"]["ok"], 10)

    def test_a_narrow_terminal_is_enough(self):
        _, url = self.serve()
        for variables, coloured in (({}, True), ({"NO_COLOR": "1"}, False)):
            terminal = Terminal(60)
            running = self.start("load", url + "/healthz", "-n", "2000", "--warmup", "0", "--slo",
                                 "p50=1us", "--max-lag", "10s", "-q", stdout=terminal.theirs,
                                 environment=self.environment(**variables))
            finished = running.finish()
            text = terminal.text()
            self.assertIn(finished.code, (3, 5), finished)  # on a busy machine no verdict is given
            self.assertEqual("\x1b" in text, coloured, text)
            for line in re.sub(r"\x1b\[[0-9;]*m", "", text).splitlines():
                self.assertLessEqual(len(line), 60, text)


if __name__ == "__main__":
    unittest.main()
