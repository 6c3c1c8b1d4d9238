#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs workloads of regatta in plain Python: asyncio, threads, processes of the standard library.

Speaks the protocol of docs/external-backends.md on stdin and stdout: a JSON object a line.
"""
import _multiprocessing
import asyncio
import gc
import json
import multiprocessing
import multiprocessing.resource_tracker
import multiprocessing.shared_memory
import multiprocessing.synchronize
import os
import platform
import signal
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import twin_workloads  # noqa: E402  (beside this file, wherever it was started from)

PROTOCOL = 1
APPROACHES = {
    "asyncio": "one event loop; what computes, computes on the loop",
    "thread": "a ThreadPoolExecutor",
    "process": "a ProcessPoolExecutor; inputs and answers are pickled",
    "shared-memory": "a ProcessPoolExecutor over one multiprocessing.shared_memory block",
}


def say(message):
    sys.stdout.write(json.dumps(message, separators=(",", ":")) + "\n")


class Epoch:
    """Hands out sequence numbers until the epoch is over, and keeps what came of them."""

    def __init__(self, plan):
        self.first_index = plan["first_index"]
        self.in_flight = plan["in_flight"]
        self.start = time.monotonic_ns()
        self.end_ns = plan.get("end_ns")
        self.items = plan.get("items")
        self.due_ns = plan.get("due_ns")
        self.stagger_ns = plan.get("stagger_ns", 0)
        self.lock = threading.Lock()
        self.next = 0
        self.records = []

    def claim(self):
        """(sequence, when it is due) or None."""
        now = time.monotonic_ns()
        with self.lock:
            if self.end_ns is not None and now >= self.end_ns:
                return None
            if self.items is not None and self.next >= self.items:
                return None
            if self.due_ns is not None and self.next >= len(self.due_ns):
                return None
            sequence = self.next
            self.next += 1
        if self.due_ns is not None:
            return sequence, self.due_ns[sequence]
        if sequence < self.in_flight:
            now = max(now, self.start + self.stagger_ns * sequence // self.in_flight)
        return sequence, now

    def settle(self, sequence, began, answer, error=None):
        self.records.append((sequence, began, time.monotonic_ns(), answer, error))

    def report(self):
        for sequence, began, ended, answer, error in self.records:
            item = {"say": "item", "sequence": sequence, "began_ns": began, "ended_ns": ended}
            if error is None:
                item["answer"] = answer.hex()
            else:
                item["error"] = error
            say(item)
        say({"say": "epoch", "items": self.next, "cpu_ns": time.process_time_ns()})


def sleep_until(when):
    left = when - time.monotonic_ns()
    if left > 0:
        time.sleep(left / 1e9)


def sentence(error):
    return f"{type(error).__name__}: {error}"


class AsyncioApproach:
    def __init__(self, opening, workload):
        self.workload = workload
        self.workers = 1
        self.capacity = opening["in_flight"]
        self.loop = asyncio.new_event_loop()

    async def slot(self, epoch):
        while (claimed := epoch.claim()) is not None:
            sequence, due = claimed
            wait = due - time.monotonic_ns()
            await asyncio.sleep(max(0, wait) / 1e9)
            try:
                answer = await self.workload.run_async(epoch.first_index + sequence)
                epoch.settle(sequence, due, answer)
            except Exception as error:  # an item's failure is the item's
                epoch.settle(sequence, due, b"", sentence(error))

    async def slots(self, epoch):
        await asyncio.gather(*(self.slot(epoch) for _ in range(epoch.in_flight)))

    def run(self, epoch):
        self.loop.run_until_complete(self.slots(epoch))

    def close(self):
        self.loop.run_until_complete(self.workload.close_async())
        self.loop.close()


class PoolApproach:
    """An executor that always has as many items as it can work on."""

    def run(self, epoch):
        done = threading.Semaphore(0)
        slots = min(epoch.in_flight, self.outstanding)

        def next_item():
            claimed = epoch.claim()
            if claimed is None:
                done.release()
                return
            sequence, due = claimed
            future = self.submit(epoch.first_index + sequence, due)
            future.add_done_callback(lambda ended: settle(sequence, due, ended))

        def settle(sequence, due, ended):
            try:
                epoch.settle(sequence, due, ended.result())
            except Exception as error:
                epoch.settle(sequence, due, b"", sentence(error))
            try:
                next_item()
            except Exception as error:  # the pool is broken: what is left, fails
                while (claimed := epoch.claim()) is not None:
                    epoch.settle(claimed[0], claimed[1], b"", sentence(error))
                done.release()

        for _ in range(slots):
            next_item()
        for _ in range(slots):
            done.acquire()

    def close(self):
        self.pool.shutdown()


class ThreadApproach(PoolApproach):
    def __init__(self, opening, workload):
        self.workers = self.outstanding = self.capacity = workers_for(opening, workload)
        self.pool = ThreadPoolExecutor(self.workers)
        self.workload = workload
        # All threads exist before anything is measured.
        barrier = threading.Barrier(self.workers + 1)
        for _ in range(self.workers):
            self.pool.submit(barrier.wait)
        barrier.wait()

    def submit(self, index, due):
        return self.pool.submit(self.run_one, index, due)

    def run_one(self, index, due):
        sleep_until(due)
        return self.workload.run(index)


# Of a worker process.
worker_workload = None


def begin_worker(opening, shared, ready):
    global worker_workload
    die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    worker_workload = twin_workloads.open_workload(opening, shared)
    ready.release()


def warm_up():
    pass


def forget(name):
    try:
        _multiprocessing.sem_unlink(name)
    except FileNotFoundError:
        pass


def forget_semaphores():
    """All workers have them open: without their names nothing is left of them if we are killed."""
    for each in gc.get_objects():
        if isinstance(each, multiprocessing.synchronize.SemLock) and each._semlock.name:
            forget(each._semlock.name)  # forked workers have inherited them: these have no name


def forget_and_unregister(name):
    forget(name)
    multiprocessing.resource_tracker.unregister(name, "semaphore")


def run_input(index, data, due):
    sleep_until(due)
    return worker_workload.run_input(index, data)


def run_index(index, due):
    sleep_until(due)
    return worker_workload.run(index)


class ProcessApproach(PoolApproach):
    shared = None

    def __init__(self, opening, workload):
        # At an orderly end they are forgotten a second time.
        multiprocessing.synchronize.SemLock._cleanup = staticmethod(forget_and_unregister)
        self.workload = workload
        self.workers = workers_for(opening, workload)
        # Where the work computes, each has its next waiting while it runs one.
        self.outstanding = self.workers * (2 if workload.computes else 1)
        self.capacity = min(opening["in_flight"], self.outstanding)
        context = multiprocessing.get_context(opening["options"].get("start", "fork"))
        ready = context.Semaphore(0)
        name = self.shared and self.shared.name
        self.pool = ProcessPoolExecutor(self.workers, context, begin_worker,
                                        (opening, name, ready))
        begun = [self.pool.submit(warm_up) for _ in range(self.workers)]
        for _ in range(self.workers):
            if not ready.acquire(timeout=80):
                raise RuntimeError("a worker process did not begin within 80 s")
        for each in begun:
            each.result()
        forget_semaphores()

    def submit(self, index, due):
        return self.pool.submit(run_input, index, self.workload.input(index), due)


class SharedMemoryApproach(ProcessApproach):
    def __init__(self, opening, workload):
        self.shared = multiprocessing.shared_memory.SharedMemory(create=True, size=len(workload.dataset))
        try:
            self.shared.buf[:] = workload.dataset
            super().__init__(opening, workload)
        finally:
            self.shared.unlink()  # every worker has it by now: nothing is left if we are killed

    def submit(self, index, due):
        return self.pool.submit(run_index, index, due)

    def close(self):
        super().close()
        self.shared.close()


def workers_for(opening, workload):
    asked = opening["options"].get("workers", "auto")
    if asked != "auto":
        return int(asked)
    if workload.computes:
        return len(os.sched_getaffinity(0))
    return max(1, min(32, opening["in_flight"]))  # what ThreadPoolExecutor stops at


def die_with_parent():
    try:
        import ctypes
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    except (ImportError, AttributeError, OSError):
        pass  # then only an orderly end takes the workers along


def hello():
    holds = getattr(sys, "_is_gil_enabled", lambda: True)()
    return {"say": "hello", "protocol": PROTOCOL, "name": "python",
            "runtime": f"{platform.python_implementation()} {platform.python_version()}",
            "interpreter_lock": holds, "approaches": APPROACHES,
            "workloads": sorted(twin_workloads.WORKLOADS)}


def open_approach(message):
    kinds = {"asyncio": AsyncioApproach, "thread": ThreadApproach, "process": ProcessApproach,
             "shared-memory": SharedMemoryApproach}
    # Other processes find the data by this process's descriptor.
    message["dataset"] = message["dataset"].replace("/dev/fd/", f"/proc/{os.getpid()}/fd/")
    workload = twin_workloads.open_workload(message)
    return kinds[message["approach"]](message, workload)


def main():
    approach = None
    for line in sys.stdin:
        message = json.loads(line)
        if message["say"] == "hello":
            say(hello())
        elif message["say"] == "open":
            began = time.monotonic()
            if message["approach"] not in APPROACHES:
                say({"say": "unavailable",
                     "reason": f"there is no approach '{message['approach']}' in Python"})
            elif message["workload"] not in twin_workloads.WORKLOADS:
                say({"say": "unavailable", "reason": f"'{message['workload']}' is not written in "
                     f"Python; these are: {', '.join(sorted(twin_workloads.WORKLOADS))}"})
            else:
                approach = open_approach(message)
                say({"say": "ready", "workers": approach.workers, "capacity": approach.capacity,
                     "startup_seconds": time.monotonic() - began})
        elif message["say"] == "epoch":
            epoch = Epoch(message)
            approach.run(epoch)
            epoch.report()
        elif message["say"] == "bye":
            break
        sys.stdout.flush()
    if approach is not None:
        approach.close()


if __name__ == "__main__":
    main()
