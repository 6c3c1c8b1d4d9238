# SPDX-License-Identifier: Apache-2.0
"""The AI service answers, refuses and counts, alike on every backend."""
import json
import socket
import time
import unittest

from regatta_command import REGATTA, wait_until
from regatta_service import DOCUMENT, QUESTION, ServiceTest, body_of, large_document

BACKENDS = ["coroutine", "coroutine-mt", "coroutine+thread", "coroutine+tbb", "coroutine+process",
            "coroutine+process:start=fork", "coroutine+process:start=spawn", "thread", "process"]
CANNOT = {"serial": "one item after the other", "shared-memory": "offsets", "tbb": "coroutine+tbb",
          "thread-per-item": "no limit"}


class Answers(ServiceTest):
    def test_the_answer_cites_passages_of_the_document(self):
        self.serve()
        reply = self.post()
        self.assertEqual((reply.status, reply.headers["Content-Type"]), (200, "application/json"))
        found = reply.json()
        self.assertEqual(set(found), {"answer", "passages"})
        self.assertGreater(len(found["answer"].split()), 3)
        self.assertEqual(len(found["passages"]), 3)
        for passage in found["passages"]:
            self.assertNotIn("<", passage)
            self.assertIn(passage.split()[0], DOCUMENT)
        self.assertNotEqual(self.post(body_of(question="Who won number 7?")).text, reply.text)

    def test_answers_are_equal_on_every_backend(self):
        bodies = [body_of(), body_of(question="Who won number 7?"), body_of("no markup, few words"),
                  body_of("日本語の文書です。" * 300, "何ですか"), body_of("<p>"), "{}", "nonsense"]
        expected = None
        for backend in BACKENDS:
            with self.subTest(backend):
                workers = ("--workers", 3) if backend in ("thread", "process") else ()
                running = self.serve("--backend", backend, *workers)
                connection = self.connect()
                replies = [self.post(body, connection) for body in bodies]
                self.assertEqual([each.status for each in replies],
                                 [200, 200, 200, 200, 400, 400, 400])
                texts = [each.text for each in replies]
                expected = expected or texts
                self.assertEqual(texts, expected)
                finished = self.end(running)
                self.assertEqual((finished.code, finished.stdout.splitlines()[1:]),
                                 (0, ["7 requests answered, 0 shed, 0 cut off"]), finished)
        self.assert_nothing_runs(within=5)

    def test_a_backend_that_cannot_serve_says_why(self):
        for backend, reason in CANNOT.items():
            with self.subTest(backend):
                finished = self.run_command("serve", "--backend", backend)
                self.assertEqual((finished.code, finished.stdout), (1, ""), finished)
                self.assert_one_sentence(finished, f"backend {backend} cannot serve", reason)

    def test_no_more_calls_of_the_llm_at_a_time_than_the_limit(self):
        self.serve("--llm-limit", 2, latency="150ms")
        began = time.monotonic()
        replies = self.post_all([body_of()] * 8, at_once=8)
        self.assertEqual([each.status for each in replies], [200] * 8)
        self.assertGreaterEqual(time.monotonic() - began, 4 * 0.15)

    def test_one_request_after_the_other_on_one_connection(self):
        self.serve(latency="1ms")
        body = body_of()
        head = f"POST /v1/answer HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"
        pipelined = (head + "\r\n" + body + head + "Connection: close\r\n\r\n" + body).encode()
        received = self.raw(pipelined)
        self.assertEqual(received.count(b"HTTP/1.1 200 OK"), 2, received)
        self.assertEqual(received.count(b"Connection: close"), 1, received)
        # A body in chunks, after the server has asked for it.
        chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part)
                          for part in (body[:100].encode(), body[100:].encode())) + b"0\r\n\r\n"
        received = self.raw(b"POST /v1/answer HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                            b"Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)
        self.assertTrue(received.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK"), received)

    def test_health_and_its_head(self):
        self.serve()
        reply = self.ask("GET", "/healthz?verbose=1")
        self.assertEqual((reply.status, reply.json()), (200, {"status": "ok"}))
        head = self.ask("HEAD", "/healthz")
        self.assertEqual((head.status, head.text), (200, ""))
        self.assertEqual(int(head.headers["Content-Length"]), len(reply.text))


class Refusals(ServiceTest):
    def test_what_is_no_request_of_this_service(self):
        self.serve("--max-body", "64KiB")
        connection = self.connect()
        for body, reason in (("", "not JSON"), ("[1]", "JSON object"), ('"text"', "JSON object"),
                             ('{"document": 1, "question": "x"}', "document"),
                             ('{"document": "x"}', "question"),
                             ('{"document": "", "question": "x"}', "document"),
                             (b'{"document": "\xff\xfe", "question": "x"}', "UTF-8"),
                             (body_of("<b><i></i></b>"), "no text")):
            with self.subTest(body):
                reply = self.post(body, connection)
                self.assertEqual(reply.status, 400, reply)
                self.assertIn(reason, reply.json()["error"])
        for method, path, status in (("GET", "/v1/answer", 405), ("POST", "/healthz", 405),
                                     ("DELETE", "/metrics", 405), ("GET", "/", 404)):
            with self.subTest((method, path)):
                reply = self.ask(method, path, connection=connection)
                self.assertEqual(reply.status, status, reply)
                self.assertEqual("Allow" in reply.headers, status == 405)
        self.assertEqual(self.post(connection=connection).status, 200)

    def test_what_is_no_http(self):
        self.serve("--max-body", "64KiB")
        for sent, status in ((b"nonsense\r\n\r\n", b"400"),
                             (b"POST /v1/answer HTTP/1.1\r\nContent-Length: x\r\n\r\n", b"400"),
                             (b"GET / HTTP/1.1\r\nA: " + b"x" * 20000 + b"\r\n\r\n", b"431"),
                             (b"POST / HTTP/1.1\r\nContent-Length: 65537\r\n\r\n", b"413"),
                             (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n10001\r\n"
                              + b"x" * 65537, b"413")):
            with self.subTest(sent[:60]):
                received = self.raw(sent)
                self.assertTrue(received.startswith(b"HTTP/1.1 " + status), received)
                self.assertIn(b"Connection: close", received)
        # The whole of it is sent, and still the answer arrives.
        reply = self.post(body_of(large_document(1024)))
        self.assertEqual(reply.status, 413, reply)
        self.assertEqual(self.metrics()["regatta_serve_broken_requests_total", None], 6)

    def test_slow_clients_are_not_waited_for(self):
        self.serve("--client-timeout", "200ms", "--idle-timeout", "500ms")
        began = time.monotonic()
        self.assertEqual(self.raw(b"POST /v1/answer HTTP/1.1\r\nContent-Le"), b"")
        self.assertEqual(self.raw(b""), b"", "an idle connection is closed, too")
        self.assertLess(time.monotonic() - began, 10)
        self.assertEqual(self.metrics()["regatta_serve_slow_clients_total", None], 1)

    def test_more_requests_than_the_limit_are_shed(self):
        self.serve("--max-requests", 4, latency="2s")
        replies = self.post_all([body_of()] * 12, at_once=12)
        self.assertEqual(sorted(each.status for each in replies), [200] * 4 + [503] * 8)
        for each in replies:
            if each.status == 503:
                self.assertRegex(each.headers["Retry-After"], r"^\d+$")
                self.assertIn("overloaded: 4 requests", each.json()["error"])
        found = self.metrics()
        self.assertEqual(found["regatta_serve_requests_shed_total", 'reason="full"'], 8)
        self.assertEqual(self.post().status, 200, "it serves again")

    def test_more_connections_than_the_limit_are_turned_away(self):
        self.serve("--max-connections", 3)
        kept = [self.connect() for _ in range(3)]
        for each in kept:
            self.assertEqual(self.ask("GET", "/healthz", connection=each).status, 200)
        received = self.raw(b"GET /healthz HTTP/1.1\r\n\r\n")
        self.assertTrue(received.startswith(b"HTTP/1.1 503"), received)
        self.assertIn(b"too many connections", received)
        kept[0].close()
        self.assertTrue(wait_until(
            lambda: self.raw(b"GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n")
            .startswith(b"HTTP/1.1 200")))


class Figures(ServiceTest):
    def test_metrics_are_what_happened(self):
        self.serve(latency="30ms")
        self.post_all([body_of()] * 6, at_once=3)
        self.post("{}")
        self.ask("GET", "/nowhere")
        found = self.metrics()
        requests = "regatta_serve_requests_total"
        self.assertEqual(found[requests, 'route="answer",status="200"'], 6)
        self.assertEqual(found[requests, 'route="answer",status="400"'], 1)
        self.assertEqual(found[requests, 'route="none",status="404"'], 1)
        self.assertEqual(found["regatta_serve_info", 'backend="coroutine+process"'], 1)
        self.assertEqual(found["regatta_serve_llm_calls_total", 'result="ok"'], 6)
        for name in ("requests_inside", "llm_in_flight", "llm_waiting", "pool_inside", "draining",
                     "workers_lost_total"):
            self.assertEqual(found[f"regatta_serve_{name}", None], 0, name)
        buckets = [(float(labels[4:-1].replace("+", "")), value)
                   for (name, labels), value in found.items()
                   if name == "regatta_serve_request_seconds_bucket"]
        self.assertEqual(buckets, sorted(buckets))
        self.assertEqual([value for _, value in buckets], sorted(value for _, value in buckets))
        self.assertEqual(buckets[-1][1], 7)
        self.assertEqual(found["regatta_serve_request_seconds_count", None], 7)
        self.assertGreaterEqual(found["regatta_serve_request_seconds_sum", None], 6 * 0.03)
        self.assertGreater(found["regatta_serve_loop_iterations_total", 'loop="1"'], 0)

    def test_computing_on_the_loop_is_found_and_offloading_is_not(self):
        for backend, blocked in (("coroutine", True), ("coroutine+process", False)):
            with self.subTest(backend):
                running = self.serve("--backend", backend, "--max-body", "16MiB", latency="1ms")
                for _ in range(5):
                    self.assertEqual(self.post(body_of(large_document(2000))).status, 200)
                found = self.metrics()
                stretches = found["regatta_serve_loop_blocked_stretches_total", 'loop="1"']
                longest = found["regatta_serve_loop_longest_blocked_seconds", 'loop="1"']
                finished = self.end(running)
                self.assertEqual(finished.code, 0, finished)
                if blocked:
                    self.assertGreaterEqual(stretches, 4)
                    self.assertGreater(longest, 0.02)
                    self.assertIn("has been blocked for", finished.stderr)
                    self.assertRegex(finished.stderr, r"An event loop was blocked for more than 20 ms "
                                                      r"\d+ times, .*computing in ")
                else:  # but for what a busy machine does to it
                    self.assertNotIn("computing", finished.stderr)
                    if "waiting for a CPU" not in finished.stderr:
                        self.assertEqual(stretches, 0)
                        self.assertIn("no event loop was blocked for more than 20 ms",
                                      finished.stderr)


class WrongUse(ServiceTest):
    def test_wrong_flags_are_a_sentence(self):
        for flags, part in ((["--backend", "corutine"], "did you mean 'coroutine'"),
                            (["--port", "70000"], "--port"),
                            (["--llm-url", "ftp://x"], "--llm-url"),
                            (["--llm-latency", "soon"], "--llm-latency"),
                            (["--llm-error-rate", "2"], "llm.error-rate"),
                            (["--llm-url", "http://127.0.0.1:1", "--llm-latency", "1s"], "--llm-url"),
                            (["--api-key-env", "KEY"], "--llm-url"),
                            (["--address", "here"], "--address"),
                            (["--llm-limit", "0"], "--llm-limit"),
                            (["--max-requests", "0"], "--max-requests"),
                            (["--max-body", "much"], "--max-body"),
                            (["--request-timeout", "0s"], "--request-timeout"),
                            (["--threshold", "20us"], "--threshold")):
            with self.subTest(flags):
                finished = self.run_command("serve", *flags)
                self.assertEqual((finished.code, finished.stdout), (2, ""), finished)
                self.assert_one_sentence(finished, part)
        self.assert_nothing_runs(within=5)

    def test_a_port_in_use_is_a_sentence(self):
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            finished = self.run_command("serve", "--port", port)
        self.assertEqual((finished.code, finished.stdout), (1, ""), finished)
        self.assert_one_sentence(finished, f"127.0.0.1:{port}", "in use", "another port")
        self.assert_nothing_runs(within=5)

    def test_too_few_descriptors_are_a_sentence(self):
        finished = self.run_command("-c", 'ulimit -n 300 && exec "$0" "$@"',
                                    REGATTA, "serve", program="/bin/bash")
        self.assertEqual((finished.code, finished.stdout), (1, ""), finished)
        self.assert_one_sentence(finished, "2000 connections", "300", "--max-connections")


if __name__ == "__main__":
    unittest.main()
