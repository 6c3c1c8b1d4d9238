#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The tables of README.md are what `regatta list --markdown` prints.

usage: readme_table.py --check|--write REGATTA [README]

--check exits 1 and shows the difference if they are not the same; --write makes them so.
"""
import difflib
import subprocess
import sys
from pathlib import Path

BEGIN = "<!-- generated: regatta list --markdown -->"
END = "<!-- end -->"


def with_table(readme, table):
    """`readme` with `table` between its markers. ValueError, as a sentence, if they are not there."""
    head, begin, rest = readme.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"no '{BEGIN}' followed by '{END}'")
    return f"{head}{BEGIN}\n{table.strip()}\n{END}{tail}"


def main(arguments):
    if len(arguments) not in (2, 3) or arguments[0] not in ("--check", "--write"):
        print(__doc__, file=sys.stderr)
        return 2
    mode, regatta = arguments[:2]
    path = Path(arguments[2]) if len(arguments) == 3 else Path(__file__).parents[2] / "README.md"
    table = subprocess.run([regatta, "list", "--markdown"], check=True, text=True,
                           stdout=subprocess.PIPE).stdout
    old = path.read_text(encoding="utf-8")
    try:
        new = with_table(old, table)
    except ValueError as error:
        print(f"{path}: {error}", file=sys.stderr)
        return 1
    if mode == "--write":
        if new != old:
            path.write_text(new, encoding="utf-8")
    elif new != old:
        print("\n".join(difflib.unified_diff(old.splitlines(), new.splitlines(), str(path),
                                             "regatta list --markdown", lineterm="", n=1)))
        print(f"to mend it: tools/lint/readme_table.py --write {regatta}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
