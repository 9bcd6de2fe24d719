"""A look at what is said of a URL without asking for it: its site's documents, declarations and authorisations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tdm_guard._clients.session import Session
from tdm_guard._clients.threads import ThreadFetcher
from tdm_guard._httpx.gently import GentleFetcher, Shared
from tdm_guard.decision import Decision
from tdm_guard.drive import run
from tdm_guard.guard import Guard
from tdm_guard.model import Statement
from tdm_guard.origin import Origin
from tdm_guard.policies.policy import OriginPolicy

Recall = Callable[[Guard, OriginPolicy], tuple[Statement, ...]]


def look(
    client: Any,
    url: str,
    *,
    item: object = None,
    recall: Recall = lambda guard, policy: (),
    shared: Shared | None = None,
) -> Decision:
    """
    The decision on `url` as far as it can be made without its content; it is recorded like any other.

    `client` is a guarded synchronous one. `recall` names what was read of the URL before and is taken to stand. With
    `shared` documents come one after another, and what many origins point at is asked for once. Raises
    `UnsupportedURL`, `LogError`.
    """
    session: Session = client._transport.session
    guard = session.guard
    origin = Origin.parse(url)
    fetcher = _fetcher(client, session, shared)
    policy = session.policy(origin, lambda: run(guard.load(origin), fetcher.perform))
    case = guard.open(url, policy, item=item)
    case.hear_before(recall(guard, policy))
    if case.declared:
        session.alone(origin, lambda: run(guard.read_declared(case), fetcher.perform))
    return guard.close(case)


def read_ahead(client: Any, url: str, shared: Shared) -> None:
    """Reads the documents of an origin as `look` does, so that a page there can be asked for under its policy."""
    session: Session = client._transport.session
    origin = Origin.parse(url)
    session.policy(origin, lambda: run(session.guard.load(origin), _fetcher(client, session, shared).perform))


def _fetcher(client: Any, session: Session, shared: Shared | None) -> ThreadFetcher:
    user_agent = client.headers.get("user-agent", session.guard.options.agent)
    return ThreadFetcher(session, user_agent, None) if shared is None else GentleFetcher(session, user_agent, shared)
