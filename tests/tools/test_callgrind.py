"""Instructions by Python function, out of what callgrind and a map of perf's say."""

from __future__ import annotations

from tests.benchmarks.callgrind import by_function

MAP = """\
1000 b py::main:/src/pkg/run.py
100b b py::Reader.read:<frozen pkg.reader>
1016 b py::leaf with a blank:/src/pkg/run.py
"""
PROFILE = """\
version: 1
positions: instr line
events: Ir

ob=(2) ???
fn=(7) 0x0000000000001000
0x1000 0 2
cfn=(9) _PyEval_EvalFrameDefault
calls=2 0x10bdc0 655
* 0 900
+2 0 2

fn=(9)
0x10bdc0 655 44
cfn=(11) 0x000000000000100b
calls=3 0x100b 0
* 655 500
cfn=(12) 0x0000000000001016'2
calls=3 0x1016 0
* 655 77

fn=(11)
0x100b 0 3
cfn=(9)
calls=3 0x10bdc0 655
* 0 400
cfn=(9)
calls=1 0x10bdc0 655
* 0 90

fn=(12)
cfn=(9)
calls=1 0x10bdc0 655
* 0 70

fn=(13) 0x0000000000002000
cfn=(9)
calls=1 0x10bdc0 655
* 0 5000

totals: 1000
"""


def test_each_function_has_what_its_own_code_calls() -> None:
    found = by_function(PROFILE, MAP)
    assert found[""] == 1000
    assert {name: cost for name, cost in found.items() if name} == {
        "run: main": 900,
        "<frozen pkg.reader>: Reader.read": 490,
        "run: leaf with a blank": 70,
    }
