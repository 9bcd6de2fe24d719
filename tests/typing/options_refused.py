"""Calls that a type checker refuses; each would be an error at run time too."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx
import httpx2
import requests

import tdm_guard.httpx2
from tdm_guard import GuardOptions, Judge, JudgeOptions, Ledger, Stored, evaluate, needed_documents, read_policies
from tdm_guard.aiohttp import guard
from tdm_guard.httpx import AsyncGuardClient, AsyncGuardTransport, GuardClient, GuardTransport, guard_client
from tdm_guard.requests import GuardAdapter, GuardSession, guard_session

NOW = datetime(2026, 11, 21, tzinfo=UTC)
URL = "https://site.example/"

Judge(usagess={"tdm"})  # error: call-arg
Judge(posture="lenient")  # error: arg-type
Judge(mode="warn")  # error: arg-type
Judge(usages={1})  # error: arg-type
Judge(agent=b"ExampleBot")  # error: arg-type
Judge(operator="acme-ai")  # error: arg-type
Judge(max_asset_bytes=2.5)  # error: arg-type
Judge(repertoire_forms="press releases")  # error: arg-type
Judge(log="tdm.jsonl")  # error: call-arg
Judge(config="tdm.toml")  # error: call-arg
Ledger(Judge(), "tdm.jsonl", usages={"tdm"})  # error: call-arg
Ledger(Judge(), "tdm.jsonl", task=1)  # error: arg-type
Ledger({"agent": "ExampleBot"}, "tdm.jsonl")  # error: arg-type
Ledger(Judge(), "tdm.jsonl").evaluate(URL, stored=("a.warc.gz", 0))  # error: arg-type
Stored("a.warc.gz")  # error: call-arg
evaluate(URL, now=NOW, usagess={"tdm"})  # error: call-arg
evaluate(URL, now=NOW, policy_timeout=5)  # error: call-arg
evaluate(URL, usages={"tdm"})  # error: call-arg
read_policies(URL, {}, now=NOW, agnt="ExampleBot")  # error: call-arg
needed_documents(URL, signals=7)  # error: arg-type

GuardClient(usagess={"tdm"})  # error: call-arg
GuardClient(agent="ExampleBot", log=3)  # error: arg-type
GuardClient(agent="ExampleBot", transport=httpx.AsyncHTTPTransport())  # error: arg-type
GuardClient(agent="ExampleBot", follow_redirect=True)  # error: call-arg
AsyncGuardClient(agent="ExampleBot", usages={"tdm"}, posutre="literal")  # error: call-arg
AsyncGuardClient(agent="ExampleBot", transport=httpx.HTTPTransport())  # error: arg-type
GuardTransport(usagess={"tdm"})  # error: call-arg
AsyncGuardTransport(timeout=5)  # error: call-arg
guard(usagess={"tdm"})  # error: call-arg
guard(agent="ExampleBot", log=3)  # error: arg-type
guard_client(httpx.Client(), usagess={"tdm"})  # error: call-arg
guard_client(httpx2.Client(), agent="ExampleBot")  # error: type-var
guard_client(httpx.Client(), timeout=5)  # error: call-arg
tdm_guard.httpx2.GuardClient(usagess={"tdm"})  # error: call-arg
tdm_guard.httpx2.AsyncGuardClient(agent="ExampleBot", cache=["memory:"])  # error: arg-type
tdm_guard.httpx2.guard_client(httpx2.AsyncClient(), usagess={"tdm"})  # error: call-arg

GuardSession(usagess={"tdm"})  # error: call-arg
GuardSession(agent="ExampleBot", log=3)  # error: arg-type
GuardAdapter(requests.Session())  # error: arg-type
guard_session(httpx.Client(), agent="ExampleBot")  # error: type-var
guard_session(requests.Session(), posutre="literal")  # error: call-arg

wrong: JudgeOptions = {"log": "tdm.jsonl"}  # error: typeddict-unknown-key
misspelt: GuardOptions = {"polcy_timeout": 5}  # error: typeddict-unknown-key
