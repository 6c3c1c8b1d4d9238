#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""clang-tidy over the sources of a compilation database; what was clean and has not changed is not looked at again.

usage: clang_tidy.py [--build FOLDER] [--jobs N] [--cache FOLDER] REGEX
       prints what clang-tidy finds in the files whose path REGEX is found in; exit 1 if that is anything

A file is the same if its command, the settings, the version of clang-tidy and the content of all that it includes
are; paths count from the root of the checkout, so that another checkout has the same cache. As with a compiler cache, a
header that is new and would be found before one that is known goes unnoticed until something else changes.
"""
import argparse
import concurrent.futures
import functools
import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import zlib
from pathlib import Path

MOST_REMEMBERED = 8  # states of one file that were clean: branches come and go


def digest(*parts):
    total = hashlib.sha256()
    for part in parts:
        total.update(part if isinstance(part, bytes) else part.encode())
        total.update(b"\0")
    return total.hexdigest()


@functools.cache
def content_digest(path):
    try:
        return digest(Path(path).read_bytes())
    except OSError:
        return "missing"


def default_cache(root):
    if shutil.which("ccache"):
        asked = subprocess.run(["ccache", "--get-config", "cache_dir"], capture_output=True, text=True,
                               check=False)
        if asked.returncode == 0 and asked.stdout.strip():
            return Path(asked.stdout.strip()) / "regatta-clang-tidy"
    return root / "build" / "clang-tidy-cache"


class Tidy:
    def __init__(self, build, cache, program="clang-tidy-14", root=None):
        self.build = build
        self.cache = cache
        self.program = program
        self.root = root or Path(__file__).resolve().parents[2]
        version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
        self.settings = digest(version, (self.root / ".clang-tidy").read_bytes())

    def from_root(self, text):
        return text.replace(f"{self.root}/", "").replace(str(self.root), ".")

    def manifest_of(self, entry):
        """Where it stands in what states this file was clean."""
        return self.cache / digest(self.settings, self.from_root(entry["command"]), self.from_root(entry["file"]))

    def state_of(self, names):
        """One digest of the content of all these files."""
        return digest(*(f"{name}={content_digest(os.path.join(self.root, name))}" for name in names))

    def is_known(self, entry):
        return any(self.state_of(names) == state for names, state in self.remembered(entry))

    def remembered(self, entry):
        try:
            return json.loads(zlib.decompress(self.manifest_of(entry).read_bytes()))
        except (OSError, ValueError, zlib.error):
            return []

    def remember(self, entry, names, state):
        known = [[names, state], *self.remembered(entry)][:MOST_REMEMBERED]
        self.cache.mkdir(parents=True, exist_ok=True)
        place = self.manifest_of(entry)
        fresh = place.with_suffix(f".{os.getpid()}")
        fresh.write_bytes(zlib.compress(json.dumps(known).encode()))
        fresh.replace(place)

    def files_of(self, entry):
        """All that the compiler reads for it, from the root where they are in it."""
        words = shlex.split(entry["command"])
        while Path(words[0]).name == "ccache":
            words.pop(0)
        at = words.index("-o")
        del words[at:at + 2]
        made = subprocess.run([*words, "-M", "-MT", "it"], cwd=entry["directory"], capture_output=True, text=True,
                              check=False)
        if made.returncode != 0:
            return None
        names = made.stdout.partition(":")[2].replace("\\\n", " ").split()
        return sorted({self.from_root(os.path.normpath(os.path.join(entry["directory"], name))) for name in names})

    def look_at(self, entry):
        """What is wrong with the file: nothing where all is well."""
        if self.is_known(entry):
            return None
        names = self.files_of(entry)
        state = self.state_of(names) if names else None
        ran = subprocess.run([self.program, "-p", str(self.build), "--quiet", entry["file"]], capture_output=True,
                             text=True, check=False)
        if ran.returncode != 0:
            return f"{ran.stdout}{ran.stderr}{self.program} ended with {ran.returncode}"
        if names:
            self.remember(entry, names, state)
        return ""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=Path, default=Path("build/clang"))
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--cache", type=Path)
    parser.add_argument("regex")
    chosen = parser.parse_args()
    root = Path(__file__).resolve().parents[2]
    tidy = Tidy(chosen.build.resolve(), chosen.cache or default_cache(root))
    commands = json.loads((chosen.build / "compile_commands.json").read_text())
    entries = {each["file"]: each for each in commands if re.search(chosen.regex, each["file"])}.values()
    if not entries:
        print(f"no source in {chosen.build} matches '{chosen.regex}'", file=sys.stderr)
        return 1
    known = found = 0
    with concurrent.futures.ThreadPoolExecutor(chosen.jobs) as pool:
        looks = {pool.submit(tidy.look_at, each): each["file"] for each in entries}
        for done in concurrent.futures.as_completed(looks):
            wrong = done.result()
            known += wrong is None
            found += bool(wrong)
            print(tidy.from_root(looks[done]) + (": unchanged" if wrong is None else ""), flush=True)
            if wrong:
                print(wrong, flush=True)
    print(f"{len(entries)} files, {known} of them unchanged since they were clean, {found} with findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
