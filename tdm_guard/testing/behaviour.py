"""Pages that behave: cookies, digest authentication, endless bodies, answers that change from time to time."""

from __future__ import annotations

import hashlib
import itertools
import secrets
import threading
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.request import parse_http_list, parse_keqv_list

from tdm_guard.testing.site import Answer, Page, Received

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def endless(piece: bytes = b"never ends ") -> Callable[[], Iterable[bytes]]:
    """A body that goes on until the client closes the connection."""
    if not piece:
        raise ValueError("a body of empty pieces would send nothing and never end; give at least one byte")
    return lambda: itertools.repeat(piece)


def one_after_another(*answers: Answer) -> Callable[[Received], Answer]:
    """The first request gets the first answer, the next one the second, and so on; the last answer stays."""
    if not answers:
        raise ValueError("at least one answer is needed, for example one_after_another(Answer(status=503), Answer())")
    lock = threading.Lock()
    waiting = list(answers)

    def answer(request: Received) -> Answer:
        with lock:
            return waiting.pop(0) if len(waiting) > 1 else waiting[0]

    return answer


def with_cookie(name: str, value: str, page: Page) -> Callable[[Received], Answer]:
    """`page` for who brings the cookie back; everyone else is given it, and redirected to the same address."""

    def answer(request: Received) -> Answer:
        if request.cookies.get(name) == value:
            return page(request) if callable(page) else page
        return Answer.redirect(request.path, ("set-cookie", f"{name}={value}; Path=/"))

    return answer


def digest_protected(user: str, password: str, page: Page, *, realm: str = "members") -> Callable[[Received], Answer]:
    """`page` behind digest authentication (RFC 7616, MD5 and qop "auth", which every client speaks)."""
    nonce = secrets.token_hex(16)
    challenge = Answer(
        status=401,
        headers=(
            ("www-authenticate", f'Digest realm="{realm}", nonce="{nonce}", algorithm=MD5, qop="auth"'),
            ("content-type", "text/plain"),
        ),
        body=b"Please sign in.\n",
    )

    def answer(request: Received) -> Answer:
        scheme, _, rest = (request.header("authorization") or "").partition(" ")
        if scheme.lower() != "digest":
            return challenge
        given = parse_keqv_list(parse_http_list(rest)) if "=" in rest else {}
        keys = _md5(f"{user}:{realm}:{password}"), _md5(f"{request.method}:{given.get('uri', '')}")
        proof = (nonce, given.get("nc", ""), given.get("cnonce", ""), "auth")
        right = (
            given.get("nonce") == nonce
            and given.get("uri", "").endswith(request.path)  # a client of a proxy may name the whole address
            and secrets.compare_digest(given.get("response", ""), _md5(":".join((keys[0], *proof, keys[1]))))
        )
        if not right:
            return challenge
        found = page(request) if callable(page) else page
        return replace(found, headers=(*found.headers, ("cache-control", "private")))

    return answer


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
