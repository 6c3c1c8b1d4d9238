# SPDX-License-Identifier: Apache-2.0
"""Requests of real services, followed from outside: counts against their clients, and what is found."""
import http.client
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import time
import unittest

from regatta_command import CommandTest, Running, wait_until
from regatta_service import ServiceTest

SERVICE = pathlib.Path(__file__).parents[2] / "tools" / "bench" / "labelled_service.py"

NGINX = """
daemon off;
worker_processes 1;
pid {folder}/pid;
error_log stderr error;
events {{ worker_connections 512; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    location / {{ return 200 "hello, world"; }}
  }}
}}
"""


class FollowedTest(CommandTest):
    def begin_profile(self, pid, *arguments):
        """A profile that is attached; it ends by end_profile()."""
        running = self.start("profile", "--pid", pid, "--duration", "60s", "-q",
                             "-o", "profile.json", "-o", "terminal=profile.txt", *arguments)

        def links():
            count = 0
            for name in os.listdir(f"/proc/{running.pid}/fd"):
                try:
                    count += "bpf_link" in os.readlink(f"/proc/{running.pid}/fd/{name}")
                except OSError:
                    pass
            return count
        # All programs of both watches, and nothing more for a while.
        seen = [0]

        def settled():
            before, seen[0] = seen[0], links()
            time.sleep(0.7)
            return running.process.poll() is not None or seen[0] > 8 and seen[0] == before == links()
        self.assertTrue(wait_until(settled, 30))
        return running

    def end_profile(self, running):
        """The requests of the profile."""
        running.process.send_signal(2)
        finished = running.finish()
        self.assertEqual(finished.code, 130, finished)
        requests = self.report("profile.json")["requests"]
        if requests["window_s"] == 0:
            self.skipTest(requests["classification"]["missing"])
        self.text = (self.folder / "profile.txt").read_text()
        return requests

    def labelled(self, *arguments):
        running = subprocess.Popen([sys.executable, str(SERVICE), *arguments], cwd=self.folder,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   env=self.environment())

        def end():
            running.stdin.close()
            running.wait(20)
            running.stdout.close()
        self.addCleanup(end)
        self.port = int(running.stdout.readline())
        return running.pid

    def get(self, path, times, connection=None):
        mine = connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        for _ in range(times):
            mine.request("GET", path)
            self.assertTrue(mine.getresponse().read())
        if connection is None:
            mine.close()

    def assert_whole(self, requests):
        """What holds of every profile."""
        self.assertEqual(requests["followed"] + requests["counted"],
                         sum(each["count"] for each in requests["classes"]))
        for each in requests["classes"]:
            self.assertLessEqual(len(each["samples"]), each["count"])
            self.assertTrue(each["samples"], each["name"])
            for sample in each["samples"]:
                self.assertLessEqual(sample["queue_ns"], sample["latency_ns"])
                self.assertGreater(sample["bytes_in"], 0)
                self.assertGreater(sample["bytes_out"], 0)
                walls = sum(phase["wall_ns"] for phase in sample["phases"])
                self.assertLessEqual(walls, 1.01 * sample["latency_ns"] + 1e6, sample)
                self.assertTrue({phase["kind"] for phase in sample["phases"]} <=
                                {"cpu", "upstream", "disk", "sleep", "lock", "other"}, sample)


class PassiveRequestsTest(FollowedTest):
    def test_an_asyncio_service_with_an_upstream(self):
        pid = self.labelled("asyncio", "upstream=20", "cpu=1")
        running = self.begin_profile(pid)
        kept = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        self.get("/work", 40, kept)
        self.get("/other?page=2", 5, kept)
        requests = self.end_profile(running)
        kept.close()
        self.assert_whole(requests)
        counts = {each["name"]: each["count"] for each in requests["classes"]}
        self.assertEqual(counts, {"GET /work": 40, "GET /other": 5})
        self.assertEqual(requests["unfollowed"], 0)
        self.assertEqual(requests["in_flight_at_end"], 0)
        (upstream,) = requests["upstreams"]
        self.assertEqual(upstream["calls"], 40)
        self.assertRegex(upstream["peer"], r"^tcp 127\.0\.0\.1:\d+$")
        self.assertGreater(upstream["ttfb_ns"]["p50"], 19.8e6)
        (work,) = [each for each in requests["classes"] if each["name"] == "GET /work"]
        self.assertGreater(work["waits_ns"]["upstream"], 19.8e6)
        self.assertGreater(work["cpu_per_request_ns"]["mean"], 1e6)
        self.assertGreater(work["latency_ns"]["mean"], 21e6)
        called = [[phase["peer"] for phase in sample["phases"] if phase["kind"] == "upstream"]
                  for sample in work["samples"]]
        # On a busy machine a call can be taken for another request's.
        self.assertGreaterEqual(called.count([upstream["peer"]]), len(called) - 2, called)
        self.assertEqual(requests["pool"]["loop_threads"], 1)
        self.assertEqual(requests["pool"]["other_threads"], 0)
        self.assertIn(requests["classification"]["kind"], ("io-bound", "starved"))
        self.assertIn("GET /work", self.text)
        self.assertIn(upstream["peer"], self.text)

    def test_health_checks_on_pooled_connections_are_no_calls_of_requests(self):
        pid = self.labelled("asyncio", "upstream=40", "probe=5")
        running = self.begin_profile(pid)
        self.get("/work", 40)
        requests = self.end_profile(running)
        (work,) = requests["classes"]
        self.assertGreater(requests["upstreams"][0]["calls"], 40)
        # Some belong to a request all the same, if its answer arrives just then.
        self.assertGreater(work["waits_ns"]["upstream"], 30e6)
        self.assertLess(work["waits_ns"]["sleep"], 10e6)

    def test_a_call_that_is_asked_to_continue_is_one(self):
        pid = self.labelled("asyncio", "continue=20")
        running = self.begin_profile(pid)
        self.get("/work", 40)
        requests = self.end_profile(running)
        (upstream,) = requests["upstreams"]
        self.assertEqual(upstream["calls"], 40)
        self.assertGreater(upstream["ttfb_ns"]["p50"], 19.8e6)
        self.assertGreater(requests["classes"][0]["waits_ns"]["upstream"], 19.8e6)

    def test_a_request_that_is_not_answered_yet_is_in_flight(self):
        pid = self.labelled("asyncio", "sleep=60000")
        running = self.begin_profile(pid)
        self.get("/other", 3)
        with socket.create_connection(("127.0.0.1", self.port)) as client:
            client.sendall(b"GET /work HTTP/1.1\r\n\r\n")
            time.sleep(0.3)
            requests = self.end_profile(running)
        self.assertEqual(requests["followed"], 3)
        self.assertEqual(requests["in_flight_at_end"], 1)
        self.assertEqual(requests["classification"]["kind"], "insufficient-evidence")
        self.assertIn("27 requests more", requests["classification"]["missing"])

    def test_connections_that_were_open_before_are_followed_too(self):
        pid = self.labelled("threads", "cpu=2")
        kept = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        self.get("/work", 3, kept)
        running = self.begin_profile(pid)
        self.get("/work", 35, kept)
        requests = self.end_profile(running)
        kept.close()
        self.assert_whole(requests)
        self.assertEqual(requests["followed"], 35)
        self.assertEqual(requests["pool"]["other_threads"], 1)
        self.assertIn(requests["classification"]["kind"], ("cpu-bound", "starved"))

    def test_a_service_that_waits_in_threads(self):
        pid = self.labelled("threads", "sleep=15", "upstream=10")
        running = self.begin_profile(pid)
        self.get("/work", 32)
        requests = self.end_profile(running)
        (work,) = requests["classes"]
        self.assertGreater(work["waits_ns"]["sleep"], 14.8e6)
        self.assertGreater(work["waits_ns"]["upstream"], 9.8e6)

    def test_what_a_pool_of_threads_computes_is_of_the_requests(self):
        pid = self.labelled("executor", "cpu=10")
        running = self.begin_profile(pid)
        self.get("/work", 40)
        requests = self.end_profile(running)
        (work,) = requests["classes"]
        self.assertGreater(work["cpu_per_request_ns"]["mean"], 10e6)
        self.assertGreater(work["cpu_elsewhere_ns"], 9.5e6)
        self.assertIn(requests["classification"]["kind"], ("cpu-bound", "starved"))

    def test_nobody_asks(self):
        pid = self.labelled("asyncio")
        requests = self.end_profile(self.begin_profile(pid))
        self.assertEqual(requests["followed"], 0)
        self.assertEqual(requests["classification"]["kind"], "idle")
        self.assertIn("service: idle", self.text)

    def test_they_can_be_left_out(self):
        finished = self.run_command("profile", "--requests", "off", "-o", "profile.json", "--",
                                    "sleep", "0.2")
        self.assertEqual(finished.code, 0, finished)
        self.assertIsNone(self.report("profile.json")["requests"])
        finished = self.run_command("profile", "--requests", "some", "--", "true")
        self.assertEqual(finished.code, 2)
        self.assert_one_sentence(finished, "--requests is on or off")

    def test_samples_of_proc_see_none_and_say_so(self):
        finished = self.run_command("profile", "--tier", "proc", "-o", "profile.json", "--", "sleep",
                                    "0.2")
        self.assertEqual(finished.code, 0, finished)
        found = self.report("profile.json")["requests"]["classification"]
        self.assertEqual(found["kind"], "insufficient-evidence")
        self.assertIn("eBPF", found["missing"])

    def test_nginx_counted_by_wrk(self):
        requests = self.nginx_under_wrk("--follow", "1000000")
        self.assertEqual(requests["counted"], 0)
        self.assertEqual([each["cpu_scale"] for each in requests["classes"]], [1])

    def test_nginx_of_whose_requests_some_are_followed(self):
        requests = self.nginx_under_wrk("--follow", "100")
        self.assert_whole(requests)
        self.assertGreater(requests["counted"], requests["followed"])
        self.assertGreater(requests["followed"], 100)
        self.assertIn("The others were only counted", self.text.replace("\n      ", " "))

    def nginx_under_wrk(self, *arguments):
        """The requests of a profile with these arguments, of nginx while wrk has them answered."""
        for program in ("nginx", "wrk"):
            if shutil.which(program) is None:
                self.skipTest(f"there is no {program}")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.folder.chmod(0o755)
        (self.folder / "nginx.conf").write_text(NGINX.format(folder=self.folder, port=port))
        server = self.start("-p", self.folder, "-c", self.folder / "nginx.conf", program="nginx")

        def end():  # killed, it would leave its worker behind
            server.process.terminate()
            server.process.wait(timeout=30)
        self.addCleanup(end)

        def listens():
            with socket.socket() as client:
                return client.connect_ex(("127.0.0.1", port)) == 0
        self.assertTrue(wait_until(listens), Running.text_of(server.err))
        children = pathlib.Path(f"/proc/{server.pid}/task/{server.pid}/children")
        running = self.begin_profile(int(children.read_text().split()[0]), *arguments)
        counted = subprocess.run(["wrk", "-t", "1", "-c", "8", "-d", "1s",
                                  f"http://127.0.0.1:{port}/x"], capture_output=True, text=True,
                                 timeout=60, check=True).stdout
        time.sleep(0.3)
        requests = self.end_profile(running)
        done = int(re.search(r"(\d+) requests in", counted).group(1))
        # Those that wrk did not wait for; and, of a profile that is late, those under way.
        seen = requests["followed"] + requests["counted"] + requests["unfollowed"]
        self.assertLessEqual(abs(seen - done), 8, counted)
        self.assertLessEqual(requests["unfollowed"], 8)
        self.assertEqual([each["name"] for each in requests["classes"]], ["GET /x"])
        attributed = sum(each["count"] * each["cpu_per_request_ns"]["mean"]
                         for each in requests["classes"])
        self.assertLess(abs(attributed / requests["cpu_ns"] - 1), 0.03)
        return requests


class ServeRequestsTest(ServiceTest, FollowedTest):
    def test_regattas_own_service_and_its_model(self):
        service = self.serve("--backend", "coroutine", latency="20ms")
        running = self.begin_profile(service.pid)
        connection = self.connect()
        for _ in range(32):
            self.assertEqual(self.post(connection=connection).status, 200)
        requests = self.end_profile(running)
        counts = {each["name"]: each["count"] for each in requests["classes"]}
        self.assertEqual(counts, {"POST /v1/answer": 32})
        (upstream,) = requests["upstreams"]
        told = sum(value for (name, _), value in self.metrics().items()
                   if name.endswith("llm_calls_total"))
        self.assertEqual(told, 32)
        # Each second the service asks its LLM for /healthz too.
        self.assertGreaterEqual(upstream["calls"], told)
        self.assertLessEqual(upstream["calls"], told + requests["window_s"] + 2)
        called = [any(phase["kind"] == "upstream" for phase in sample["phases"])
                  for sample in requests["classes"][0]["samples"]]
        self.assertGreaterEqual(called.count(True), 30, requests["classes"][0]["samples"])
        self.assertGreater(upstream["ttfb_ns"]["p50"], 10e6)
        self.end(service)


if __name__ == "__main__":
    unittest.main()
