"""A name that is public when it is looked up and private when it is dialled: real servers on loopback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.handlers import AIOHTTP, YOUNG
from tests.support.patience import PATIENCE

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(sys.platform != "linux", reason="one address of loopback has to stand for outside")
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"ROBOTSTXT_OBEY": True},
        pytest.param(AIOHTTP, marks=YOUNG),
    ],
    ids=["twisted", "twisted obeys", "aiohttp"],
)
def test_a_declared_document_from_inside_is_refused_and_recorded(settings: dict[str, object]) -> None:
    seen = crawled(settings)
    (decision,) = seen["decisions"]
    assert (decision["verdict"], decision["admitted"]) == ("reserved", False)
    assert "answered from a private address" in str(decision)
    assert seen["inside"] == ["/l.xml"]


@pytest.mark.skipif(sys.platform != "linux", reason="one address of loopback has to stand for outside")
@pytest.mark.parametrize("settings", [{}, pytest.param(AIOHTTP, marks=YOUNG)], ids=["twisted", "aiohttp"])
def test_a_host_that_the_proxy_is_not_for_is_looked_up_before_it_is_asked(settings: dict[str, object]) -> None:
    seen = crawled(settings, "rebound.example")
    (decision,) = seen["decisions"]
    assert (decision["verdict"], decision["admitted"]) == ("reserved", False)
    assert "lies at a private address" in str(decision)
    assert (seen["inside"], seen["looked_up"]) == ([], ["rebound.example"])


@pytest.mark.skipif(sys.platform != "linux", reason="one address of loopback has to stand for outside")
def test_what_a_proxy_looks_up_is_not_looked_up_here() -> None:
    seen = crawled({}, "other.example")
    assert [decision["verdict"] for decision in seen["decisions"]] == ["unreserved"]
    assert (seen["inside"], seen["looked_up"]) == ([], [])
    unused = crawled({"HTTPPROXY_ENABLED": False}, "other.example")
    assert (unused["inside"], "rebound.example" in unused["looked_up"]) == ([], True)


def crawled(settings: dict[str, object], *exempt: str) -> dict[str, Any]:
    kept = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    done = subprocess.run(
        [sys.executable, Path(__file__).parent / "support" / "probe_rebinding.py", json.dumps(settings), *exempt],
        env=kept | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    seen: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return seen
