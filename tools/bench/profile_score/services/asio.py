# SPDX-License-Identifier: Apache-2.0
"""A Boost.Asio server whose io_context is served by one thread or by four."""
import time

from ..service import Fault, LineService


class OneThread(LineService):
    name = "asio, 1 thread"
    threads = 1
    programs = None  # the folder of regatta_score_asio
    faults = (
        Fault("spin", ("computing",), r"\bspin_long\b|\bcpu_time\b"),
        Fault("sleep", ("sleeping",), r"\bsleep_long\b"),
        Fault("fsync", ("file sync",), r"\bsync_file\b"),
        Fault("mutex", ("a mutex",), r"\btake_mutex\b"),
        Fault("future", ("a condition variable",), r"\bwait_for_future\b"),
        Fault("healthy", (), spoils=False),
    )

    @classmethod
    def problem(cls, options):
        cls.programs = options.programs
        if (options.programs / "regatta_score_asio").exists():
            return None
        return f"{options.programs} has no regatta_score_asio: build with -DREGATTA_BENCHMARKS=ON"

    def command(self):
        return [str(self.programs / "regatta_score_asio"), str(self.port), str(self.threads)]


class FourThreads(OneThread):
    name = "asio, 4 threads"
    threads = 4


class IdleThreads(FourThreads):
    """Nothing but a timer every 100 ms: three of its four threads park all the time."""
    name = "asio, 4 idle"
    faults = (Fault("idle", (), spoils=False),)

    def inject(self, fault, length):
        time.sleep(length)
        return []

    def ask(self):
        pass
