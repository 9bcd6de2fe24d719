"""
Mutated files of every format through the containers and the signals: `python -m tests.fuzz.assets 1000000`.

Reports exceptions, the slowest files and the memory. `--floods 32` makes no mutations but files of 32 MiB full of one
small thing, and bombs, and states the time and the memory that each takes.
 Every file follows from the seed and its own number, so that
`--only NUMBER --keep FILE` makes one again. Not part of the test suite, which has smaller runs of its own.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from tdm_guard import Judge
from tdm_guard.formats.files.asset import Asset, read_asset
from tdm_guard.formats.files.container import Format
from tdm_guard.formats.files.magic import format_of
from tdm_guard.judging.asset import hear_asset
from tdm_guard.judging.response import Announced
from tdm_guard.model import Posture, Source, Stance
from tdm_guard.signals import SIGNALS
from tdm_guard.signals.shape import Listener
from tests.fuzz.running import LARGEST, SLOW, change, run
from tests.support import documents, pictures
from tests.support.floods import BOMBS, LARGE
from tests.support.memory import peak

WORDS = (
    b"<!DOCTYPE x [<!ENTITY a 'b'>]>",
    b"&a;",
    b"]]>",
    b"<x:xmpmeta>",
    b"\xff\xfe",
    b"PK\x05\x06",
    b"endobj",
    b"/Prev 0",
    b"9" * 20,
)
LISTENERS = tuple(Listener(agent="ExampleBot", posture=posture) for posture in Posture)


def mutated(seeds: list[bytes], number: int, seed: int) -> bytes:
    """File number `number` of the run: a seed with one to eight changes, now and then two of them grown together."""
    rng = random.Random(f"{seed}:{number}")
    data = bytearray(rng.choice(seeds))
    if rng.random() < 0.05:
        other = rng.choice(seeds)
        cut = rng.randrange(len(other))
        data[rng.randrange(len(data)) :] = other[cut:]
    for _ in range(rng.choice((1, 1, 2, 3, 5, 8))):
        change(data, rng, WORDS)
    return bytes(data[:LARGEST])


def hear(data: bytes, wanted: Format, number: int, *, native: bool) -> Counter[str]:
    """Reads one file as the library would, under both postures; returns what came of it."""
    kind = format_of("", data) or wanted
    asset = read_asset(data, kind, complete=number % 4 != 0)
    outcome = Counter[str]()
    outcome["packets"] += bool(asset.packets)
    outcome["unread"] += bool(asset.unread)
    source = Source(url="https://site.example/file", carrier=asset.format.value)
    for signal in SIGNALS:
        if signal.read_asset is None or (signal.name == "c2pa" and not native):
            continue
        for listener in LISTENERS:
            reading = signal.read_asset(asset, source, listener)
            outcome[signal.name + " reserved"] += any(s.stance is Stance.RESERVED for s in reading.statements)
    _bounded(asset, data)
    return outcome


def floods(mebibytes: float) -> int:
    """Large files made to cost, and bombs: a line for each, then the slowest and the one that took most memory."""
    size = int(mebibytes * 2**20)
    worst_time, worst_memory, failed = (0.0, ""), (0.0, ""), 0
    for name, (kind, make) in (LARGE | {f"bomb: {name}": made for name, made in BOMBS.items()}).items():
        data = make(size)
        start = time.process_time()
        _heard(data, kind)
        spent = time.process_time() - start
        _, most = peak(lambda data=data, kind=kind: _heard(data, kind))
        over = (most - 8 * 2**20) / len(data)
        failed += spent > SLOW or over > 3
        worst_time, worst_memory = max(worst_time, (spent, name)), max(worst_memory, (over, name))
        print(f"{name:32} {len(data) / 2**20:7.2f} MiB {1000 * spent:7.0f} ms, {most / 2**20:7.1f} MiB at its peak")
    print(f"slowest: {1000 * worst_time[0]:.0f} ms of CPU ({worst_time[1]})")
    print(f"most memory: {worst_memory[0]:.1f} times the file and 8 MiB ({worst_memory[1]}); {failed} beyond a bound")
    return 1 if failed else 0


def _heard(data: bytes, kind: Format) -> None:
    about = Announced("https://site.example/file", datetime(2026, 1, 1, tzinfo=UTC), 200)
    hear_asset(Judge(usages={"tdm"}, agent="ExampleBot").bench, about, data, kind, complete=True)


def _bounded(asset: Asset, data: bytes) -> None:
    """What is kept of a file stays in proportion to it, or within the bounds of the formats."""
    kept = sum(len(packet.data) for packet in asset.packets)
    assert kept <= max(64 * len(data), 48 * 2**20), f"{kept} bytes kept of {len(data)}"
    assert len(asset.packets) <= 300
    assert len(asset.unread) <= 600
    assert len(asset.tags) <= 4_096


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", type=int, nargs="?", default=10_000, help="how many mutated files")
    parser.add_argument("--seed", type=int, default=20261121)
    parser.add_argument("--first", type=int, default=0, help="number of the first file, to go on with a run")
    parser.add_argument("--only", type=int, help="make and read this one file")
    parser.add_argument("--keep", type=Path, help="write the file of --only here")
    parser.add_argument("--kind", help="only seeds whose name begins so, such as pdf")
    parser.add_argument("--native", action="store_true", help="also the C2PA reader, which is not ours and takes 5 ms")
    parser.add_argument("--floods", type=float, metavar="MIB", help="files of this size made to cost, instead")
    options = parser.parse_args(arguments)
    if options.floods:
        return floods(options.floods)
    named = pictures.seeds() | documents.seeds() | {name: make(2_000) for name, (_, make) in LARGE.items()}
    if options.kind:
        named = {name: data for name, data in named.items() if name.startswith(options.kind)}
    seeds = list(named.values())
    wanted = [format_of("", data) or Format.JPEG for data in seeds]
    first, last = (options.only, options.only + 1) if options.only is not None else (0, options.files)
    numbers = range(first + options.first, last + options.first)
    whole = run(
        f"files of {len(seeds)} seeds",
        lambda number: mutated(seeds, number, options.seed),
        lambda data, number: hear(data, wanted[number % len(wanted)], number, native=options.native),
        numbers,
        keep=options.keep,
    )
    return 0 if whole else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
