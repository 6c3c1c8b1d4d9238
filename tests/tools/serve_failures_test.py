# SPDX-License-Identifier: Apache-2.0
"""The AI service when something ends: a worker, the LLM, the service itself."""
import json
import os
import re
import signal
import threading
import unittest
import urllib.request

from regatta_command import Running, arguments_of, children_of, wait_until
from regatta_service import ServiceTest, body_of, large_document


class InBackground(threading.Thread):
    """A request under way."""

    def __init__(self, test, body=None):
        super().__init__(daemon=True)
        self.test, self.body, self.reply, self.problem = test, body, None, None
        self.start()

    def run(self):
        try:
            self.reply = self.test.post(self.body)
        except OSError as error:  # also what http.client raises for a closed connection
            self.problem = error

    def result(self):
        self.join(30)
        return self.reply


class Endings(ServiceTest):
    def inside(self):
        return self.metrics()["regatta_serve_requests_inside", None]

    def begin_requests(self, count):
        requests = [InBackground(self) for _ in range(count)]
        self.assertTrue(wait_until(lambda: self.inside() == count))
        return requests

    def test_what_is_inside_is_answered_before_the_end(self):
        for stop in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(stop):
                running = self.serve(latency="1500ms")
                idle = self.connect()
                self.assertEqual(self.ask("GET", "/healthz", connection=idle).status, 200)
                requests = self.begin_requests(5)
                os.killpg(running.pid, stop)  # as the terminal does: workers have it, too
                self.assertTrue(running.wait_for_stderr("ending: 5 requests"))
                health = self.ask("GET", "/healthz")
                self.assertEqual(health.status, 503, health)
                self.assertIn("draining", health.json()["error"])
                refused = self.post(connection=idle)
                self.assertEqual((refused.status, refused.headers["Connection"]), (503, "close"))
                self.assertIn("Retry-After", refused.headers)
                self.assertEqual([each.result().status for each in requests], [200] * 5)
                finished = running.finish(10)
                self.assertEqual(finished.code, 0, finished)
                self.assertIn("5 requests answered, 1 shed, 0 cut off", finished.stdout)
                self.assert_nothing_runs(within=5)

    def test_the_end_does_not_wait_longer_than_the_limit(self):
        for backend in ("coroutine+process", "thread"):
            with self.subTest(backend):
                running = self.serve("--backend", backend, "--drain-timeout", "200ms", latency="20s")
                requests = self.begin_requests(2)
                finished = self.end(running, within=5)
                self.assertEqual(finished.code, 1, finished)
                self.assertIn("2 requests were still under way", finished.stderr)
                self.assertEqual([each.result() for each in requests], [None] * 2)
                self.assert_nothing_runs(within=5)

    def test_a_second_signal_ends_it_at_once(self):
        running = self.serve(latency="20s")
        self.begin_requests(2)
        running.process.send_signal(signal.SIGINT)
        self.assertTrue(running.wait_for_stderr("a second signal"))
        running.process.send_signal(signal.SIGINT)
        self.assertEqual(running.finish(2).code, 130)
        self.assert_nothing_runs(within=5)

    def test_nothing_outlives_a_killed_server(self):
        for backend in ("coroutine+process", "process"):
            with self.subTest(backend):
                running = self.serve("--backend", backend, "--workers", 2)
                running.process.kill()
                running.process.wait()
                self.assert_nothing_runs(within=5)


class LostWorkers(ServiceTest):
    def test_a_killed_worker_costs_no_request_since_its_kernel_runs_again(self):
        running = self.serve("--workers", 2, "--max-body", "8MiB", latency="1ms")
        body, enough, statuses = body_of(large_document(4000)), threading.Event(), []

        def go_on_asking():
            while not enough.is_set():
                statuses.append(self.post(body).status)

        clients = [threading.Thread(target=go_on_asking) for _ in range(4)]
        self.addCleanup(enough.set)
        for each in clients:
            each.start()
        self.assertTrue(wait_until(
            lambda: self.metrics()["regatta_serve_pool_inside", None] >= 3))
        for pid in self.workers_of(running):
            os.kill(pid, signal.SIGKILL)
        self.assertTrue(wait_until(
            lambda: self.metrics()["regatta_serve_workers_lost_total", None] == 2))
        enough.set()
        for each in clients:
            each.join()
        self.assertEqual(set(statuses), {200})
        found = self.metrics()
        self.assertEqual(found["regatta_serve_workers_lost_total", None], 2)
        self.assertEqual(found["regatta_serve_workers", None], 3)
        self.assertGreaterEqual(found["regatta_serve_kernels_retried_total", None], 1)
        finished = self.end(running)
        self.assertEqual(finished.code, 0, finished)
        self.assertIn("2 worker processes were lost", finished.stderr)

    def test_a_request_that_its_worker_died_over_is_answered_with_the_reason(self):
        running = self.serve("--backend", "process", "--workers", 2, latency="1s")
        requests = [InBackground(self) for _ in range(4)]
        llm = re.search(r"the LLM is (\S+),", Running.text_of(running.err)).group(1)
        self.assertTrue(wait_until(lambda: self.completions_of(llm) == 2), "both workers have one")
        os.kill(self.workers_of(running)[0], signal.SIGKILL)
        replies = [each.result() for each in requests]
        self.assertEqual(sorted(each.status for each in replies), [200, 200, 200, 500])
        (lost,) = [each for each in replies if each.status == 500]
        self.assertRegex(lost.json()["error"], r"^worker process \d+ was killed by SIGKILL")
        self.assertEqual(self.post().status, 200)


    @staticmethod
    def completions_of(llm):
        with urllib.request.urlopen(llm + "/stats", timeout=10) as reply:
            return json.load(reply)["completions"]


class LostLlm(ServiceTest):
    def start_llm(self, port=0):
        running = self.start("mock-llm", "--port", port, "--ttft", "50ms")
        found = wait_until(lambda: re.search(r"http://127\.0\.0\.1:(\d+)/",
                                             Running.text_of(running.err)), 10)
        return running, int(found.group(1))

    def health(self):
        return self.ask("GET", "/healthz").status

    def test_without_its_llm_it_answers_502_and_goes_on_when_it_is_back(self):
        llm, port = self.start_llm()
        self.serve(llm=f"http://127.0.0.1:{port}")
        self.assertEqual((self.post().status, self.health()), (200, 200))
        llm.process.kill()
        llm.process.wait()
        reply = self.post()
        self.assertEqual(reply.status, 502, reply)
        self.assertIn("the LLM cannot be reached", reply.json()["error"])
        self.assertTrue(wait_until(lambda: self.health() == 503))
        self.assertIn(f"127.0.0.1:{port}", self.ask("GET", "/healthz").json()["error"])
        self.start_llm(port)
        self.assertTrue(wait_until(lambda: self.health() == 200))
        self.assertEqual(self.post().status, 200)
        self.assertEqual(self.metrics()["regatta_serve_llm_calls_total", 'result="failed"'], 1)

    def kill_mock_of(self, running):
        mock = wait_until(lambda: [pid for pid in children_of(running.pid)
                                   if "mock-llm" in arguments_of(pid)])
        os.kill(mock[0], signal.SIGKILL)
        return mock[0]

    def test_its_own_mock_is_started_again(self):
        running = self.serve()
        self.assertEqual(self.post().status, 200)
        pid = self.kill_mock_of(running)
        self.assertTrue(running.wait_for_stderr(
            f"the mock LLM server (pid {pid}) was killed by SIGKILL; it was started again (1 of 5"))
        self.assertEqual(self.post().status, 200)
        self.assertEqual(self.end(running).code, 0)
        self.assert_nothing_runs(within=5)

    def test_with_a_mock_that_dies_again_and_again_it_ends_and_says_so(self):
        running = self.serve()
        for restart in range(1, 6):
            self.kill_mock_of(running)
            self.assertTrue(running.wait_for_stderr(f"it was started again ({restart} of 5"))
        pid = self.kill_mock_of(running)
        finished = running.finish(10)
        self.assertEqual(finished.code, 1, finished)
        self.assertIn(f"the mock LLM server (pid {pid}) was killed by SIGKILL, after it had been "
                      "started again 5 times: name another one with --llm-url", finished.stderr)
        self.assert_nothing_runs(within=5)

    def test_what_the_llm_answers_instead_is_told(self):
        for flag, status, reason in (("--llm-error-rate", 502, "the LLM answered 500"),
                                     ("--llm-rate-limit-rate", 503, "the LLM answered 429")):
            with self.subTest(flag):
                running = self.serve(flag, "1")
                reply = self.post()
                self.assertEqual(reply.status, status, reply)
                self.assertIn(reason, reply.json()["error"])
                self.assertEqual("Retry-After" in reply.headers, status == 503)
                self.end(running)

    def test_an_llm_that_is_too_slow_is_given_up(self):
        for backend in ("coroutine+process", "thread", "process"):
            with self.subTest(backend):
                running = self.serve("--backend", backend, "--workers", 2,
                                     "--request-timeout", "300ms", latency="20s")
                replies = self.post_all([body_of()] * 4, at_once=4)
                self.assertEqual([each.status for each in replies], [504] * 4)
                self.assertIn("in time", replies[0].json()["error"])
                self.assertEqual(self.end(running).code, 0)


if __name__ == "__main__":
    unittest.main()
