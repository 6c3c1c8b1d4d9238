# SPDX-License-Identifier: Apache-2.0
"""What is common to all services: starting, a fault at a known time, a load beside it."""
import dataclasses
import os
import pathlib
import signal
import socket
import subprocess
import threading
import time

from .score import Happened

PROGRAMS = pathlib.Path(__file__).parent / "programs"


@dataclasses.dataclass
class Fault:
    name: str
    causes: tuple  # the words that are right
    function: str = ""  # a regular expression; "": nobody has a name for it
    spoils: bool = True  # False: the healthy twin of the faults
    length: float = 0.06  # s, about; a random factor of 0.5 to 1.5 is added


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Service:
    """One process to be watched. Ended by end(), whatever happened."""
    name = ""
    faults: tuple = ()

    def __init__(self, folder):
        self.folder = folder
        self.port = free_port()
        self.process = None
        self.clients = ()  # what speaks with it, to be closed before it ends

    @classmethod
    def problem(cls, options):
        """Why it cannot run here, or None."""
        return None

    def command(self):
        raise NotImplementedError

    def start(self):
        self.log = open(self.folder / "service.log", "w", encoding="utf-8")
        self.process = subprocess.Popen(self.command(), cwd=self.folder, stdin=subprocess.DEVNULL,
                                        stdout=self.log, stderr=self.log, env=self.environment())
        until = time.monotonic() + 30
        while True:
            try:
                self.connect().close()
                break
            except OSError:
                if time.monotonic() > until or self.process.poll() is not None:
                    raise RuntimeError(f"{self.name} does not start: "
                                       + (self.folder / "service.log").read_text()) from None
                time.sleep(0.02)
        self.prepare()

    def environment(self):
        return dict(os.environ)

    def prepare(self):
        """Once it answers."""

    def pid(self):
        return self.process.pid

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), 30)

    def inject(self, fault, length):
        """Makes it happen; returns what happened, a list."""
        raise NotImplementedError

    def beside(self):
        """What else blocked its loop since it was asked last, by its own account."""
        return []

    def ask(self):
        """A request that does nothing wrong: called all the time from a thread of its own."""

    def end(self):
        for client in self.clients:
            client.close()
        self.clients = ()
        if self.process is None or self.log.closed:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            try:
                self.process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()


class Lines:
    """A connection that says a line and gets a line back."""

    def __init__(self, connection):
        self.connection = connection
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = connection.makefile("r", encoding="utf-8", newline="\n")

    def ask(self, line):
        self.connection.sendall(f"{line}\n".encode())
        answer = self.file.readline()
        if not answer:
            raise ConnectionError(f"no answer to '{line}'")
        return answer.strip()

    def close(self):
        self.file.close()
        self.connection.close()


class LineService(Service):
    """Our own programs: "fault NAME MS" is answered with the nanoseconds of CLOCK_MONOTONIC from
    which to which its handler did it, "hello" at once."""

    def prepare(self):
        self.clients = self.faulty, self.other = Lines(self.connect()), Lines(self.connect())
        self.faulty.ask("hello")

    def inject(self, fault, length):
        answer = self.faulty.ask(f"fault {fault.name} {round(1e3 * length)}")
        if not fault.spoils:
            return []
        begin, end = answer.split()
        return [Happened(int(begin) / 1e9, int(end) / 1e9)]

    def ask(self):
        self.other.ask("hello")


class Load:
    """Asks a service every few milliseconds, beside its faults."""

    def __init__(self, service, pause=0.007):
        self.service, self.pause = service, pause
        self.asked = 0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while not self.over.wait(self.pause):
            self.service.ask()
            self.asked += 1

    def end(self):
        self.over.set()
        self.thread.join()
