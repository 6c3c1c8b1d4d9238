# SPDX-License-Identifier: Apache-2.0
"""A server whose loop waits by io_uring_enter."""
from ..service import Fault, LineService


class Uring(LineService):
    name = "io_uring"
    programs = None
    faults = (
        Fault("spin", ("computing",), r"\bspin_long\b|\bcpu_time\b"),
        Fault("sleep", ("sleeping",), r"\bsleep_long\b"),
        Fault("healthy", (), spoils=False),
    )

    @classmethod
    def problem(cls, options):
        cls.programs = options.programs
        if (options.programs / "regatta_score_uring").exists():
            return None
        return f"{options.programs} has no regatta_score_uring: build with -DREGATTA_BENCHMARKS=ON"

    def command(self):
        return [str(self.programs / "regatta_score_uring"), str(self.port)]
