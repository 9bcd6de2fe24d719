"""
A first look at an HTML document: can any of its tags hold one of our words at all, and which?

strategy: what could be a tag of ours, wherever it stands, is cut out from the fourth letter of its name up to the first
">", and all cuttings are searched at once. The few of which the first ">" may stand within a quoted value are then
followed to their real end. Only where a word is found is it asked in which of the cuttings.
"""

from __future__ import annotations

import re
from html.entities import html5
from typing import TYPE_CHECKING

from tdm_guard.formats.invisible import SEEN, seen, without_octets
from tdm_guard.formats.page.html_skip import OMITTED
from tdm_guard.formats.page.html_tokens import MAX_ATTRIBUTES, Attributes, end_of_tag, resolve
from tdm_guard.formats.page.html_words import BLANKS, Finder, finders, folded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# The first letters of meta, link, script and base, and all from the fourth on: the others are no part of our words, and
# the letter of the first would be suspected of being. What else begins so ("<metadata>") does no harm.
_OPENING = re.compile(rb"<[MmLlSsBb][EeIiCcAa][TtNnRrSs]([AaKkIiEe][^>]*+)")
_NAME = re.compile(rb"<(?=([MmLlSs][^\t\n\f\r />]*))")  # names may hold a "<", and another begins there
_BASE = b"eE"  # as the cuttings of one begin
# Of so few bytes the engine finds the first in half the time that `in` takes.
_begins_base = re.compile(b">e").search
_opens_at_end = re.compile(b'=">').search
MAX_SHORT = 2 * MAX_ATTRIBUTES  # bytes of a tag in which no more attributes stand than are read
_WS = b"\t\n\f\r "
_MARKS = tuple((mark, b"=" + mark, bytes({*range(256)} - {*mark, *b"\x01>"})) for mark in (b'"', b"'"))
PIECE = 2**20  # bytes looked through at once; more would hold up other threads, and be held in memory beside the body
# Behind so much it is not told which tags may speak: within it no bound of those who read all of them is met.
MAX_SAID = 2**17  # bytes of tags; heads of real pages have up to 100 KB with all else
MAX_CUTTINGS = 4_096  # tags; large real pages have some hundreds
_QUOTE = ord('"')


class Scanner:
    """
    Looks for `words` (lower case) in the meta, link and script tags of a document without reading the document.

    One in quotation marks (`"ai"`) is a whole value, however that is written: in any marks, in none, amid blanks; one
    behind such a mark (`"dc.`) begins a value. It errs on one side only: comments, scripts and templates are looked at
    too.
    """

    __slots__ = ("_finders", "_references")

    def __init__(self, words: Iterable[str]) -> None:
        wanted = sorted({word.lower() for word in words})
        self._finders = finders(wanted)
        self._references = re.compile(_references("".join((*wanted, *SEEN, BLANKS))).encode())

    def may_speak(self, body: bytes) -> bool:
        """False only if no tag that `read_page` would find in `body` has one of the words in its attributes."""
        return self.openings(body) != ()

    def openings(self, body: bytes) -> tuple[bytes, ...] | None:
        """
        What tags in `body` that may have one of the words are from the fourth letter to the first `>`; None for any.

        Those that may be the document's base stand beside them, as do long ones, of which not all may be read. A NUL
        (UTF-16) or an ESC (ISO-2022-JP) means that ASCII characters need not stand there as ASCII bytes.
        """
        if b"\0" in body or b"\x1b" in body:
            return None
        is_open = False
        found: tuple[bytes, ...] = ()
        start, size = 0, len(body)
        while start < size:
            end = size if size - start <= PIECE else _end_of_piece(body, start)
            cuttings = _OPENING.findall(body, start, end)
            said = b">".join(cuttings) + b">"
            if not said.isascii():
                said = without_octets(said)
            dense = folded(said)
            suspected = [(each, at) for each in self._finders if (at := each.first(said if each.mark else dense)) >= 0]
            if suspected or b"&" in said:
                if len(said) > 2 * PIECE:  # a tag that is longer than a piece is not looked at so closely
                    return None
                found = tuple(self._speaking(cuttings, said, dense, suspected))
            is_open = is_open or _any_open(_in_doubt(cuttings, dense))
            if found and (
                size > PIECE or len(said) + OMITTED * len(cuttings) > MAX_SAID or len(cuttings) > MAX_CUTTINGS
            ):
                return None
            start = end
        long: tuple[bytes, ...] = ()
        if is_open:
            further = self._speaking_further(body)
            if further is None or (further[0] and size > PIECE):
                return None
            found, long = found + further[0], further[1]
        return tuple(dict.fromkeys((*found, *long, *_beside(cuttings, dense)))) if found else ()

    def _speaking(
        self, cuttings: list[bytes], said: bytes, dense: bytes, suspected: list[tuple[Finder, int]]
    ) -> Iterator[bytes]:
        """Those of the cuttings in which a word stands; `said` is all of them, without what is invisible."""
        for finder, at in suspected:
            where = said if finder.mark else dense
            for number in _numbers(finder.suspected(where, at), where):
                cut = cuttings[number]
                if cut[0] not in _BASE and finder.stands_in(without_octets(cut).lower() + b">"):
                    yield cut
        if b"&" in said:
            for number in _numbers(self._referred(said), said):
                yield cuttings[number]

    def _referred(self, said: bytes) -> Iterator[int]:
        """Where a tag begins in which a word stands once its character references are resolved."""
        end = 0
        for found in self._references.finditer(said):
            if found.start() >= end:
                start, end = said.rfind(b">", 0, found.start()) + 1, said.index(b">", found.start())
                if self._says(seen(resolve(said[start:end].decode("latin-1"))).lower().encode("latin-1", "replace")):
                    yield start

    def _says(self, lower: bytes) -> bool:
        """True if one of the words stands there as it is."""
        lower += b">"
        return any(finder.stands_in(lower) for finder in self._finders)

    def _speaking_further(self, body: bytes) -> tuple[tuple[bytes, ...], tuple[bytes, ...]] | None:
        """
        The same for the tags that go on behind their first `>`, and those of them that are long.

        None if that would take too long to tell.
        """
        text = body.decode("latin-1")  # positions stay
        attributes = Attributes()
        patience = len(body)  # openings nested in one another's attributes would make this quadratic
        speaking: list[bytes] = []
        long: list[bytes] = []
        for found in _OPENING.finditer(body):
            if not _any_open((found[0] + b">").translate(None, _WS)):
                continue
            for inner in _NAME.finditer(found[0]):
                begin = found.start() + inner.start()
                # a name is no attribute, whatever follows it
                end = end_of_tag(text, found.start() + inner.end(1), attributes)
                end = len(text) if end < 0 else end
                patience -= end - begin
                if patience < 0 or attributes.left < 0:
                    return None
                said = without_octets(body[begin:end])
                if self._has_word(said):
                    speaking.append(found[1])
                elif end - begin > MAX_SHORT:
                    long.append(found[1])
        return tuple(speaking), tuple(long)

    def _has_word(self, said: bytes) -> bool:
        if len(said) > 2 * PIECE:
            return True
        return self._says(said.lower()) or (
            b"&" in said and any(True for _ in self._referred(said.replace(b">", b" ") + b">"))
        )


def _numbers(places: Iterable[int], joined: bytes) -> Iterator[int]:
    """In which cuttings of those that were joined these places are, each once; they come in order."""
    number = at = 0
    last = -1
    for place in places:
        number += joined.count(b">", at, place)
        at = place
        if number != last:
            yield number
        last = number


def _beside(cuttings: list[bytes], dense: bytes) -> list[bytes]:
    """The cuttings that are long, or may be of a base."""
    if max(map(len, cuttings)) <= MAX_SHORT and not dense.startswith(b"e") and _begins_base(dense) is None:
        return []
    return [cut for cut in cuttings if len(cut) > MAX_SHORT or cut[0] in _BASE]


def _end_of_piece(body: bytes, start: int) -> int:
    """Where a piece that begins at `start` ends: behind a ">", which no cutting holds."""
    return (body.rfind(b">", start, start + PIECE) + 1) or (body.find(b">", start + PIECE) + 1) or len(body)


def _in_doubt(cuttings: list[bytes], dense: bytes) -> bytes:
    """
    `dense` with fewer cuttings in it: most end in a quotation mark that closes, which `_any_open` need not be asked.

    Where the other quotation mark stands anywhere, or one may open at the end of a cutting, all are left in.
    """
    if b"'" in dense or _opens_at_end(dense):
        return dense
    rest = [cut for cut in cuttings if cut[-1] != _QUOTE]
    return folded(b">".join(rest) + b">") if rest else b""


def _any_open(dense: bytes) -> bool:
    """
    True if the end of one of the cuttings, each ended by ">" and without blanks, may be within a quoted value.

    A value is opened by a quotation mark behind a "="; while it is open, that mark is the last of its kind. Blanks
    aside, "opener, then the end" is left when everything but openers, other marks and ends is taken away.
    """
    for mark, opener, others in _MARKS:
        if mark in dense and b"\x01>" in dense.replace(opener, b"\x01\x01").translate(None, others):
            return True
    return False


def _references(characters: str) -> str:
    """A pattern for the character references that yield one of `characters`, in either case."""
    wanted = {*characters.lower(), *characters.upper()}
    names = sorted(re.escape(name) for name, value in html5.items() if wanted.intersection(value))
    codes = sorted(ord(character) for character in wanted)
    decimal = "|".join(str(code) for code in codes)
    hexadecimal = "|".join(f"{code:x}" for code in codes)
    return (
        "&(?:#(?:0*(?:"
        + decimal
        + ")(?![0-9])|[xX]0*(?i:"
        + hexadecimal
        + ")(?![0-9A-Fa-f]))"
        + "".join(f"|{name}" for name in names)
        + ")"
    )
