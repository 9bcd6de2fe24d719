"""
RSL licence documents as answers and inlays: fetched, inline, in a feed; read, or declared and not to be had.

A document that is declared and cannot be had or parsed leaves the asset unlicensed (RSL 1.0 4.3): all is reserved, on
the words that declared it.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

from tdm_guard.formats.http.media_type import essence
from tdm_guard.formats.rsl.rsl_licences import read_document as parse_document
from tdm_guard.formats.rsl.rsl_licences import read_feed as parse_feed
from tdm_guard.formats.rsl.rsl_vocabulary import MAX_BYTES, NAMESPACE, Content, Flaw, RslDocument
from tdm_guard.formats.site.path_pattern import target
from tdm_guard.model import NOTHING, Declared, Evidence, Fault, Fetched, Reading, Result, Source, Stance, Statement
from tdm_guard.origin import Origin
from tdm_guard.signals.rsl.rsl_site import NAME, NOT_UNDERSTOOD, LicenceSite, Manner, build
from tdm_guard.signals.rsl.rsl_terms import RELATIVE, UNKNOWN
from tdm_guard.signals.shape import DocumentReading, Listener
from tdm_guard.signals.shared.site_file import NOT_GIVEN
from tdm_guard.usage import EVERY

MAX_FAULTS = 20  # of one document; one more says how many were left out
_OPENING = re.compile(rb"<(?:[A-Za-z][\w.-]{0,20}:)?(?:(rsl)|content)(?=[\s>/])[^>]{0,300}>?")
# Many documents have a content; of RSL is one with its namespace or its terms.
_is_of_rsl = re.compile(rb"rslstandard\.org|<(?:[A-Za-z][\w.-]{0,20}:)?(?:license|permits|prohibits)[\s>/]").search
_SNIFFED = 4096  # bytes of a refusal's body in which a licence document must have begun
_MARK = NAMESPACE.partition("//")[2].encode()  # a feed without it holds no licence

_MESSAGES = {
    "unknown-element": "an element that the vocabulary does not have: nothing is granted",
    "misplaced-element": "an element of the vocabulary at a place where it has none",
    "unknown-type": "a list whose type is none of usage, user and geo: nothing is granted",
    "unknown-token": "a token that the vocabulary does not have: it grants nothing",
    "unknown-payment": "a payment of an unknown type: never read as free",
    "free-with-amount": "a free payment with an amount: not read as free",
    "comma-list": "a list with commas for blanks",
    "duplicate-permits": "two lists of permits of one type: read as one",
    "duplicate-prohibits": "two lists of prohibitions of one type: read as one",
    "duplicate-payment": "two payments in one licence: free only if each is",
    "content-without-license": "a content without a licence: nothing is granted",
    "content-without-url": "a content without a url: nothing is granted",
    "encrypted-without-server": "encrypted content without a server: read as if a token were needed",
    "max-age": "max-age is no number of days: the default holds",
    "empty-url": "an empty url names nothing in a document that stands for a site",
    "absolute-url": "an absolute url of this origin: read as its path",
    "other-origin": "a url of another origin: it says nothing here",
    "relative-url": "a url that is no path",
    "other-page": "a url that is not that of the page it stands in: what it refuses counts here all the same",
    "stray-refusal": "words that refuse, in a form that the vocabulary does not have: not granted",
    "stray-price": "a price at a place where it is of nothing: nothing is read as free",
    "stray-terms": "terms at a place where they are of nothing: nothing is granted",
    "foreign-element": "of the vocabulary, but in another namespace or other letters: it grants nothing",
    "loose-element": "an element of the vocabulary outside any content: it grants nothing",
    "not-https": "the document came unsecured: what it permits does not count",
}


def read_declared(declared: Declared, fetched: Fetched, source: Source, listener: Listener) -> DocumentReading:
    """What the answer to the request for a declared document comes to, for the origin that declared it."""
    status = fetched.status
    if fetched.error or status is None or status >= 500 or status in NOT_GIVEN:
        return _unlicensed(declared, source, Result.UNREACHABLE, fetched.error or f"status {status}")
    if not 200 <= status < 300:
        return _unlicensed(declared, source, Result.ABSENT, f"status {status}")
    if not fetched.complete:
        return _unlicensed(declared, source, Result.UNREADABLE, f"longer than {MAX_BYTES} bytes")
    document = parse_document(fetched.body)
    if document.problem:
        kind = essence(fetched.header("content-type") or "")
        return _unlicensed(
            declared, source, Result.UNREADABLE, f"{document.problem} ({kind or 'no media type'})", document
        )
    addresses = (declared.url, *fetched.redirects, fetched.url or declared.url)
    secure = all(address.lower().startswith("https:") for address in addresses)
    manner = Manner(policy_url=declared.url, refusals_only=declared.refusals_only or not secure, repair=declared.repair)
    page = declared.carrier != "robots.txt"
    site, flaws = build(document, source, Origin.parse(declared.source), listener, manner, page=page)
    if not secure:
        flaws = (Flaw("not-https", "/", declared.url), *flaws)
    return DocumentReading(
        result=Result.READ,
        site=site,
        faults=faults(document.flaws + flaws, source),
        max_age=timedelta(days=document.max_age),
    )


def _unlicensed(
    declared: Declared, source: Source, result: Result, reason: str, document: RslDocument | None = None
) -> DocumentReading:
    fault = Fault.at(
        source, f"the licence could not be had: {reason}", signal=NAME, locator=document.place if document else None
    )
    # A value that was no address (rsl-relative) and leads to no licence document may never have meant one.
    doubtful = result is not Result.UNREACHABLE and RELATIVE in (declared.repair or "")
    hold = () if doubtful else (unlicensed(declared, declared.url, declared.repair),)
    return DocumentReading(result=result, faults=(fault,), hold=hold)


def unlicensed(words: Evidence, policy_url: str | None = None, repair: str | None = None) -> Statement:
    """All is reserved (4.3), on the words that declare what could not be had."""
    return Statement(
        **words.words,
        signal=NAME,
        usages=EVERY,
        stance=Stance.RESERVED,
        policy_url=policy_url,
        repair=repair,
    )


def read_inline(text: str, place: Fault, source: Source, listener: Listener, *, refusals_only: bool) -> Reading:
    """
    A document that stands in a page, at `place`, for the page (4.6.2).

    `place` is the evidence of the element that holds it, in the form of the fault to report if it cannot be read.
    """
    document = parse_document(text.strip().encode("utf-8", "surrogatepass"), encoding="utf-8")
    if document.problem:
        return Reading((unlicensed(place),), (place,))
    here, origin = target(source.url), Origin.parse(source.url)
    manner = Manner(refusals_only=refusals_only, prefix=f"{place.locator} ")
    site, flaws = build(document, source, origin, listener, manner, page=True)
    if not document.contents:
        return NOTHING  # it speaks of works
    if site is None or not site.covers(here):
        # The place sets the scope (4.6), so a canonical address elsewhere takes no refusal back.
        first = document.contents[0]
        whole = document._replace(contents=tuple(content._replace(url="") for content in document.contents))
        site, _ = build(whole, source, origin, listener, manner._replace(refusals_only=True), page=True)
        flaws += (Flaw("other-page", first.locator, first.excerpt),)
    said = site.says(here).statements if site else ()
    noted = faults(document.flaws + flaws, source, manner.prefix)
    return Reading(said, noted) if said or noted else NOTHING


class FeedSite:
    """
    What a feed says: of its items' URLs, and of itself the strictest word on any item, since it holds them all.

    What it permits does not count: an item's url is a pattern like any other, and covers more than the item.
    """

    __slots__ = ("_items", "_own", "_said")

    def __init__(self, own: str, items: LicenceSite | None, said: Reading) -> None:
        self._own = own
        self._items = items
        self._said = said

    def says(self, target: str) -> Reading:
        """The statements for a path with its query, in the spelling of `formats.site.path_pattern.target`."""
        if target == self._own:
            return self._said
        return self._items.says(target) if self._items else NOTHING


def read_feed(body: bytes, source: Source, listener: Listener) -> DocumentReading:
    """The licences in the items of a feed from `source` (4.7): each speaks of its url, on the feed's own origin."""
    if _MARK not in body and _MARK not in body.replace(b"\0", b""):
        return DocumentReading(result=Result.READ)
    own = target(source.url)
    document = parse_feed(body)
    if document.problem:
        fault = Fault.at(
            source,
            f"a feed with licences that cannot be read: {document.problem}",
            signal=NAME,
            locator=document.place,
            excerpt=f'xmlns="{NAMESPACE}"',
        )
        site = FeedSite(own, None, Reading((unlicensed(fault),)))
        return DocumentReading(result=Result.UNREADABLE, site=site, faults=(fault,))
    if not document.contents and not document.loose:
        return DocumentReading(result=Result.READ)
    manner = Manner(refusals_only=True)
    items, flaws = build(document, source, Origin.parse(source.url), listener, manner, page=False)
    flaws = tuple(flaw for flaw in flaws if flaw.code != "absolute-url")
    loose = read_unbound(document.loose, source, listener)
    said = (items.all_at_once().statements if items else ()) + loose.statements
    return DocumentReading(
        result=Result.READ,
        site=FeedSite(own, items, Reading(said)) if items or said else None,
        faults=faults(document.flaws + flaws, source) + loose.faults,
    )


def read_unbound(contents: tuple[Content, ...], source: Source, listener: Listener, prefix: str = "") -> Reading:
    """What elements outside any content take away: reserved in the cautious posture, in the literal one not granted."""
    manner = Manner(refusals_only=True, repair=UNKNOWN, prefix=prefix)
    document = RslDocument(contents)
    site, _ = build(document, source, Origin.parse(source.url), listener, manner, page=True)
    said = site.all_at_once().statements if site else ()
    if not said:
        return NOTHING
    if not listener.cautious:
        said = tuple(replace(each, stance=Stance.UNSTATED, doubt=NOT_UNDERSTOOD, repair=None) for each in said)
    flaws = tuple(Flaw("loose-element", content.locator, content.excerpt) for content in contents)
    return Reading(said, faults(flaws, source, prefix))


def read_challenge(body: bytes, source: Source, listener: Listener) -> Reading:
    """The body of a 401 or 402 (4.10): where it is a licence document, a licence is needed, whatever it offers."""
    head = body.replace(b"\0", b"")[:_SNIFFED]
    opening = _OPENING.search(head)
    if not opening or not (opening[1] or _is_of_rsl(head)):
        return NOTHING
    document = parse_document(body)
    if document.works and not document.contents:
        return NOTHING  # it speaks of works
    place = Fault.at(
        source,
        document.problem or "a licence is required",
        signal=NAME,
        locator=document.place or "rsl",
        excerpt=opening[0].decode("ascii", "replace"),
    )
    if document.problem:
        return Reading((unlicensed(place),), (place,))
    manner = Manner(refusals_only=True)
    site, flaws = build(document, source, Origin.parse(source.url), listener, manner, page=True)
    said = site.says(target(source.url)).statements if site else ()
    return Reading((unlicensed(place), *said), faults(document.flaws + flaws, source))


def faults(flaws: tuple[Flaw, ...], source: Source, prefix: str = "") -> tuple[Fault, ...]:
    """The flaws of a document as faults, each with its code, up to a bound."""
    found = [
        Fault.at(
            source,
            f"{_MESSAGES[flaw.code]} ({flaw.code})",
            signal=NAME,
            locator=prefix + flaw.locator,
            excerpt=flaw.excerpt,
        )
        for flaw in flaws[:MAX_FAULTS]
    ]
    if len(flaws) > MAX_FAULTS:
        found.append(Fault.at(source, f"{len(flaws) - MAX_FAULTS} more faults", signal=NAME))
    return tuple(found)
