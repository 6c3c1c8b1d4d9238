# SPDX-License-Identifier: Apache-2.0
"""An asyncio service of python3, on each of the selectors that asyncio can run on."""
import socket
import subprocess
import sys
import threading
import time

from ..service import PROGRAMS, Fault, LineService

LOOKUP_TAKES = 0.06  # s


class SlowResolver:
    """A name server at 127.0.0.1 that knows no name, and takes its time to say so."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 53))
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while True:
            query, peer = self.socket.recvfrom(512)
            if peer[0] == "127.0.0.1" and len(query) < 12:
                return
            time.sleep(LOOKUP_TAKES)
            # The same question, marked as a response that says: no such name.
            self.socket.sendto(query[:2] + b"\x81\x83" + query[4:6] + b"\0" * 6 + query[12:], peer)

    def end(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"end", ("127.0.0.1", 53))
        self.thread.join()
        self.socket.close()


class Asyncio(LineService):
    name = "asyncio"
    selector = "EpollSelector"
    faults = (
        Fault("sleep", ("sleeping",), r"\bslow_sleep$"),
        Fault("compute", ("computing",), r"\bcompute_long$"),
        Fault("dns", ("name lookup",), r"\blook_up$"),
        Fault("sqlite", ("computing",), r"\bquery_database$"),
        Fault("sqlite-locked", ("sleeping",), r"\bwrite_to_locked$"),
        Fault("healthy", (), spoils=False),
    )
    resolver = None

    def command(self):
        program = [sys.executable, str(PROGRAMS / "asyncio_faults.py"), str(self.port), self.selector]
        if not self.resolver:
            return program
        # Only this process sees another resolv.conf.
        return ["unshare", "--mount", "sh", "-c",
                'mount --bind resolv.conf /etc/resolv.conf && exec "$@"', "sh", *program]

    def start(self):
        if any(fault.name == "dns" for fault in self.faults):
            self.start_resolver()
        super().start()

    def start_resolver(self):
        (self.folder / "resolv.conf").write_text("nameserver 127.0.0.1\noptions timeout:5\n")
        try:
            self.resolver = SlowResolver()
            subprocess.run(["unshare", "--mount", "sh", "-c",
                            "mount --bind resolv.conf /etc/resolv.conf"], cwd=self.folder, check=True,
                           capture_output=True)
        except (OSError, subprocess.CalledProcessError):  # no root, or the port is taken
            if self.resolver:
                self.resolver.end()
            self.resolver = None
            self.faults = tuple(fault for fault in self.faults if fault.name != "dns")

    def end(self):
        super().end()
        if self.resolver:
            self.resolver.end()
        self.resolver = None


class PollLoop(Asyncio):
    name = "asyncio, poll"
    selector = "PollSelector"
    faults = tuple(fault for fault in Asyncio.faults if "sqlite" not in fault.name
                   and fault.name != "dns")


class SelectLoop(PollLoop):
    name = "asyncio, select"
    selector = "SelectSelector"
