# SPDX-License-Identifier: Apache-2.0
"""An adapter that breaks docs/external-backends.md in the way its argument says."""
import json
import sys
import time

how = sys.argv[1]


def say(**message):
    print(json.dumps(message), flush=True)


def items(count, answer="00", **more):
    for sequence in range(count):
        now = time.monotonic_ns()
        item = {"say": "item", "sequence": sequence, "began_ns": now, "ended_ns": now,
                "answer": answer}
        item.update(more)
        say(**item)


for line in sys.stdin:
    said = json.loads(line)["say"]
    if said == "hello":
        if how == "dies-at-once":
            sys.exit("no module named luck")
        if how == "greets-with-garbage":
            print("Welcome to the adapter!", flush=True)
            continue
        protocol = 9 if how == "other-protocol" else 1
        say(say="hello", protocol=protocol, name="hostile", runtime="none", interpreter_lock=None,
            approaches={"it": "the only one"}, workloads=["tokenize"])
    elif said == "open":
        if how == "cannot-open":
            say(say="unavailable", reason="the moon is in the wrong phase")
        elif how == "opens-with-nonsense":
            say(say="ready", workers="many", capacity=1)
        else:
            say(say="ready", workers=1, capacity=1)
    elif said == "epoch":
        if how == "hangs":
            time.sleep(3600)
        if how == "dies":
            items(2)
            sys.exit("out of luck")
        if how == "babbles":
            print("Segmentation fault (core not dumped)", flush=True)
        if how == "answers-wrong":
            items(5)
            say(say="epoch", items=5)
        if how == "digests-wrong":
            for sequence in range(5):
                now = time.monotonic_ns()
                say(say="item", sequence=sequence, began_ns=now, ended_ns=now, digest="0" * 16)
            say(say="epoch", items=5)
        if how == "throws":
            items(5, error="ValueError: not today")
            say(say="epoch", items=5)
        if how == "lies-about-time":
            items(5, began_ns=1, ended_ns=2)
            say(say="epoch", items=5)
        if how == "comes-from-the-future":
            items(5, ended_ns=time.monotonic_ns() + 10**12)
            say(say="epoch", items=5)
        if how == "forgets":
            items(5)
            say(say="epoch", items=7)
        if how == "repeats":
            items(5)
            items(1)
            say(say="epoch", items=6)
        if how == "invents":
            items(5)
            say(say="epoch", items=3)
    elif said == "bye":
        break
