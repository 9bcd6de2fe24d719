"""A look at what is said of a URL without asking for it: its site's documents, declarations and authorisations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tdm_guard._clients.session import Session
from tdm_guard._clients.threads import ThreadFetcher
from tdm_guard.decision import Decision
from tdm_guard.drive import run
from tdm_guard.guard import Guard
from tdm_guard.model import Statement
from tdm_guard.origin import Origin
from tdm_guard.policies.policy import OriginPolicy

Recall = Callable[[Guard, OriginPolicy], tuple[Statement, ...]]


def look(client: Any, url: str, *, item: object = None, recall: Recall = lambda guard, policy: ()) -> Decision:
    """
    The decision on `url` as far as it can be made without its content; it is recorded like any other.

    `client` is a guarded synchronous one. `recall` names what was read of the URL before and is taken to stand. Raises
    `UnsupportedURL`, `LogError`.
    """
    session: Session = client._transport.session
    guard = session.guard
    origin = Origin.parse(url)
    fetcher = ThreadFetcher(session, client.headers.get("user-agent", guard.options.agent), None)
    policy = session.policy(origin, lambda: run(guard.load(origin), fetcher.perform))
    case = guard.open(url, policy, item=item)
    case.hear_before(recall(guard, policy))
    if case.declared:
        session.alone(origin, lambda: run(guard.read_declared(case), fetcher.perform))
    return guard.close(case)
