"""What the fuzzers share: changes to bytes, and a run that tells of exceptions, of the slowest inputs and of memory."""

from __future__ import annotations

import heapq
import random
import resource
import signal
import struct
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support.memory import resident

MIB = 2**20
SLOW = 1.0  # seconds of CPU for one small input that are reported as a finding
HANGS = 60  # seconds of CPU after which one is given up
LARGEST = 400_000  # bytes a mutated input may grow to
NUMBERS = (0, 1, 2, 7, 8, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 2**63 - 1, 2**64 - 1)
SHOWN = 10  # failures that are shown whole, and inputs that are named as the slowest


def change(data: bytearray, rng: random.Random, words: tuple[bytes, ...]) -> None:
    """One change to `data`: bytes turned, lost, repeated, exchanged, lengths that lie, one of `words` put in."""
    if not data:
        return
    at = rng.randrange(len(data))
    size = min(len(data) - at, rng.choice((1, 2, 4, 8, 64, 512)))
    match rng.randrange(9):
        case 0:
            data[at] = rng.randrange(256)
        case 1:
            data[at] ^= 1 << rng.randrange(8)
        case 2:  # a length that lies
            width, order = rng.choice((("H", 2), ("I", 4), ("Q", 8))), rng.choice("<>")
            data[at : at + width[1]] = struct.pack(order + width[0], rng.choice(NUMBERS) & (256 ** width[1] - 1))
        case 3:
            del data[at : at + size]
        case 4:
            data[at:at] = data[at : at + size] * rng.choice((1, 2, 50))
        case 5:
            del data[at:]
        case 6:
            data[at:at] = rng.choice(words)
        case 7:
            data[at : at + size] = rng.randbytes(size)
        case 8:
            other = rng.randrange(len(data))
            data[at : at + size], data[other : other + size] = data[other : other + size], data[at : at + size]


def run(
    what: str,
    make: Callable[[int], bytes],
    hear: Callable[[bytes, int], Counter[str]],
    numbers: range,
    *,
    keep: Path | None = None,
) -> bool:
    """Makes and hears the inputs of these numbers, prints what came of them; True if there is nothing to mend."""
    slowest: list[tuple[float, int]] = []
    failures: list[int] = []
    outcomes = Counter[str]()
    signal.signal(signal.SIGVTALRM, _give_up)
    before, settled, size = resident() // MIB, 0, 0
    begun, spent_before = time.monotonic(), time.process_time()
    for count, number in enumerate(numbers, 1):
        data = make(number)
        size += len(data)
        if keep is not None:
            keep.write_bytes(data)
        signal.setitimer(signal.ITIMER_VIRTUAL, HANGS)
        start = time.process_time()
        try:
            outcomes.update(hear(data, number))
        except Exception:
            failures.append(number)
            if len(failures) <= SHOWN:
                print(f"{what} {number}:", file=sys.stderr)
                traceback.print_exc()
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        spent = time.process_time() - start
        slot = heapq.heappush if len(slowest) < SHOWN else heapq.heappushpop
        slot(slowest, (spent, number))
        if count == min(10_000, len(numbers)):
            settled = resident() // MIB
        if count % 50_000 == 0:
            print(f"{count} of {what}, {time.monotonic() - begun:.0f} s, {len(failures)} failures", file=sys.stderr)
    took, used = time.monotonic() - begun, time.process_time() - spent_before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    left, mean = resident() // MIB, size // max(1, len(numbers))
    print(f"{len(numbers)} {what} of {mean} bytes on average in {took:.0f} s ({used:.0f} s of CPU)")
    print(f"{len(failures)} exceptions" + (f": {failures[:SHOWN]}" if failures else ""))
    print("slowest:", ", ".join(f"{1000 * spent:.1f} ms ({number})" for spent, number in sorted(slowest, reverse=True)))
    print(f"memory: {before} MiB, {settled} MiB after the first, {left} MiB at the end, {peak} MiB at its peak")
    print("outcomes:", dict(outcomes), flush=True)
    return not failures and (not slowest or max(slowest)[0] <= SLOW)


def _give_up(*_: Any) -> None:
    raise TimeoutError(f"no end after {HANGS} s of CPU")
