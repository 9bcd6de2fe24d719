"""
What a store keeps of one origin: what its documents answered, so that any version of a reader can read it anew.

strategy: a policy is never kept, only what it is read from, with no more of it than reading takes, and asking whether
it has changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Self

from tdm_guard.fetch import EXCLUDED, PRIVATE
from tdm_guard.formats.http.message_body import document
from tdm_guard.model import Fetched, Headers

MAX_BODIES = 3 * 2**20  # bytes of all that is kept of one origin, before it is compressed
MAX_DOCUMENT = 2**20  # bytes, decoded, by which is told whether a document came whole: more of it is not read
MAX_ANSWERS = 128  # of one origin: its own documents, older copies of them, and 64 that responses declared
MAX_COPIES = 3  # answers kept of one document: the one read whole last, a refusal, a failure
MAX_FIELDS = 32  # header fields of one answer; there are ten that count
MAX_FIELD = 4096  # characters of a field value: validators and cache fields are short
MAX_URL = 8192  # characters of an address
MAX_ADDRESSES = 10  # through which an answer was redirected; five are followed
_LASTING = ("cache-control", "expires", "age")
_OF_BODY = ("content-type", "content-encoding", "transfer-encoding", "content-length")
_VALIDATORS = ("etag", "last-modified")
FIELDS = frozenset((*_LASTING, *_OF_BODY, *_VALIDATORS))  # what reading a document, or asking anew, looks at
_GONE = (404, 410)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
END_OF_TIME = 250_000_000_000_000_000  # the year 9892


_new = tuple.__new__  # half the time of a NamedTuple's own, for every answer


class KeptAnswer(NamedTuple):
    """
    What one document answered, with what of it is needed to read it again, and to ask whether it has changed.

    `place` is the path on the origin, or an absolute address. `came`: when, in microseconds since 1970 (UTC). `lent`: a
    response declared it. `final`: where it was found after `redirects`, if there were any. `part`: not all of it could
    be decoded.
    """

    place: str
    status: int
    came: int
    fields: Headers = ()
    body: bytes = b""
    complete: bool = True
    lent: bool = False
    final: str | None = None
    redirects: tuple[str, ...] = ()
    error: str | None = None
    part: bool = False

    @classmethod
    def bare(cls, place: str, status: int, came: int) -> Self:
        """One of which nothing but the status is kept: most documents are not there."""
        return _new(cls, (place, status, came, (), b"", True, False, None, (), None, False))

    @classmethod
    def usual(cls, place: str, status: int, came: int, fields: Headers, body: bytes) -> Self:
        """One that came whole, from where it was asked for."""
        return _new(cls, (place, status, came, fields, body, True, False, None, (), None, False))

    @property
    def at(self) -> datetime:
        """The time at which it came, of the years from 1970 to 9892."""
        return _EPOCH + timedelta(microseconds=min(max(self.came, 0), END_OF_TIME))

    @property
    def is_bare(self) -> bool:
        """True if nothing but the status is kept."""
        return self[3:] == _BARE

    @property
    def is_whole(self) -> bool:
        """True for a document that came as one, which may stand for itself when it cannot be had."""
        read = 200 <= self.status < 300 and self.status != 206 and self.error is None
        return read and self.complete and not self.part

    def fetched(self, url: str, now: datetime) -> Fetched:
        """The answer as it came from `url`; no clock of others makes it later than `now`."""
        return Fetched(
            status=self.status,
            headers=self.fields,
            body=self.body,
            url=self.final or url,
            at=min(self.at, now),
            redirects=self.redirects,
            error=self.error,
            complete=self.complete,
        )

    def renewed(self, fetched: Fetched, at: datetime) -> KeptAnswer:
        """The same after a "not modified" (RFC 9111 4.3.4): for how long it lasts is said anew, the rest stands."""
        fields = [field for field in self.fields if field[0] not in _LASTING]
        fields += [(name, value) for name, value in _needed(fetched.headers) if name in _LASTING]
        return self._replace(came=_micro(at), fields=tuple(fields))


_BARE = KeptAnswer("", 0, 0)[3:]


class Bundle(NamedTuple):
    """All that is kept of one origin; `tries` counts how often somebody asked it, with or without an answer."""

    origin: str
    answers: tuple[KeptAnswer, ...] = ()
    tries: int = 0

    def of(self, place: str) -> tuple[KeptAnswer, ...]:
        """What a document answered, the latest last, behind the copies that may stand for it."""
        return tuple([answer for answer in self.answers if answer.place == place])

    def latest(self) -> dict[str, KeptAnswer]:
        """The latest answer of each document, by its absolute URL."""
        return {absolute(answer.place, self.origin): answer for answer in self.answers}

    @property
    def size(self) -> int:
        """Bytes of all bodies."""
        return sum([len(answer.body) for answer in self.answers])

    def adding(self, answers: Mapping[str, Fetched | None], now: datetime, *, lent: bool = False) -> Bundle:
        """The same with what documents answered at `now`, by URL, counted as one more try."""
        kept = list(self.answers)
        for url, fetched in answers.items():
            answer = None if fetched is None else _kept(place_of(url, self.origin), fetched, now, lent=lent)
            if answer is None:
                if fetched is not None and _is_heard(fetched):  # what it said before is not the latest any more
                    kept = [item for item in kept if item.place != place_of(url, self.origin)]
                continue
            before = [item for item in kept if item.place == answer.place]
            kept = [item for item in kept if item.place != answer.place]
            kept += _succession(before, answer, fetched)
        return Bundle(self.origin, _bounded(kept), self.tries + 1)


def place_of(url: str, origin: str) -> str:
    """How a URL is named in the bundle of an origin."""
    place = url.removeprefix(origin)
    return place if place is not url and place[:1] == "/" else url


def absolute(place: str, origin: str) -> str:
    """The URL that is so named."""
    return origin + place if place[:1] == "/" else place


def _is_heard(fetched: Fetched) -> bool:
    """True for an answer of the site that others would get, too."""
    status = fetched.status
    return status is not None and 100 <= status <= 999 and not (fetched.error or "").endswith((PRIVATE, EXCLUDED))


def _kept(place: str, fetched: Fetched, now: datetime, *, lent: bool) -> KeptAnswer | None:
    """What is kept of an answer; None for what says nothing to others: silence, and what only we may not ask for."""
    error, status = fetched.error, fetched.status
    if status is None or not _is_heard(fetched):
        return None
    addresses = (*fetched.redirects, fetched.url or "")
    if len(addresses) > MAX_ADDRESSES or any(len(one) > MAX_URL for one in (place, *addresses)) or " " in place:
        return None
    read = 200 <= status < 300 and not error
    fields = _needed(fetched.headers)
    if read and fetched.complete:  # a length that fits says nothing more
        fields = tuple([field for field in fields if field != ("content-length", str(len(fetched.body)))])
    elif not read:
        fields = tuple([field for field in fields if field[0] not in _OF_BODY])
    if len(fields) > MAX_FIELDS or any(len(value) > MAX_FIELD for _, value in fields):
        return None
    at = fetched.at or now
    return KeptAnswer(
        place=place,
        status=status,
        came=_micro(at if at.tzinfo is not None else at.replace(tzinfo=UTC)),
        fields=fields,
        body=fetched.body if read else b"",  # of what is no document only the status is read
        complete=fetched.complete,
        lent=lent,
        final=fetched.url if fetched.redirects else None,
        redirects=fetched.redirects if fetched.url else (),
        error=error and error[:MAX_FIELD],
        part=read and document(fetched, MAX_DOCUMENT).problem is not None,
    )


def _micro(moment: datetime) -> int:
    return min(max(0, (moment - _EPOCH) // _MICROSECOND), END_OF_TIME)


def _needed(headers: Iterable[tuple[str, str]]) -> Headers:
    return tuple([(key, value) for name, value in headers if (key := name.lower()) in FIELDS])


def _succession(before: list[KeptAnswer], answer: KeptAnswer, fetched: Fetched | None) -> list[KeptAnswer]:
    """What is kept of a document that answered before: a copy stands until there is another, or it is gone."""
    copies = [item for item in before if item.is_whole]
    if answer.status == 304 and answer.error is None and fetched is not None:
        if not copies:
            return before
        # without a validator nobody asked whether it has changed
        if any(name in _VALIDATORS and value for name, value in copies[-1].fields):
            return [copies[-1].renewed(fetched, answer.at)]
    if answer.is_whole or (answer.status in _GONE and answer.error is None) or not copies:
        return [answer]
    # of answers in a row that say the same the last one counts
    between = [item for item in before[before.index(copies[-1]) + 1 :] if item.status // 100 != answer.status // 100]
    return [copies[-1], *between[-(MAX_COPIES - 2) :], answer]


def _bounded(answers: list[KeptAnswer]) -> tuple[KeptAnswer, ...]:
    """What fits into a row: the origin's own documents first, of the others those that came last."""
    size, places = 0, list[int]()
    for place in sorted(range(len(answers)), key=lambda place: (answers[place].lent, -place)):
        more = len(answers[place].body)
        if size + more <= MAX_BODIES and len(places) < MAX_ANSWERS:
            size += more
            places.append(place)
    return tuple([answers[place] for place in sorted(places)])
