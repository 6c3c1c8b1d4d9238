#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Injects known faults into real, unchanged services and scores what `regatta profile` says of them.

usage: profile_score.py REGATTA [--only SERVICE[:FAULT]]… [--tier TIER]… [--count 12] [--check]
                        [--markdown] [--json FILE] [--threshold 0.02] [--programs FOLDER] [--seed 1]

Each service runs on loopback and is asked for a fault again and again, at random moments and for
random times around 60 ms, with requests beside them that do nothing wrong. When each fault began and ended is
what the service itself (or, of nginx and redis, their client) read from CLOCK_MONOTONIC. The healthy
twins ask for the same without faults. For every fault and tier a line:

 injected  stretches longer than the threshold + 5 ms, all of them in the time that was watched
 found     of those, by a stretch that covers most of it
 invented  stretches in which nothing happened
 starved   the same, but the machine gave the service no CPU, which the profile says so
 cause, function, root   of the found ones: its cause is right; it is named after the right function
           (only where the binary has symbols); its stack reaches the thread's start

Exit 1 with --check if the tier ebpf misses a stretch or invents one, or has less than 95 % of the causes,
90 % of the functions or 95 % of the roots right.
"""
import argparse
import json
import pathlib
import random
import shutil
import signal
import sys
import tempfile
import time

from profile_score.corpus import SERVICES
from profile_score.profile_run import TIERS, ProfileRun, missing_tier
from profile_score.score import Score, judge, missed_limits
from profile_score.service import Load

COLUMNS = ("service", "fault", "tier", "injected", "found", "invented", "starved", "cause", "function",
           "root")


def arguments():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1][len("usage: "):],
                                     description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("regatta", type=pathlib.Path)
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--tier", action="append", default=[], choices=TIERS)
    parser.add_argument("--count", type=int, default=12)
    parser.add_argument("--threshold", type=float, default=0.02)
    parser.add_argument("--programs", type=pathlib.Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--markdown", action="store_true")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--keep-reports", type=pathlib.Path, help="a folder for the profiles' JSON")
    options = parser.parse_args()
    options.regatta = options.regatta.resolve()
    if not options.regatta.is_file():
        parser.error(f"there is no program {options.regatta}")
    options.programs = (options.programs or options.regatta.parent / "bench").resolve()
    return options


def say(text):
    print(text, file=sys.stderr, flush=True)


def is_wanted(only, service, fault):
    return not only or any(each in (service, f"{service}:{fault}") for each in only)


def score_fault(options, service, fault, tier, chance):
    """One line of the table."""
    load = Load(service)
    run = None
    happened = []
    try:
        run = ProfileRun(options.regatta, service.pid(), tier, options.threshold, service.folder)
        for _ in range(options.count):
            time.sleep(chance.uniform(0.04, 0.12))
            happened += service.inject(fault, fault.length * chance.uniform(0.5, 1.5))
        time.sleep(0.1)
        happened += service.beside()
    finally:
        load.end()
        if run and sys.exc_info()[0]:
            run.kill()
    told, window, report = run.end()
    if options.keep_reports:
        name = f"{service.name} {fault.name} {tier}".replace(" ", "_").replace(",", "")
        (options.keep_reports / f"{name}.json").write_text(json.dumps(report, indent=1))
    return judge(happened, told, fault, options.threshold, window)


def score_service(options, kind, tiers):
    """[(service, fault, tier, score)]"""
    wanted = [fault.name for fault in kind.faults if is_wanted(options.only, kind.name, fault.name)]
    if not wanted:
        return []
    problem = kind.problem(options)
    if problem:
        say(f"{kind.name}: left out, {problem}")
        return []
    lines = []
    folder = pathlib.Path(tempfile.mkdtemp(prefix="regatta-score-"))
    service = kind(folder)
    try:
        service.start()
        left_out = set(wanted) - {fault.name for fault in service.faults}
        if left_out:
            say(f"{kind.name}: left out for want of root or a free port 53: {', '.join(left_out)}")
        for fault in service.faults:
            if fault.name not in wanted:
                continue
            for tier in tiers:
                chance = random.Random(f"{options.seed} {kind.name} {fault.name}")  # the same for each tier
                score = score_fault(options, service, fault, tier, chance)
                lines.append((kind.name, fault.name, tier, score))
                say(f"{kind.name}, {fault.name}, {tier}: {score.found} of {score.injected} found, "
                    f"{score.invented} invented")
                for sentence in score.wrong:
                    say(f"    {sentence}")
    finally:
        service.end()
        shutil.rmtree(folder)
    return lines


def right(number, whole):
    return f"{number}/{whole}" if whole else "-"


def cells(line):
    service, fault, tier, score = line
    return (service, fault, tier, str(score.injected), str(score.found) if score.injected else "-",
            str(score.invented), str(score.starved), right(score.cause, score.found),
            right(score.function, score.named), right(score.rooted, score.found))


def table(lines):
    rows = [COLUMNS] + [cells(line) for line in lines]
    widths = [max(len(row[at]) for row in rows) for at in range(len(COLUMNS))]
    return "\n".join("  ".join(cell.ljust(width) if at < 3 else cell.rjust(width)
                               for at, (cell, width) in enumerate(zip(row, widths))).rstrip()
                     for row in rows)


def markdown(lines, tiers):
    """The tiers side by side; of what was found the causes, functions and roots that are right."""
    scores = {}
    for service, fault, tier, score in lines:
        scores.setdefault((service, fault), {})[tier] = score

    def of(score):
        parts = [score.cause, score.function if score.named else "-", score.rooted]
        return [right(score.found, score.injected), str(score.invented),
                ", ".join(map(str, parts)) if score.found else "-"]
    rows = [["service", "fault"] + [f"{tier} {what}" for tier in tiers
                                    for what in ("found", "invented", "right")]]
    rows.append(["---"] * len(rows[0]))
    rows += [[*name] + [cell for tier in tiers for cell in of(by_tier[tier])]
             for name, by_tier in scores.items()]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def sums(lines, tiers):
    return [("all", "", tier, sum((score for *_, of, score in lines if of == tier), Score()))
            for tier in tiers]


def main():
    options = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that services are ended
    tiers = []
    for tier in options.tier or TIERS:
        problem = missing_tier(options.regatta, tier)
        if problem:
            say(f"tier {tier}: left out, {problem}")
        else:
            tiers.append(tier)
    lines = []
    for kind in SERVICES:
        lines += score_service(options, kind, tiers)
    if not lines:
        raise SystemExit("profile_score.py: nothing was measured")
    lines += sums(lines, tiers)
    print(markdown(lines, tiers) if options.markdown else table(lines))
    if options.json:
        options.json.write_text(json.dumps(
            [dict(zip(COLUMNS, (service, fault, tier)), **vars(score))
             for service, fault, tier, score in lines], indent=1))
    missed = [sentence for service, _, tier, score in lines if service == "all" and tier == "ebpf"
              for sentence in missed_limits(score)]
    for sentence in missed:
        say(f"missed: ebpf: {sentence}")
    return 1 if options.check and missed else 0


if __name__ == "__main__":
    sys.exit(main())
