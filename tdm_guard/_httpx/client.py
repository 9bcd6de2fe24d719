"""
Guarding a client: its transport, its proxies and its mounts, so that nothing it sends goes past.

`_transport`, `_mounts` and `_transport_for_url` are private to httpx; they are the same in both packages, and a test
holds us to them. What somebody puts into `_mounts` afterwards is not seen here.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from tdm_guard._clients.journey import CURRENT, Journey
from tdm_guard._clients.opening import open_guard
from tdm_guard._httpx.caching import past_caches
from tdm_guard._httpx.family import Family
from tdm_guard._httpx.transport import Transport
from tdm_guard.errors import ConfigurationError
from tdm_guard.guard import Guard
from tdm_guard.options import Options
from tdm_guard.options.keywords import GuardOptions
from tdm_guard.options.misspelt import keywords


def divide(client: type[Any], given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """
    Keywords that are the client's own, and the others, which are options or mistakes.

    Raises `ConfigurationError` for a mistake that was meant for one of the client's own.
    """
    own = inspect.signature(client.__init__).parameters
    if problems := tuple(keywords(set(given).difference(own), own.keys(), GuardOptions.__annotations__)):
        raise ConfigurationError(*problems)
    return (
        {name: value for name, value in given.items() if name in own},
        {name: value for name, value in given.items() if name not in own},
    )


def install(
    family: Family, client: Any, options: Mapping[str, Any], begin: Callable[[Options], Guard] | None = None
) -> None:
    """
    Guards a built client in place. `begin` begins the run.

    Raises `ConfigurationError` for options, for what is no client of this package, and for one that is guarded or
    closed already.
    """
    module = family.module
    if not isinstance(client, (module.Client, module.AsyncClient)):
        raise ConfigurationError(
            f"client: {type(client).__module__}.{type(client).__qualname__} is no client of {module.__name__}; "
            f"for example {module.__name__}.AsyncClient()"
        )
    if client.is_closed:
        raise ConfigurationError("client: it is closed; guard a client before its use")
    transports = [client._transport, *client._mounts.values()]
    if any(isinstance(transport, Transport) for transport in transports):
        raise ConfigurationError("client: it is guarded already")
    user_agent = client.headers.get("user-agent", "")
    own = user_agent not in ("", family.user_agent)
    guard, agent_given = open_guard(options, user_agent=user_agent if own else None, begin=begin)
    if not own and guard.options.user_agent:
        client.headers["User-Agent"] = guard.options.user_agent

    def route(url: str) -> Any:
        chosen = client._transport_for_url(module.URL(url))
        return past_caches(chosen.inner if isinstance(chosen, Transport) else chosen)

    asynchronous = isinstance(client, module.AsyncClient)
    kind = family.async_transport if asynchronous else family.sync_transport
    session = kind.sessions(guard, family, route=route, agent_given=agent_given)
    client._transport = kind.within(session, client._transport, ends=True)
    client._mounts = {
        pattern: None if mounted is None else kind.within(session, mounted, ends=False)
        for pattern, mounted in client._mounts.items()
    }
    client.send = (_send_async if asynchronous else _send)(family, client, guard)


def _begin(family: Family, client: Any, guard: Guard, keywords: Mapping[str, Any]) -> Journey:
    module, given = family.module, keywords.get
    default = module.USE_CLIENT_DEFAULT
    follows, auth = given("follow_redirects", default), given("auth", default)
    if auth is default:
        auth = client.auth
    answers = auth is not None and isinstance(auth, module.Auth)
    return Journey(
        guard,
        follows=bool(client.follow_redirects if follows is default else follows),
        answers=answers,
        whole=not given("stream", False),
        hooked=answers or bool(client.event_hooks["response"]),
    )


def _send(family: Family, client: Any, guard: Guard) -> Any:
    send = client.send

    def guarded(request: Any, **keywords: Any) -> Any:
        journey = _begin(family, client, guard, keywords)
        outer = CURRENT.get()
        CURRENT.set(journey)
        try:
            response = send(request, **keywords)
        except BaseException:
            journey.fail()
            raise
        finally:
            CURRENT.set(outer)
        try:
            journey.arrive()
        except BaseException:
            response.close()
            raise
        return response

    return guarded


def _send_async(family: Family, client: Any, guard: Guard) -> Any:
    send = client.send

    async def guarded(request: Any, **keywords: Any) -> Any:
        journey = _begin(family, client, guard, keywords)
        outer = CURRENT.get()
        CURRENT.set(journey)
        try:
            response = await send(request, **keywords)
        except BaseException:
            journey.fail()
            raise
        finally:
            CURRENT.set(outer)
        try:
            journey.arrive()
        except BaseException:
            await response.aclose()
            raise
        return response

    return guarded
