"""
What a store keeps of one origin: what its documents answered, in a form that any version of a reader can read anew.

    packed = "tdm_guard answers " FORM LF digest deflate(head LF bodies)
        `digest`: CRC-32 of what follows it, against damage; it is no seal against who can write.
        `head`: JSON: [origin, tries, time, [[places, status, [later, …], length?, fields?, more?], …]]
        `time`: microseconds since 1970 (UTC) at which the first answer came, the others so much `later`
        `places`: one, or several with a blank between, of which nothing but the status is kept

strategy: nothing in it is trusted. A policy is never kept, only what it is read from; what does not have this form to
the letter is `Damaged`, and the origin is asked itself.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, Self

from tdm_guard.fetch import EXCLUDED, PRIVATE
from tdm_guard.formats.http.message_body import document
from tdm_guard.model import Fetched, Headers

FORM = 1
MAX_PACKED = 4 * 2**20  # bytes of one origin's row: usual ones have a few hundred
MAX_PLAIN = 8 * 2**20  # bytes that a row may unpack to: those of the bodies, and the addresses and fields beside them
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
FIELDS = frozenset((*_LASTING, *_OF_BODY, "etag", "last-modified"))  # what reading a document, or asking anew, looks at
_GONE = (404, 410)
_LINE = b"tdm_guard answers "
_HEAD = _LINE + b"%d\n" % FORM
_DIGEST = 4
_ENDS = len(_HEAD)
_BEGINS = _ENDS + _DIGEST
_RAW = -15  # deflate without head and end of zlib, which say what the digest says
_LEVEL = 6
_SMALL = 4096  # bytes up to which the fixed codes of deflate are not much longer, and read in half the time
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_END_OF_TIME = 250_000_000_000_000_000  # the year 9892
# What most rows have in common, for zlib to point at. It belongs to the form: another one is another form.
_COMMON = (
    b"Disallow: /wp-admin/\nAllow: /wp-admin/admin-ajax.php\nCrawl-delay: \nUser-agent: GPTBot\nUser-agent: CCBot\n"
    b"User-agent: Google-Extended\nContent-Signal: search=yes,ai-train=no\nSitemap: https://www./sitemap.xml\n"
    b'User-Agent: *\nDisallow: \nUser-agent: *\nAllow: /\nDisallow: /\n[{"location":"/","tdm-reservation":1,'
    b'"tdm-policy":"{"final":"https://","by":["http://"],"lent":1}],"content-encoding","gzip","transfer-encoding",'
    b'"chunked","age","0","cache-control","no-cache, no-store, must-revalidate, private","cache-control","public, '
    b'max-age=3600","expires","Thu, 01 Jan 1970 00:00:00 GMT","max-age=86400","last-modified","Mon, 00:00:00 GMT",'
    b'"etag","W/\\"","content-type","text/html","application/json","content-type","text/plain; charset=utf-8"'
    b',"content-type","text/plain"]],["https://www.",1,179[["/robots.txt",200,[0],'
    b'["/.well-known/tdmrep.json /ai.txt /trust.txt /.well-known/ai.txt /.well-known/trust.txt",404,[0,1]]]]\n'
)


_new = tuple.__new__  # half the time of a NamedTuple's own, for every answer


class Damaged(ValueError):
    """What a store gave is nothing of this form."""


class Newer(Damaged):
    """What a store gave was written by a later version."""


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
        return _EPOCH + timedelta(microseconds=min(max(self.came, 0), _END_OF_TIME))

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
_INTEGERS = {int}
_TEXTS = {str}
_scan = json.JSONDecoder().raw_decode  # of a text that begins and ends with its value: in half the time of `loads`


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


def _kept(place: str, fetched: Fetched, now: datetime, *, lent: bool) -> KeptAnswer | None:
    """What is kept of an answer; None for what says nothing to others: silence, and what only we may not ask for."""
    error, status = fetched.error, fetched.status
    if status is None or not 100 <= status <= 999 or (error or "").endswith((PRIVATE, EXCLUDED)):
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
    return min(max(0, (moment - _EPOCH) // _MICROSECOND), _END_OF_TIME)


def _needed(headers: Iterable[tuple[str, str]]) -> Headers:
    return tuple([(key, value) for name, value in headers if (key := name.lower()) in FIELDS])


def _succession(before: list[KeptAnswer], answer: KeptAnswer, fetched: Fetched | None) -> list[KeptAnswer]:
    """What is kept of a document that answered before: a copy stands until there is another, or it is gone."""
    copies = [item for item in before if item.is_whole]
    if answer.status == 304 and answer.error is None and fetched is not None:
        return [copies[-1].renewed(fetched, answer.at)] if copies else before
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


# ---- the serial form ------------------------------------------------------------------------------------------------


def pack(bundle: Bundle) -> bytes:
    """The serial form. What is too large for a row raises `ValueError`."""
    base = min([answer.came for answer in bundle.answers], default=0)
    head = [bundle.origin, bundle.tries, base, [_spelled(alike, base) for alike in _alike(bundle.answers)]]
    spelled = json.dumps(head, separators=(",", ":")).encode("ascii")
    plain = b"".join((spelled, b"\n", *(item.body for item in bundle.answers)))
    strategy = zlib.Z_FIXED if len(plain) <= _SMALL else zlib.Z_DEFAULT_STRATEGY
    packer = zlib.compressobj(_LEVEL, wbits=_RAW, strategy=strategy, zdict=_COMMON)
    packed = packer.compress(plain) + packer.flush()
    if len(packed) + _BEGINS > MAX_PACKED:
        raise ValueError(f"{len(packed)} bytes are more than a row may have")
    return b"".join((_HEAD, _digest(packed), packed))


def _digest(packed: bytes) -> bytes:
    return zlib.crc32(packed).to_bytes(_DIGEST, "big")


def _alike(answers: tuple[KeptAnswer, ...]) -> list[list[KeptAnswer]]:
    """The answers in their order; those that say only that there is nothing, in groups by status."""
    found: list[list[KeptAnswer]] = []
    for answer in answers:
        last = found[-1] if found else [answer]
        alike = found and last[0].is_bare and answer.is_bare and last[0].status == answer.status
        if alike and sum([len(item.place) + 1 for item in last]) + len(answer.place) <= MAX_URL:
            last.append(answer)
        else:
            found.append([answer])
    return found


def _spelled(answers: list[KeptAnswer], base: int) -> list[Any]:
    answer = answers[0]
    places, later = " ".join([item.place for item in answers]), [item.came - base for item in answers]
    if answer.is_bare:
        return [places, answer.status, later]
    more: dict[str, Any] = {}
    if not answer.complete:
        more["cut"] = 1
    if answer.lent:
        more["lent"] = 1
    if answer.final is not None:
        more["final"] = answer.final
    if answer.redirects:
        more["by"] = answer.redirects
    if answer.error is not None:
        more["error"] = answer.error
    if answer.part:
        more["part"] = 1
    fields = [text for field in answer.fields for text in field]
    spelled = [places, answer.status, later, len(answer.body), fields]
    return [*spelled, more] if more else spelled


def unpack(packed: object, origin: str) -> Bundle:
    """What was packed of `origin`. Raises `Damaged` for anything else, `Newer` for what a later version wrote."""
    if not isinstance(packed, bytes):
        raise Damaged("no bytes")
    if not packed.startswith(_HEAD):
        form = packed[len(_LINE) : len(_LINE) + 8].partition(b"\n")[0]
        if packed.startswith(_LINE) and form.isdigit() and int(form) > FORM:
            raise Newer(f"answers of form {int(form)}, of which this version knows {FORM}")
        raise Damaged("nothing that begins as it should")
    coded = packed[_BEGINS:]
    if len(packed) > MAX_PACKED or _digest(coded) != packed[_ENDS:_BEGINS]:
        raise Damaged("bytes that do not fit their digest")
    unpacker = zlib.decompressobj(wbits=_RAW, zdict=_COMMON)
    try:
        plain = unpacker.decompress(coded, MAX_PLAIN)
        if not unpacker.eof:
            raise Damaged("more than a row may have, or less than it says")
        head, _, bodies = plain.partition(b"\n")
        text = head.decode("ascii")
        read, end = _scan(text)
        if end != len(text):
            raise Damaged("more than a head")
        return _read(read, bodies, origin)
    except Damaged:
        raise
    except Exception as error:  # noqa: BLE001 - whatever is in it
        raise Damaged(f"what cannot be read: {type(error).__name__}") from None


def _read(head: Any, bodies: bytes, origin: str) -> Bundle:
    named, tries, base, listed = head
    if named != origin:
        raise Damaged("the answers of another origin")
    if type(tries) is not int or type(base) is not int or not 0 <= base <= _END_OF_TIME or len(listed) > MAX_ANSWERS:
        raise Damaged("a head that is none")
    answers: list[KeptAnswer] = []
    bare = KeptAnswer.bare
    begin = 0
    for spelled in listed:
        places, status, laters, *more = spelled
        if type(status) is not int or not 100 <= status <= 999 or type(places) is not str or type(laters) is not list:
            raise Damaged("no place, or no status")
        if set(map(type, laters)) != _INTEGERS:
            raise Damaged("no time")
        if not more:
            names = places.split(" ")
            if len(names) != len(laters) or len(places) > MAX_URL:
                raise Damaged("places of another number, or too long ones")
            answers += [
                bare(place, status, base + later)
                for place, later in zip(names, laters)  # noqa: B905 - checked above, in a fifth of the time
            ]
        else:
            if len(places) > MAX_URL:
                raise Damaged("too long a place")
            answer, begin = _with_more((places, status, base + laters[0]), bodies, begin, *more)
            answers.append(answer)
    if begin != len(bodies) or len(answers) > MAX_ANSWERS:
        raise Damaged("more bodies than answers, or too many of them")
    return Bundle(origin, tuple(answers), tries)


def _with_more(
    answered: tuple[str, int, int], bodies: bytes, begin: int, length: Any, flat: Any, more: Any = None
) -> tuple[KeptAnswer, int]:
    """An answer with its body and its fields, and where the next body begins."""
    if type(length) is not int or not 0 <= length <= len(bodies) - begin or type(flat) is not list:
        raise Damaged("no body, or no fields")
    names, values = flat[::2], flat[1::2]
    if (
        len(names) != len(values)
        or len(names) > MAX_FIELDS
        or not FIELDS.issuperset(names)
        or not _TEXTS.issuperset(map(type, values))
    ):
        raise Damaged("fields of another kind")
    end = begin + length
    fields = tuple(zip(names, values))  # noqa: B905 - as above
    answer = KeptAnswer.usual(*answered, fields, bodies[begin:end])
    if more is None:
        return answer, end
    final, by, error = more.get("final"), more.get("by", ()), more.get("error")
    texts = (final or "", error or "", *by)
    if len(by) > MAX_ADDRESSES or not all(type(text) is str and len(text) <= MAX_URL for text in texts):
        raise Damaged("values of other types")
    answer = answer._replace(
        complete="cut" not in more,
        lent="lent" in more,
        final=final,
        redirects=tuple(by),
        error=error,
        part="part" in more,
    )
    return answer, end
