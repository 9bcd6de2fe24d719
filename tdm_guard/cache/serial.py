"""
The serial form of what a store keeps of one origin.

    packed = "tdm_guard answers " FORM LF digest deflate(head LF bodies)
        `digest`: CRC-32 of what follows it, against damage; it is no seal against who can write.
        `head`: JSON: [origin, tries, time, [[places, status, [later, …], length?, fields?, more?], …]]
        `time`: microseconds since 1970 (UTC) at which the first answer came, the others so much `later`
        `places`: one, or several with a blank between, of which nothing but the status is kept

strategy: nothing in it is trusted. What does not have this form to the letter is `Damaged`, and the origin is asked
itself.
"""

from __future__ import annotations

import json
import zlib
from typing import Any

from tdm_guard.cache.bundle import (
    END_OF_TIME,
    FIELDS,
    MAX_ADDRESSES,
    MAX_ANSWERS,
    MAX_FIELDS,
    MAX_URL,
    Bundle,
    KeptAnswer,
)

FORM = 1
MAX_PACKED = 4 * 2**20  # bytes of one origin's row: usual ones have a few hundred
MAX_PLAIN = 8 * 2**20  # bytes that a row may unpack to: those of the bodies, and the addresses and fields beside them
_LINE = b"tdm_guard answers "
_HEAD = _LINE + b"%d\n" % FORM
_DIGEST = 4
_ENDS = len(_HEAD)
_BEGINS = _ENDS + _DIGEST
_RAW = -15  # deflate without head and end of zlib, which say what the digest says
_LEVEL = 6
_SMALL = 4096  # bytes up to which the fixed codes of deflate are not much longer, and read in half the time
_INTEGERS = {int}
_TEXTS = {str}
_scan = json.JSONDecoder().raw_decode  # of a text that begins and ends with its value: in half the time of `loads`
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


class Damaged(ValueError):
    """What a store gave is nothing of this form."""


class Newer(Damaged):
    """What a store gave was written by a later version."""


def pack(bundle: Bundle) -> bytes:
    """The serial form. What is too large for a row raises `ValueError`."""
    base = min(max(min([answer.came for answer in bundle.answers], default=0), 0), END_OF_TIME)
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
    if type(tries) is not int or type(base) is not int or not 0 <= base <= END_OF_TIME or len(listed) > MAX_ANSWERS:
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
