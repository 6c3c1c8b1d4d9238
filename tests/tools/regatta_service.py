# SPDX-License-Identifier: Apache-2.0
"""Starts `regatta serve` and talks to it as its clients do."""
import concurrent.futures
import http.client
import json
import re
import signal
import socket

from regatta_command import CommandTest, Running, arguments_of, children_of, wait_until

DOCUMENT = ("<html><body><h1>On boats</h1><!-- no --><p>A boat with eight rowers is fast. "
            "The cox steers &amp; calls the stroke.</p>"
            + "".join(f"<p>Regatta number {n} was rowed on a river, and the crew of boat {n % 7} "
                      f"won it by {n} lengths.</p>" for n in range(60)) + "</body></html>")
QUESTION = "Who steers the boat?"

SAMPLE = re.compile(r'^([a-z_]+)(?:\{((?:[a-z]+="[^"]*",?)+)\})? (-?[0-9.e+-]+|\+Inf|NaN)$')


def large_document(kib):
    """HTML that takes the preprocessing some 0.1 ms a KiB."""
    return (DOCUMENT * (kib * 1024 // len(DOCUMENT) + 1))[:kib * 1024]


def body_of(document=DOCUMENT, question=QUESTION):
    return json.dumps({"document": document, "question": question})


class Reply:
    def __init__(self, response):
        self.status, self.headers = response.status, response.headers
        self.text = response.read().decode()

    def json(self):
        return json.loads(self.text)

    def __repr__(self):
        return f"{self.status} {dict(self.headers)} {self.text[:500]}"


def parse_metrics(text):
    """{(name, labels): value}; fails on a line that is no sample of a metric described above it."""
    samples, types = {}, {}
    assert text.endswith("\n")
    for line in text.splitlines():
        if line.startswith("# HELP "):
            continue
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name not in types, f"described twice: {name}"
            assert kind in ("counter", "gauge", "histogram"), line
            types[name] = kind
            continue
        match = SAMPLE.match(line)
        assert match, f"no sample: {line!r}"
        name, labels, value = match.groups()
        base = re.sub(r"_(bucket|sum|count)$", "", name)
        assert name in types or types.get(base) == "histogram", f"not described: {line}"
        assert (name, labels) not in samples, f"twice: {line}"
        samples[name, labels] = float(value)
    return samples


class ServiceTest(CommandTest):
    def serve(self, *flags, latency="20ms", llm=None, **options):
        """A server that listens; self.port is where."""
        mock = ["--llm-latency", latency] if llm is None else ["--llm-url", llm]
        running = self.start("serve", *mock, *flags, **options)
        found = wait_until(lambda: re.search(r"^http://127\.0\.0\.1:(\d+)\n",
                                             Running.text_of(running.out))
                           or running.process.poll() is not None, 20)
        self.assertTrue(hasattr(found, "group"), f"it does not serve: {Running.text_of(running.err)}")
        self.port = int(found.group(1))
        return running

    def end(self, running, within=20):
        running.process.send_signal(signal.SIGTERM)
        return running.finish(within)

    def connect(self, timeout=30):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        self.addCleanup(connection.close)
        return connection

    def ask(self, method, path, body=None, connection=None, headers=None):
        connection = connection or self.connect()
        connection.request(method, path, body, headers or {})
        return Reply(connection.getresponse())

    def post(self, body=None, connection=None):
        return self.ask("POST", "/v1/answer", body_of() if body is None else body, connection)

    def post_all(self, bodies, at_once):
        with concurrent.futures.ThreadPoolExecutor(at_once) as clients:
            return list(clients.map(self.post, bodies))

    def metrics(self):
        reply = self.ask("GET", "/metrics")
        self.assertEqual(reply.status, 200)
        return parse_metrics(reply.text)

    def raw(self, sent, then_wait=True):
        """What comes back for these bytes until the server closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as client:
            client.sendall(sent)
            received = b""
            while then_wait and (part := client.recv(65536)):
                received += part
            return received

    @staticmethod
    def workers_of(running):
        """Processes that compute: not the mock LLM, nor the small process that forks workers."""
        others = sorted(pid for pid in children_of(running.pid) if "mock-llm" not in arguments_of(pid))
        return others[1:]
