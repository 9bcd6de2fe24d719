"""
The vocabulary of RSL 1.0, and what a licence document comes to once it is read.

    rsl      = content+                                        @max-age (days)
    content  = license+ alternate* schema* copyright* terms*   @url [@server] [@encrypted]
    license  = permits* prohibits* payment? reporting* legal*
    payment  = standard* custom* amount* accepts*              [@type]
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from tdm_guard.formats.xml import DOCUMENT

NAMESPACE = "https://rslstandard.org/rsl"
MEDIA = "https://rslmedia.org/media"
MEDIA_TYPE = "application/rsl+xml"
MAX_BYTES = DOCUMENT.bytes
MAX_AGE_DAYS = 30  # 3.2: where the document has no max-age of its own
UNSPECIFIED = "unspecified"  # a payment without a type

USAGES = frozenset({"all", "ai-all", "ai-train", "ai-input", "ai-index", "search"})
USERS = frozenset({"commercial", "non-commercial", "education", "government", "personal"})
PAYMENTS = frozenset(
    {"purchase", "subscription", "training", "crawl", "use", "contribution", "attribution", "free"}
    | {"inference"}  # 0.9 for "use"
)
KINDS = ("usage", "user", "geo")

CHILDREN = {
    "rsl": frozenset({"content"}),
    "content": frozenset({"license", "alternate", "schema", "copyright", "terms"}),
    "license": frozenset({"permits", "prohibits", "payment", "reporting", "legal"}),
    "payment": frozenset({"standard", "custom", "amount", "accepts"}),
}
KNOWN = frozenset({"rsl"}).union(*CHILDREN.values())
# These inform and neither grant nor ask for anything: at a wrong place they change nothing.
INFORMING = frozenset({"alternate", "schema", "copyright", "terms", "legal", "standard", "custom", "amount", "accepts"})
ATTRIBUTES = {
    "rsl": frozenset({"max-age"}),
    "content": frozenset({"url", "server", "encrypted", "lastmod"}),
    "permits": frozenset({"type"}),
    "prohibits": frozenset({"type"}),
    "payment": frozenset({"type"}),
    "reporting": frozenset({"type", "profile", "endpoint"}),
    "legal": frozenset({"type"}),
    "copyright": frozenset({"type", "contactEmail", "contactUrl"}),
    "alternate": frozenset({"type"}),
    "amount": frozenset({"currency"}),
    "accepts": frozenset({"type"}),
}
NONE: frozenset[str] = frozenset()
_COUNTRY = re.compile(r"[A-Z]{2}")


class Flaw(NamedTuple):
    """
    A departure from the vocabulary, by its code and with its place.

    After a `fatal` one no valid licence can be had from the document (3, 4.3).
    """

    code: str
    locator: str
    excerpt: str
    fatal: bool = False


class TokenList(NamedTuple):
    """One permits or prohibits element: its type (`usage`, `user`, `geo`) and its list."""

    kind: str
    tokens: tuple[str, ...]
    locator: str
    excerpt: str


class Demand(NamedTuple):
    """A payment or reporting element: its type and the address or text that its children give."""

    type: str
    locator: str
    excerpt: str
    address: str | None = None


class Stray(NamedTuple):
    """
    Words that take something away, and stand in a form or at a place that the vocabulary lacks.

    A `refusal` has the list that it seems to hold (of unknown tokens, where it holds none); a `price` asks for
    something, `terms` may.
    """

    kind: Literal["refusal", "price", "terms"]
    locator: str
    excerpt: str
    tokens: TokenList | None = None


class RslLicence(NamedTuple):
    """One license element."""

    permits: tuple[TokenList, ...]
    prohibits: tuple[TokenList, ...]
    payments: tuple[Demand, ...]
    reporting: tuple[Demand, ...]
    contact: str | None
    locator: str
    excerpt: str


class Content(NamedTuple):
    """
    One content element. `url` is None where the attribute is missing, `server` where no token is asked for.

    `meant` is the same element as it seems to be meant, if that is not as it stands: with children of other namespaces
    and attributes in other letters taken for those of the vocabulary, and the `strays` that are left.
    """

    url: str | None
    server: str | None
    encrypted: bool
    licences: tuple[RslLicence, ...]
    rightsholder: str | None
    contact: str | None
    locator: str
    excerpt: str
    strays: tuple[Stray, ...] = ()
    meant: Content | None = None


class RslDocument(NamedTuple):
    """
    A licence document, or the licences in a feed, as read.

    `problem` says why nothing could be read, `place` where; `max_age` is in days. `foreign` are content elements of
    other namespaces, as they seem to be meant; `loose` is what stands in a feed outside any content element. `works`:
    it holds declarations over works (RSL-MEDIA), and may hold nothing else.
    """

    contents: tuple[Content, ...] = ()
    flaws: tuple[Flaw, ...] = ()
    max_age: int = MAX_AGE_DAYS
    problem: str | None = None
    place: str | None = None
    foreign: tuple[Content, ...] = ()
    loose: tuple[Content, ...] = ()
    works: bool = False

    @property
    def fatal(self) -> Flaw | None:
        """The first flaw for which the document gives no valid licence."""
        return next((flaw for flaw in self.flaws if flaw.fatal), None)


def is_token(kind: str, token: str) -> bool:
    """True if `token` is one that a list of this kind may hold (Appendix A); letters count as they stand."""
    if kind == "usage":
        return token in USAGES
    if kind == "user":
        return token in USERS
    return _COUNTRY.fullmatch(token) is not None
