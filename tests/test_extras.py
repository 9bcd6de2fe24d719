"""Integrations whose extra is not installed: importing one says which, importing the package needs none."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.patience import PATIENCE

INTEGRATIONS = (
    ("httpx", "httpx", "httpx"),
    ("httpx2", "httpx2", "httpx2"),
    ("scrapy", "scrapy", "scrapy"),
    ("aiohttp", "aiohttp", "aiohttp"),
)
WITHOUT = """
import sys
sys.modules[sys.argv[1]] = None  # to import it fails as it does where it is not installed
{}
"""


def run(code: str, missing: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-c", WITHOUT.format(code), missing]
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=PATIENCE)


@pytest.mark.parametrize(
    ("integration", "missing", "extra"), [*INTEGRATIONS, ("httpx", "anyio", "httpx"), ("aiohttp", "anyio", "aiohttp")]
)
def test_an_integration_says_which_extra_it_needs(integration: str, missing: str, extra: str) -> None:
    done = run(f"import tdm_guard.{integration}", missing)
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith("ModuleNotFoundError: ")
    assert missing in last
    assert last.endswith(f'pip install "tdm-guard[{extra}]"')


@pytest.mark.parametrize(
    "missing", ["httpx", "httpx2", "aiohttp", "scrapy", "typer", "anyio", "twisted", "pikepdf", "c2pa"]
)
def test_the_package_itself_needs_none(missing: str) -> None:
    done = run("import tdm_guard; print(sorted(tdm_guard.__all__)[0])", missing)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip()
