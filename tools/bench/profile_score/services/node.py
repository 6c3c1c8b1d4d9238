# SPDX-License-Identifier: Apache-2.0
"""A Node.js service, with a perf map for its JavaScript functions and without."""
import os
import shutil
import threading
import time

from ..score import Happened
from ..service import PROGRAMS, Fault, LineService


class Node(LineService):
    name = "node"
    flags = ("--perf-basic-prof", "--interpreted-frames-native-stack", "--no-logfile-per-isolate",
             "--logfile=/dev/null")
    # V8 may compile the function into its caller, answer.
    faults = (
        Fault("read", ("file access",), r"\breadConfiguration\b|\banswer\b"),
        Fault("json", ("computing",), r"\bparseDocument\b|\banswer\b"),
        Fault("regex", ("computing",), r"\bmatchInput\b|RegExp|\banswer\b"),
        Fault("wait", ("a condition variable",), r"\bwaitForWorker\b|\banswer\b"),
        Fault("healthy", (), spoils=False),
    )

    @classmethod
    def problem(cls, options):
        return None if shutil.which("node") else "there is no node (package nodejs)"

    def command(self):
        return ["node", *self.flags, str(PROGRAMS / "node_faults.mjs"), str(self.port)]

    def start(self):
        os.mkfifo(self.folder / "slow.conf")
        super().start()

    def inject(self, fault, length):
        if fault.name != "read":
            return super().inject(fault, length)
        writer = threading.Thread(target=self.write_slowly, args=(length,))
        writer.start()
        happened = super().inject(fault, length)
        writer.join()
        return happened

    def beside(self):
        """Collections of garbage."""
        times = [int(word) / 1e9 for word in self.faulty.ask("garbage").split()]
        return [Happened(begin, end, injected=False) for begin, end in zip(times[::2], times[1::2])]

    def write_slowly(self, length):
        """Its reader waits in open until then."""
        time.sleep(length)
        with open(self.folder / "slow.conf", "w", encoding="utf-8") as file:
            file.write("{}")

    def end(self):
        super().end()
        if self.process:
            for left in (f"/tmp/perf-{self.process.pid}.map",):
                if os.path.exists(left):
                    os.unlink(left)


class NodeWithoutMap(Node):
    """V8's and Node's own functions are named then."""
    name = "node, no map"
    flags = ()
    faults = (
        Fault("read", ("file access",), r"\bnode::fs::|\buv__?fs_"),
        Fault("json", ("computing",), r"\bv8::internal::|\bv8::JSON"),
        Fault("regex", ("computing",), r"RegExp"),
        Fault("healthy", (), spoils=False),
    )
