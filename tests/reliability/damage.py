"""Spoil a workspace at random places and run commands on it: ``python -m … --places 200``."""

import argparse
import io
import os
import random
import re
import resource
import shutil
import sqlite3
import sys
import tempfile
from collections import Counter
from contextlib import closing, redirect_stdout
from pathlib import Path

from app.cli.main import answer
from tests.reliability.city import ended, forked, make_city

UNEXPECTED = re.compile(r"Traceback|意外|unexpected", re.IGNORECASE)
ROWS = "project_id,name,unit_id,stage\nN1,新项目,330481,in_talks\n"


def run(arguments, folder, limit=None):
    """Run one command in a process of its own; exit code and what stands on standard error."""
    error = folder / "stderr.txt"

    def work():
        for stream, name in ((1, os.devnull), (2, error)):
            os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), stream)
        # The tests' runner has streams of its own.
        sys.stdout, sys.stderr = (os.fdopen(stream, "w", encoding="utf-8") for stream in (1, 2))
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        code = answer([str(argument) for argument in arguments])
        sys.stderr.flush()
        os._exit(code)

    code = ended(forked(work))
    return code, error.read_text(encoding="utf-8", errors="replace")


def commands(path, rows):
    return (
        ("info", path), ("check", path, "--year", 2025),
        ("import", path, rows, "--layer", "projects"),
    )  # fmt: skip


def problem(code, error, is_unchanged):
    """Say what is wrong with how a command ended, None where nothing is."""
    if code not in {0, 2}:
        return f"exit {code}"
    if UNEXPECTED.search(error):
        return "unexpected"
    if code == 2 and len(error.splitlines()) != 1:
        return f"{len(error.splitlines())} lines"
    if code == 2 and not is_unchanged:
        return "written"
    return None


def attempt(path, rows, folder, limit=None):
    """Run every command on a file; how they ended, and what is wrong."""
    counts, faults = Counter(), []
    for arguments in commands(path, rows):
        before = path.read_bytes()
        code, error = run(arguments, folder, limit)
        counts[arguments[0], code] += 1
        wrong = problem(code, error, path.read_bytes() == before)
        if wrong:
            faults.append((arguments[0], wrong, error.strip()[-300:]))
        if path.read_bytes() != before:
            path.write_bytes(before)
    return counts, faults


def spoilt(whole, chance):
    """Cut a file, or change some bytes of it; what was done, and the bytes."""
    if chance.random() < 0.2:
        size = chance.randrange(len(whole))
        return f"cut at {size}", whole[:size]
    content = bytearray(whole)
    place = chance.randrange(len(whole)) if chance.random() < 0.8 else chance.randrange(100)
    count = chance.choice([1, 1, 4, 64, 4096])
    for at in range(place, min(place + count, len(whole))):
        content[at] ^= chance.randrange(1, 256)
    return f"{count} bytes at {place}", bytes(content)


def play(folder, places, seed=0):
    """Spoil a file at ``places`` places and run the commands on each."""
    chance = random.Random(seed)
    city, rows = folder / "city.gpkg", folder / "rows.csv"
    make_city(city)
    rows.write_text(ROWS, encoding="utf-8")
    whole = city.read_bytes()
    with redirect_stdout(io.StringIO()):
        for arguments in commands(city, rows):  # loads what the processes then begin with
            answer([str(argument) for argument in arguments])
    city.write_bytes(whole)
    counts, faults = attempt(city, rows, folder)
    assert counts == {(name, 0): 1 for name in ("info", "check", "import")}, (counts, faults)
    counts = Counter()
    path = folder / "w.gpkg"
    for number in range(places):
        what, content = spoilt(whole, chance)
        path.write_bytes(content)
        ends, wrong = attempt(path, rows, folder)
        counts += ends
        faults += [(number, what, *fault) for fault in wrong]
        for fault in wrong:
            print(number, what, *fault, flush=True)
        tidy(path)
        if number % 10 == 9:
            print(number + 1, dict(counts), flush=True)
    for what, spoil in OTHERS.items():
        shutil.copyfile(city, path)
        spoil(path)
        ends, wrong = attempt(path, rows, folder)
        counts += ends
        faults += [(what, *fault) for fault in wrong]
        for fault in wrong:
            print(what, *fault, flush=True)
        tidy(path)
    return counts, faults


def full_disk(folder, limits=6):
    """Let the file grow by less and less than an import takes: refused, and nothing changed."""
    city, rows = folder / "full.gpkg", folder / "many.csv"
    make_city(city)
    lines = [f"N{n},{'新项目' * 30}{n},330481,in_talks\n" for n in range(2000)]
    rows.write_text("project_id,name,unit_id,stage\n" + "".join(lines), encoding="utf-8")
    size, refused, faults = city.stat().st_size, 0, []
    before = city.read_bytes()
    for number in range(limits):
        code, error = run(("import", city, rows, "--layer", "projects"), folder,
                          limit=size + 4096 * number * 3)  # fmt: skip
        refused += code == 2
        wrong = problem(code, error, city.read_bytes() == before)
        if wrong or code != 2:
            faults.append((number, code, wrong, error))
        tidy(city, keep=True)
    return refused, faults


def tidy(path, *, keep=False):
    for beside in path.parent.glob(f"{path.name}*"):
        if beside.is_dir():
            shutil.rmtree(beside)
        elif not (keep and beside == path):
            beside.unlink()


def _sql(*statements):
    def spoil(path):
        with closing(sqlite3.connect(path)) as connection, connection:
            for statement in statements:
                connection.execute(statement)

    return spoil


OTHERS = {
    "not ours": _sql("DROP TABLE muplan_meta"),
    "newer": _sql("UPDATE muplan_meta SET value = '99' WHERE key = 'schema_version'"),
    "no audit": _sql("DROP TABLE muplan_audit"),
    "no provenance": _sql("DROP TABLE muplan_provenance"),
    "no changes": _sql("DROP TABLE muplan_changes"),
    "no projects": _sql("DROP TABLE projects"),
    "no parcels": _sql("DROP TABLE land_parcels"),
    "no contents": _sql("DROP TABLE gpkg_contents"),
    "bad crs": _sql("UPDATE muplan_meta SET value = 'nowhere' WHERE key = 'crs'"),
    "bad seals": _sql("UPDATE muplan_changes SET seals = '{'"),
    "bad number": _sql("UPDATE muplan_changes SET undoes = 'x', breaks = 'y'"),
    "bad rows": _sql("UPDATE muplan_audit SET rows = 'many'"),
    "bad as of": _sql("UPDATE muplan_meta SET value = 'once' WHERE key = 'as_of'"),
    "bad sequence": _sql("UPDATE project_events SET entry_seq = 'x'"),
    "bad key": _sql("UPDATE projects SET project_id = NULL"),
}
"""What another program may have done to a file."""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--places", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        counts, faults = play(Path(folder), asked.places, asked.seed)
        refused, left = full_disk(Path(folder))
    for (command, code), count in sorted(counts.items()):
        print(f"{command}, exit {code}: {count}")
    print(f"refused where the file could not grow: {refused}", *left, sep="\n")
    print(f"faults: {len(faults)}", *faults, sep="\n")


if __name__ == "__main__":
    main()
