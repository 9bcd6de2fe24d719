"""
A first look at an HTML document: can any of its tags hold one of our words at all?

strategy: what could be a tag of ours, wherever it stands, is cut out up to the first ">", and all cuttings are searched
at once. The few of which the first ">" may stand within a quoted value are then followed to their real end.
"""

from __future__ import annotations

import re
from html.entities import html5
from typing import TYPE_CHECKING

from tdm_guard.formats.invisible import SEEN, seen, without_octets
from tdm_guard.formats.page.html_tokens import Attributes, end_of_tag, resolve

if TYPE_CHECKING:
    from collections.abc import Iterable

# The first letters of meta, link and script; what else begins so ("<metadata>") does no harm.
_OPENING = re.compile(rb"<[MmLlSs][EeIiCc][TtNnRr][AaKkIi][^>]*")
_NAME = re.compile(rb"<(?=([MmLlSs][^\t\n\f\r />]*))")  # names may hold a "<", and another begins there
_MARKED = '"'
_WS = b"\t\n\f\r "
# The rare letters of "c2pa" as those of "noml", so that one search finds both
_FOLDED = bytes(range(256)).lower().translate(bytes.maketrans(b"2p", b"ml"))
_LEFT_OUT = _WS + b"-_+/:.,;?%"  # with the marks by which the spellings of a word differ, and those of addresses
_MARK = re.compile(r"([^0-9a-z]).{3,}")  # marks are rarer than letters: a word is best looked for from there on
_SHARED = re.compile(r"(ai|ml)")  # what many of our words share
_MARKS = tuple((mark, b"=" + mark, bytes({*range(256)} - {*mark, *b"\x01>"})) for mark in (b'"', b"'"))
PIECE = 2**20  # bytes looked through at once; more would hold up other threads, and be held in memory beside the body
_QUOTE = ord('"')


class Scanner:
    """
    Looks for `words` (lower case) in the meta, link and script tags of a document without reading the document.

    One in quotation marks (`"ai"`) is a whole value, however that is written: in any marks, in none, amid blanks. It
    errs on one side only: comments, scripts and templates are looked at too.
    """

    __slots__ = ("_alone", "_beginnings", "_references", "_says_whole", "_words")

    def __init__(self, words: Iterable[str]) -> None:
        wanted = sorted({word.lower() for word in words})
        whole = [word.strip(_MARKED) for word in wanted if word[0] == _MARKED]
        self._words = tuple(word.encode() for word in wanted if word[0] != _MARKED)
        self._says_whole = (
            re.compile(rf"[=\"']\s*(?:{'|'.join(whole)})(?=[\s\"'>/])".encode()).search if whole else None
        )
        folded = {word.translate(_FOLDED, _LEFT_OUT).decode("latin-1") for word in self._words}
        least = sorted(word for word in folded if not any(other in word for other in folded - {word}))
        self._alone, self._beginnings = _beginnings(least, whole)
        self._references = re.compile(_references("".join((*wanted, *SEEN))).encode())

    def may_speak(self, body: bytes) -> bool:
        """
        False only if no tag that `read_page` would find in `body` has one of the words in its attributes.

        A NUL (UTF-16) or an ESC (ISO-2022-JP) means that ASCII characters need not stand there as ASCII bytes.
        """
        if b"\0" in body or b"\x1b" in body:
            return True
        is_open = False
        start, size = 0, len(body)
        while start < size:
            end = size if size - start <= PIECE else _end_of_piece(body, start)
            cuttings = _OPENING.findall(body, start, end)
            said = b">".join(cuttings) + b">"
            if not said.isascii():
                said = without_octets(said)
            dense = said.translate(_FOLDED, _LEFT_OUT)
            if self._has_word(said, dense):
                return True
            is_open = is_open or _any_open(_in_doubt(cuttings, dense))
            start = end
        return is_open and self._may_speak_further(body)

    def _may_speak_further(self, body: bytes) -> bool:
        """The same for the tags that go on behind their first `>`."""
        text = body.decode("latin-1")  # positions stay
        attributes = Attributes()
        patience = len(body)  # openings nested in one another's attributes would make this quadratic
        for found in _OPENING.finditer(body):
            if not _any_open((found[0] + b">").translate(None, _WS)):
                continue
            for inner in _NAME.finditer(found[0]):
                begin = found.start() + inner.start()
                # a name is no attribute, whatever follows it
                end = end_of_tag(text, found.start() + inner.end(1), attributes)
                end = len(text) if end < 0 else end
                patience -= end - begin
                said = without_octets(body[begin:end])
                if patience < 0 or attributes.left < 0 or self._has_word(said, said.translate(_FOLDED, _LEFT_OUT)):
                    return True
        return False

    def _may_have_word(self, dense: bytes) -> bool:
        """False only if none of the words is in it."""
        found: object = None
        for word in self._alone:
            found = found or word in dense
        for pattern in self._beginnings:
            found = found or pattern.search(dense)
        return bool(found)

    def _has_word(self, said: bytes, dense: bytes) -> bool:
        """
        `dense` is `said` folded, without blanks and hyphens; our words have no blank, but "no aid" is not "noai".

        A tag that is longer than a piece is not looked at so closely.
        """
        if self._may_have_word(dense):
            if len(said) > 2 * PIECE:
                return True
            if self._says(said.lower()):
                return True
        if b"&" not in said:
            return False
        if len(said) > 2 * PIECE:
            return True
        if not self._references.search(said):
            return False
        return self._says(seen(resolve(said.decode("latin-1"))).lower().encode("latin-1", "replace"))

    def _says(self, lower: bytes) -> bool:
        """True if one of the words stands there as it is."""
        if any(word in lower for word in self._words):
            return True
        return self._says_whole is not None and self._says_whole(lower) is not None


def _beginnings(words: list[str], whole: list[str]) -> tuple[tuple[bytes, ...], tuple[re.Pattern[bytes], ...]]:
    """
    Words of which one stands, and patterns of which one matches, wherever one of the folded `words` stands, or one of
    those that are `whole` values.

    The engine leaps to a literal beginning, best to a rare character, but not to one of several: so words that share
    some letters, or have a mark in them, make one pattern for each of these, from there on and then looking back. A
    word that shares nothing is found soonest by itself.
    """
    alone: list[bytes] = []
    groups: dict[str, list[str]] = {}
    for word in words:
        if rare := _SHARED.search(word) or _MARK.search(word):
            groups.setdefault(rare[1], []).append(_behind(rare[1], word))
        else:
            alone.append(word.encode("latin-1"))
    for word in whole:
        rare = _SHARED.search(word)
        beginning = rare[1] if rare else word[:2]
        groups.setdefault(beginning, []).append(_behind(beginning, word, before="[=\"']"))
    patterns = (f"{re.escape(beginning)}(?:{'|'.join(group)})" for beginning, group in groups.items())
    return tuple(alone), tuple(re.compile(pattern.encode("latin-1")) for pattern in patterns)


def _behind(beginning: str, word: str, before: str = "") -> str:
    """The pattern for a word, once the `beginning` that it shares with others was found; `before` stands before it."""
    front, _, rest = word.partition(beginning)
    return re.escape(rest) + (f"(?<={before}{re.escape(word)})" if before or front else "")


def _end_of_piece(body: bytes, start: int) -> int:
    """Where a piece that begins at `start` ends: behind a ">", which no cutting holds."""
    return (body.rfind(b">", start, start + PIECE) + 1) or (body.find(b">", start + PIECE) + 1) or len(body)


def _in_doubt(cuttings: list[bytes], dense: bytes) -> bytes:
    """
    `dense` with fewer cuttings in it: most end in a quotation mark that closes, which `_any_open` need not be asked.

    Where the other quotation mark stands anywhere, or one may open at the end of a cutting, all are left in.
    """
    if b"'" in dense or b'=">' in dense:
        return dense
    rest = [cut for cut in cuttings if cut[-1] != _QUOTE]
    return (b">".join(rest) + b">").translate(_FOLDED, _LEFT_OUT) if rest else b""


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
