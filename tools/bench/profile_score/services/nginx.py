# SPDX-License-Identifier: Apache-2.0
"""One worker of nginx as Debian ships it, with a configuration that blocks it."""
import fcntl
import http.client
import os
import pathlib
import random
import shutil
import signal
import time

from ..score import Happened
from ..service import Fault, Service

CONFIGURATION = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  large_client_header_buffers 4 16k;
  server {{
    listen 127.0.0.1:{port};
    root {folder}/www;
    location = /hello {{ return 200 "hello"; }}
    location = /logged {{ access_log {folder}/access.fifo; return 200 "hello"; }}
    location = /text {{
      gzip on;
      gzip_types *;
      gzip_comp_level 9;
      gzip_buffers 64 256k;
      output_buffers 1 32m;
    }}
    location = /plain {{ sendfile on; }}
    location ~ "^/(a+)+$" {{ return 200 "matched"; }}
  }}
}}
"""
COMPRESSED = 0.06  # s of the CPU, about


class Nginx(Service):
    """Its functions have no names: Debian strips it."""
    name = "nginx"
    faults = (
        Fault("log to a full pipe", ("file access", "socket I/O")),
        Fault("gzip", ("computing",)),
        Fault("regex", ("computing",)),
        Fault("stopped", (), spoils=False),
        Fault("healthy", (), spoils=False),
    )

    pipe = -1

    @classmethod
    def problem(cls, options):
        return None if shutil.which("nginx") else "there is no nginx (package nginx-light)"

    def command(self):
        return ["nginx", "-p", str(self.folder), "-c", str(self.folder / "nginx.conf")]

    def start(self):
        os.chmod(self.folder, 0o755)  # its worker is another user
        self.pipe = self.make_log()
        www = self.folder / "www"
        www.mkdir()
        words = ["".join(random.choices("abcdefghij", k=6)) for _ in range(500)]
        text = " ".join(random.choices(words, k=400_000))
        (www / "text").write_text(text)
        (www / "plain").write_text(text)
        (self.folder / "nginx.conf").write_text(
            CONFIGURATION.format(folder=self.folder, port=self.port))
        super().start()

    def make_log(self):
        path = self.folder / "access.fifo"
        os.mkfifo(path)
        pipe = os.open(path, os.O_RDWR | os.O_NONBLOCK)
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, 4096)
        return pipe

    def prepare(self):
        self.clients = self.faulty, self.other = tuple(
            http.client.HTTPConnection("127.0.0.1", self.port, timeout=60) for _ in range(2))
        self.letters = 10
        while self.cpu_of(self.regex_path(self.letters)) < 0.04:
            self.letters += 1
        whole = self.cpu_of("/text")
        text = (self.folder / "www" / "text").read_text()
        (self.folder / "www" / "text").write_text(text[:int(len(text) * COMPRESSED / whole)])

    def cpu_of(self, path):
        """What a request costs the worker: a busy machine does not add to that."""
        usage = pathlib.Path(f"/proc/{self.pid()}/schedstat")
        before = int(usage.read_text().split()[0])
        self.get(self.faulty, path)
        return (int(usage.read_text().split()[0]) - before) / 1e9

    def pid(self):
        """Of the worker, which may be started a moment later than its port answers."""
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        until = time.monotonic() + 30
        while not children.read_text() and time.monotonic() < until:
            time.sleep(0.01)
        return int(children.read_text().split()[0])

    @staticmethod
    def regex_path(letters):
        return "/" + "a" * letters + "b"

    @staticmethod
    def get(connection, path):
        """From the request to the first byte of its answer."""
        begin = time.monotonic()
        connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
        response = connection.getresponse()
        end = time.monotonic()
        response.read()
        return Happened(begin, end)

    def inject(self, fault, length):
        if fault.name == "log to a full pipe":
            return [self.fill_log(length)]
        if fault.name == "gzip":
            return [self.get(self.faulty, "/text")]
        if fault.name == "regex":
            return [self.get(self.faulty, self.regex_path(self.letters))]
        if fault.name == "stopped":
            os.kill(self.pid(), signal.SIGSTOP)
            time.sleep(length)
            os.kill(self.pid(), signal.SIGCONT)
        else:
            self.get(self.faulty, "/plain")
            time.sleep(length)
        return []

    def fill_log(self, length):
        try:
            while True:
                os.write(self.pipe, b"x")
        except BlockingIOError:
            pass
        begin = self.get(self.faulty, "/logged").end  # a request is logged after its answer
        time.sleep(length)
        end = time.monotonic()
        self.empty_log()
        self.get(self.faulty, "/hello")  # only now it has written the line
        self.empty_log()
        return Happened(begin, end)

    def empty_log(self):
        try:
            while os.read(self.pipe, 65536):
                pass
        except BlockingIOError:
            pass

    def ask(self):
        self.get(self.other, "/hello")

    def end(self):
        super().end()
        if self.pipe >= 0:
            os.close(self.pipe)
        self.pipe = -1
