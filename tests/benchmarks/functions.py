"""
Where the instructions of a workload go, by Python function, each with all that it calls.

    python3.12 -m tests.benchmarks.functions "18 KB with noai"

Under `-X perf` (CPython 3.12 and later, Linux) every function of Python is entered through a piece of code of its own,
which valgrind's callgrind tells from all others by its address. As in `instructions.py` the difference of two runs
counts, so that nothing of start and import is in it. A function that calls itself is counted at each level.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.callgrind import Costs, by_function
from tests.benchmarks.instructions import ROOT, WORKLOADS

LEAST = 0.01  # of the whole; what takes less is not printed


def spent(what: str, times: int) -> Costs:
    """Instructions by function, of a whole interpreter that does it so often; the whole under no name."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "out")
        called = ["valgrind", "--tool=callgrind", "--dump-instr=yes", f"--callgrind-out-file={out}", sys.executable]
        called += ["-X", "perf", "-m", "tests.benchmarks.instructions", what, str(times)]
        fixed = {**os.environ, "PYTHONHASHSEED": "0"}
        with subprocess.Popen(called, cwd=ROOT, env=fixed, stderr=subprocess.DEVNULL) as ran:
            if ran.wait():
                raise SystemExit(f"{' '.join(called)}: failed")
        names = Path(tempfile.gettempdir(), f"perf-{ran.pid}.map")
        try:
            return by_function(out.read_text(), names.read_text())
        finally:
            names.unlink()


if __name__ == "__main__":
    for named in sys.argv[1:] or WORKLOADS:
        work = WORKLOADS[named]
        costs = spent(named, work.many)
        costs.subtract(spent(named, work.few))
        whole = costs[""]
        print(f"\n{named}: {whole / (work.many - work.few):,.0f} instructions\n")
        for function, cost in costs.most_common():
            if function and cost >= whole * LEAST:
                print(f"{cost / (work.many - work.few):12,.0f}  {cost / whole:6.1%}  {function}", flush=True)
