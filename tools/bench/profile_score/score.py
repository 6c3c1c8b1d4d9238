# SPDX-License-Identifier: Apache-2.0
"""What a profile says held against what happened. Pure: no process, no clock."""
import dataclasses
import re

MARGIN = 0.005  # s; a stretch that is longer than the threshold by this must be found


@dataclasses.dataclass
class Happened:
    """A stretch that the service's loop was really blocked for, in seconds of CLOCK_MONOTONIC; with
    `took`, for so long at some time between begin and end."""
    begin: float
    end: float
    took: float = 0
    injected: bool = True  # False: it happened by itself; it may be told and need not

    @property
    def length(self):
        return self.took or self.end - self.begin


@dataclasses.dataclass
class Told:
    """A stretch that the profile tells of."""
    begin: float
    end: float
    cause: str
    function: str  # that it is named after; "" if none is known
    has_name: bool  # a name and not an address
    reaches_start: bool  # its stack
    starved: float = 0  # s of it in which the machine gave it no CPU
    raw: dict = dataclasses.field(default_factory=dict, repr=False)

    @property
    def length(self):
        return self.end - self.begin


@dataclasses.dataclass
class Score:
    """The figures of a line of the table; they add up."""
    injected: int = 0
    found: int = 0
    invented: int = 0
    starved: int = 0  # the machine gave the service no CPU: true, but nobody's fault
    cause: int = 0
    named: int = 0  # found ones whose function had to be named
    function: int = 0
    rooted: int = 0
    wrong: list = dataclasses.field(default_factory=list)  # sentences

    def __add__(self, other):
        return Score(*(getattr(self, field.name) + getattr(other, field.name)
                       for field in dataclasses.fields(Score)))


def overlap(one, other):
    return max(0.0, min(one.end, other.end) - max(one.begin, other.begin))


def is_invented(told, happened):
    """Most of what the service did in it is nothing that happened."""
    return 2 * sum(overlap(told, each) for each in happened) < told.length - told.starved


def judge(happened, told, fault, threshold, window):
    """`fault` says which causes are right and which function; `window`: what was watched.
    Everything that happened excuses a stretch, but only what is long enough and lies in the window
    has to be found."""
    score = Score()
    begin, end = window
    for each in happened:
        too_short = each.length < threshold + MARGIN
        if not each.injected or too_short or each.begin < begin or each.end > end:
            continue
        score.injected += 1
        candidates = [one for one in told if 2 * overlap(one, each) > each.length]
        if not candidates:
            score.wrong.append(f"not found: {1e3 * each.length:.1f} ms at {each.begin - begin:.3f} s")
            continue
        best = max(candidates, key=lambda one: overlap(one, each))
        score.found += 1
        place = f"{1e3 * best.length:.1f} ms at {best.begin - begin:.3f} s"
        if best.cause in fault.causes:
            score.cause += 1
        else:
            score.wrong.append(f"cause of {place}: {best.cause}, not {' or '.join(fault.causes)}")
        if fault.function:
            score.named += 1
            if re.search(fault.function, best.function):
                score.function += 1
            else:
                score.wrong.append(f"function of {place}: {best.function or 'none'}")
        if best.reaches_start:
            score.rooted += 1
        else:
            outermost = best.raw.get("stack") or [{"function": "no stack"}]
            score.wrong.append(f"stack of {place} ends at {outermost[-1]['function']}"
                               f" {best.raw.get('stack_problem') or ''}")
    for each in told:
        if not is_invented(each, happened):
            continue
        if each.cause == "waiting for a CPU":
            score.starved += 1
            continue
        score.invented += 1
        score.wrong.append(f"invented: {1e3 * each.length:.1f} ms at {each.begin - begin:.3f} s, "
                           f"{each.cause} in {each.function or 'no function'}")
    return score


def missed_limits(score):
    """Which of the limits are missed, as sentences."""
    def share(part, whole, least, what):
        if whole and part < least * whole:
            yield f"{what}: {part} of {whole}, {100 * least:.0f} % are asked for"

    if score.found < score.injected:
        yield f"found: {score.found} of {score.injected}"
    if score.invented:
        yield f"invented: {score.invented}"
    yield from share(score.cause, score.found, 0.95, "cause right")
    yield from share(score.function, score.named, 0.90, "function right")
    yield from share(score.rooted, score.found, 0.95, "stack to the thread's start")
