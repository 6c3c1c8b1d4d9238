# SPDX-License-Identifier: Apache-2.0
"""redis-server as Debian ships it, slowed down by commands that are known to do so."""
import shutil
import time

from ..score import Happened
from ..service import Fault, Service

KEYS = 1_000_000


class Redis(Service):
    name = "redis"
    faults = (
        Fault("debug-sleep", ("sleeping",), r"\bdebugCommand\b"),
        Fault("keys", ("computing",), r"\bkeysCommand\b|\bstringmatchlen|\bdict"),
        Fault("healthy", (), spoils=False),
    )

    @classmethod
    def problem(cls, options):
        return None if shutil.which("redis-server") else "there is no redis-server"

    def command(self):
        return ["redis-server", "--bind", "127.0.0.1", "--port", str(self.port), "--save", "",
                "--appendonly", "no", "--enable-debug-command", "yes", "--daemonize", "no",
                "--dir", str(self.folder), "--slowlog-log-slower-than", "1000"]

    def prepare(self):
        self.clients = self.faulty, self.other = Redis.Client(self.connect()), Redis.Client(self.connect())
        if any(fault.name == "keys" for fault in self.faults):
            self.faulty.say("DEBUG", "POPULATE", KEYS)

    def inject(self, fault, length):
        if fault.name == "healthy":
            self.faulty.say("SCAN", "0", "COUNT", "100")
            time.sleep(length)
            return []
        begin = time.monotonic()
        if fault.name == "debug-sleep":
            self.faulty.say("DEBUG", "SLEEP", length)
        else:
            self.faulty.say("KEYS", "nothing*")  # looks at all of them
        end = time.monotonic()
        (_, _, microseconds, *_), = self.faulty.say("SLOWLOG", "GET", 1)
        return [Happened(begin, end, took=microseconds / 1e6)]

    def ask(self):
        self.other.say("PING")

    class Client:
        """Speaks redis's protocol."""

        def __init__(self, connection):
            self.connection = connection
            self.file = connection.makefile("rb")

        def say(self, *words):
            parts = [str(word).encode() for word in words]
            self.connection.sendall(b"*%d\r\n" % len(parts) + b"".join(
                b"$%d\r\n%s\r\n" % (len(part), part) for part in parts))
            return self.answer()

        def answer(self):
            line = self.file.readline()
            kind, value = line[:1], line[1:-2].decode()
            if kind == b"-" or not line:
                raise RuntimeError(f"redis says: {value or 'nothing'}")
            if kind == b":":
                return int(value)
            if kind == b"$":
                return None if value == "-1" else self.file.read(int(value) + 2)[:-2]
            if kind == b"*":
                return [self.answer() for _ in range(int(value))]
            return value

        def close(self):
            self.file.close()
            self.connection.close()
