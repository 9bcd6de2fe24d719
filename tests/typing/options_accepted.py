"""Calls that a type checker accepts: every option in each of its types, and the clients' own keywords beside them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Unpack

import aiohttp
import httpx
import httpx2
import requests

import tdm_guard.httpx
import tdm_guard.httpx2
from tdm_guard import (
    Decision,
    Fetched,
    GuardOptions,
    Judge,
    JudgeOptions,
    KeepingOptions,
    Ledger,
    OriginPolicy,
    Posture,
    Stored,
    Usage,
    evaluate,
    needed_documents,
    read_policies,
)
from tdm_guard.aiohttp import about, guard
from tdm_guard.httpx import AsyncGuardClient, AsyncGuardTransport, GuardClient, GuardTransport, guard_client
from tdm_guard.operator import Operator
from tdm_guard.requests import GuardAdapter, GuardSession, guard_session
from tdm_guard.signals import SIGNALS

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def ledgers(judge: Judge, **keeping: Unpack[KeepingOptions]) -> list[Decision]:
    with Ledger(judge, Path("logs") / "{pid}.jsonl", task="crawl-00001.warc.gz", once=True) as ledger:
        found = ledger.evaluate("https://site.example/", stored=Stored("a.warc.gz", 0, record=None, type="row"))
        place: Stored | None = found.stored
        assert ledger.totals["admitted"] + (place.offset if place else 0)
    other = Ledger(judge, "tdm.jsonl", durability="fsync", records="compact", evidence=Path("evidence"))
    Ledger(judge, "tdm.jsonl", **keeping).end()
    return [found, other.evaluate("https://site.example/", status=200, headers=[], body=b"", policies={}, now=NOW)]


def judges() -> list[Judge]:
    return [
        Judge(),
        Judge(usages={"genai-training"}, agent="ExampleBot", posture="literal", mode="observe"),
        Judge(usages=[Usage.TDM], posture=Posture.CAUTIOUS, signals="all", max_asset_bytes="32MiB"),
        Judge(usages="tdm", signals=["robots", "tdmrep"], max_asset_bytes=2**20),
        Judge(
            signals=SIGNALS, operator=Operator(name="acme-ai"), repertoire=["bundled:sacem-2023", Path("works.toml")]
        ),
        Judge(
            operator={"name": "acme-ai", "classes": ["commercial"]},
            authorisations="licences.toml",
            contacts=[Path("c.toml")],
        ),
        Judge(policy_tokens={"AI-Training": ["ai-training"]}, repertoire_forms="machine-readable"),
        Judge(excluded_sites="lists.toml"),
        Judge(excluded_sites=[Path("lists"), "more.toml"]),
        Judge(agent=None, operator=None),
    ]


def offline(**options: Unpack[JudgeOptions]) -> tuple[OriginPolicy, Decision, tuple[str, ...]]:
    policy = read_policies("https://site.example", {"/robots.txt": Fetched(status=404)}, now=NOW, **options)
    decision = evaluate("https://site.example/", policies=policy, unread="ignore", now=NOW, **options)
    return policy, decision, needed_documents("https://site.example", **options)


def client(**options: Unpack[GuardOptions]) -> GuardClient:
    return GuardClient(timeout=5.0, follow_redirects=True, headers={"user-agent": "ExampleBot/1.0"}, **options)


def clients(log: Path) -> None:
    guarded: httpx.Client = guard_client(httpx.Client(), agent="ExampleBot", log=log, cache="memory:")
    other: httpx2.AsyncClient = tdm_guard.httpx2.guard_client(httpx2.AsyncClient(), agent="ExampleBot", enabled=True)
    GuardClient(agent="ExampleBot", config="tdm.toml", transport=httpx.HTTPTransport(), policy_timeout=2)
    AsyncGuardClient(agent="ExampleBot", mounts={"all://": httpx.AsyncHTTPTransport(), "http://": None}, http2=True)
    tdm_guard.httpx2.GuardClient(agent="ExampleBot", proxy="http://proxy.example", event_hooks={"request": []})
    GuardTransport(httpx.HTTPTransport(), agent="ExampleBot")
    AsyncGuardTransport(agent="ExampleBot", usages={"search"})
    client(usages={"tdm"}, log="tdm.jsonl")
    print(guarded.timeout, other.timeout)


class Signed(requests.Session):
    """A session of the caller's own."""


def sessions(place: Path, **options: Unpack[GuardOptions]) -> list[requests.Session]:
    own: Signed = guard_session(Signed(), agent="ExampleBot", log=place, mode="observe")
    session = GuardSession(**options)
    session.mount("https://", GuardAdapter(requests.adapters.HTTPAdapter(), agent="ExampleBot", log=place))
    session.get("https://site.example/", tdm_guard_item={"isbn": "9780306406157"}, timeout=5)
    return [own, session]


async def session(**options: Unpack[GuardOptions]) -> None:
    async with (
        guard(**options) as guarded,
        aiohttp.ClientSession(middlewares=[aiohttp.DigestAuthMiddleware("me", "word"), guarded]) as session,
    ):
        with about({"iswc": "T-000.000.001-0"}):
            await session.get("http://site.example/")
        with about([{"iswc": ["T-000.000.001-0"]}, {"isrc": "FRZ039800212"}]):
            await session.get("http://site.example/", middlewares=(guarded,))
