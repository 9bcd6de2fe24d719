"""
Access that is sold: 402 (RFC 9110 15.5.3), with the price and challenge fields of those who use it.

strategy: a 402 refuses access until somebody pays, so it reserves every usage; what is asked stands in `terms`, from
the fields of Cloudflare's Pay Per Crawl (its documentation of 2026-04-23), of x402 (versions 1 and 2) and of licence
challenges. What was paid (`crawler-charged`) gives access and nothing else: it permits no usage. A 403 by which a
site's edge refuses what its robots.txt allows is noted, since nothing is handed on that could be judged.
"""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from dataclasses import replace

from tdm_guard.model import NOTHING, Headers, Kind, Posture, Reading, Source, Stance, Statement
from tdm_guard.plain import bounded
from tdm_guard.signals.shape import Listener, Signal
from tdm_guard.usage import EVERY

NAME = "payment"
PAYMENT_REQUIRED = 402
FORBIDDEN = 403
CHARGED = "crawler-charged"
REQUIRED = "payment-required"  # x402 version 2: base64 of a JSON object
MAX_TERMS = 1024  # characters of what is asked: prices are short
MAX_OBJECT = 64 * 1024  # bytes of an x402 object that are looked at; real ones have a few hundred
MAX_OFFERS = 8  # ways of paying shown of one object

_ASKING = ("crawler-price", "crawler-error", "www-authenticate", REQUIRED)
_REFUSING = ("crawler-error", "cf-mitigated")
_OFFERED = ("asset", "network", "scheme")
_TERMS_RANK = 1  # of what a body asks for, which `settle` joins to the refusal


def read_status(status: int, headers: Headers, source: Source, listener: Listener) -> Reading:
    """What a 402 or a 403 says of access, by its status and by the fields beside it."""
    if status == PAYMENT_REQUIRED:
        fields = [(name, value) for name, value in headers if name in _ASKING]
        terms = "; ".join(_asked(name, value) for name, value in fields)
        excerpt = "; ".join(["HTTP 402", *(f"{name}: {value}" for name, value in fields)])
        return Reading((_refusal(source, "status", excerpt, terms or None),))
    refused = [f"{name}: {value}" for name, value in headers if name in _REFUSING]
    if not refused:
        return NOTHING
    return Reading((_access(source, Stance.UNSTATED, "; ".join(["HTTP 403", *refused])),))


def read_headers(headers: Headers, source: Source, listener: Listener) -> Reading:
    """What was paid for the response."""
    charged = [value for name, value in headers if name == CHARGED]
    if not charged:
        return NOTHING
    words = "; ".join(charged)
    statement = _access(source, Stance.PERMITTED, f"{CHARGED}: {words}")
    return Reading((replace(statement, terms=bounded(words, MAX_TERMS)),))


def read_challenge(body: bytes, source: Source, listener: Listener) -> Reading:
    """The object by which x402 version 1 asks for payment in the body of a refusal."""
    if b"x402Version" not in body[:MAX_OBJECT]:
        return NOTHING
    terms = _offers(body[:MAX_OBJECT])
    if terms is None:
        return NOTHING
    words = " ".join(body[:MAX_TERMS].decode("utf-8", "replace").split())
    return Reading((replace(_refusal(source, "accepts", words, terms), rank=_TERMS_RANK),))


def settle(statements: tuple[Statement, ...], posture: Posture) -> tuple[Statement, ...]:
    """One refusal, with what the fields and the body ask for together."""
    refusals = [statement for statement in statements if statement.stance is Stance.RESERVED]
    if len(refusals) < 2:
        return statements
    first = min(refusals, key=lambda statement: statement.rank)
    terms = "; ".join(dict.fromkeys(statement.terms for statement in refusals if statement.terms))
    others = tuple(statement for statement in statements if statement not in refusals)
    return (*others, replace(first, terms=bounded(terms, MAX_TERMS) or None))


def _refusal(source: Source, locator: str, excerpt: str, terms: str | None) -> Statement:
    return Statement.at(
        source,
        kind=Kind.ACCESS,
        signal=NAME,
        usages=EVERY,
        stance=Stance.RESERVED,
        locator=locator,
        excerpt=excerpt,
        terms=bounded(terms, MAX_TERMS),
    )


def _access(source: Source, stance: Stance, excerpt: str) -> Statement:
    """A word on access that is about no usage."""
    return Statement.at(source, kind=Kind.ACCESS, signal=NAME, usages=(), stance=stance, excerpt=excerpt)


def _asked(name: str, value: str) -> str:
    if name == REQUIRED:
        with suppress(ValueError):  # no base64
            value = _offers(base64.b64decode(value[:MAX_OBJECT])) or value
    return f"{name}: {value}"


def _offers(data: bytes) -> str | None:
    """The ways of paying that an x402 object offers, in short; None if it is no such object."""
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or "x402Version" not in found:
        return None
    accepts = found.get("accepts")
    offers = [_offer(item) for item in accepts[:MAX_OFFERS]] if isinstance(accepts, list) else []
    return "; ".join([f"x402 version {str(found['x402Version'])[:8]}", *offers])


def _offer(item: object) -> str:
    if not isinstance(item, dict):
        return "an offer that cannot be read"
    values = (item.get("amount", item.get("maxAmountRequired")), *(item.get(name) for name in _OFFERED))
    return " ".join(str(value)[:80] for value in values if isinstance(value, (str, int)))


SIGNAL = Signal(
    name=NAME,
    title="Access that is sold",
    spec="RFC 9110 15.5.3; Cloudflare Pay Per Crawl, documentation of 2026-04-23; x402 versions 1 and 2",
    usages=EVERY,
    statuses=frozenset({PAYMENT_REQUIRED, FORBIDDEN}),
    headers=frozenset({*_ASKING, *_REFUSING, CHARGED}),
    read_status=read_status,
    read_headers=read_headers,
    read_challenge=read_challenge,
    settle=settle,
)
