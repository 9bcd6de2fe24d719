"""
HTML tokens (WHATWG HTML 13.2.5): decoding, start tags, attributes, comments, raw text.

strategy: every state run of the standard's tokenizer that we need is one regular expression that never fails and
never backtracks, so that all of it is linear. A function takes the text and a position and returns where it ended.
"""

from __future__ import annotations

import codecs
import io
import re
from functools import lru_cache
from html.entities import html5


def names(words: str) -> frozenset[str]:
    """The names in a line of them."""
    return frozenset(words.split())


WS = "\t\n\f\r "
MAX_ATTRIBUTES = 512  # of one tag; deployed tags stay below a hundred
MAX_OF_PAGE = 300_000  # attributes read of the tags of one page; 20,000 tags, as many as are kept, have fifteen each
MAX_VALUE = 262_144  # characters of one attribute value; longer ones are data, not words

# One attribute, 13.2.5.33-39. A quote that is never closed runs to the end of the text, where no tag is emitted.
_ATTRIBUTE = (
    r"[^\t\n\f\r />][^\t\n\f\r />=]*"
    r"""(?:[\t\n\f\r ]*=[\t\n\f\r ]*(?:"[^"]*(?:"|\Z)|'[^']*(?:'|\Z)|[^\t\n\f\r >"'][^\t\n\f\r >]*|(?=>)|\Z))?"""
)
# In portions: each repetition costs the engine memory.
_ATTRIBUTES = re.compile(rf"(?:([\t\n\f\r /]+)|{_ATTRIBUTE}){{0,256}}")
MAX_PORTIONS = 4096  # of one page's tags behind the first of each; deployed tags need no second one
_PAIR = re.compile(
    r"([^\t\n\f\r />][^\t\n\f\r />=]*)"
    r"""(?:[\t\n\f\r ]*=[\t\n\f\r ]*(?:"([^"]*)"|'([^']*)'|([^\t\n\f\r >"'][^\t\n\f\r >]*)|(?=>)|\Z))?"""
)
_REFERENCE = re.compile(r"&(?:#(?:[xX]([0-9A-Fa-f]+)|([0-9]+));?|([A-Za-z][A-Za-z0-9]*;?)(=?))")
_COMMENT_END = re.compile(r"--!?>")
_SCRIPT_STEP = re.compile(r"(?ai)<(?:!--|/script(?=[\t\n\f\r />]))")
_ESCAPED_STEP = re.compile(r"(?ai)-->|<script(?=[\t\n\f\r />])|</script(?=[\t\n\f\r />])")
_RAW_END = {
    name: re.compile(rf"(?ai)</{name}(?=[\t\n\f\r />])")
    for name in ("title", "textarea", "style", "xmp", "iframe", "noembed", "noframes")
}
RAW_TEXT = frozenset(_RAW_END)  # of HTML elements; script has its own states, plaintext never ends

# windows-1252 in the C1 range, 13.2.5.80; the five undefined bytes stand for themselves.
_C1 = {byte: bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(0x80, 0xA0)}
# The encodings of the WHATWG Encoding standard by the names of their Python codecs. All but UTF-16 write ASCII
# characters as ASCII bytes, which the scanner relies on.
_CODECS = names(
    "utf-8 cp866 iso8859-1 iso8859-2 iso8859-3 iso8859-4 iso8859-5 iso8859-6 iso8859-7 iso8859-8 iso8859-9 iso8859-10 "
    "iso8859-11 iso8859-13 iso8859-14 iso8859-15 iso8859-16 koi8-r koi8-u mac-roman mac-cyrillic cp874 cp1250 cp1251 "
    "cp1252 cp1253 cp1254 cp1255 cp1256 cp1257 cp1258 gb2312 gbk gb18030 big5 big5hkscs euc_jp iso2022_jp shift_jis "
    "cp932 euc_kr cp949 utf-16 utf-16-le utf-16-be ascii"
)
_WIDENED = {
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "utf-16": "utf-16-le",
}
_ASCII_LIKE = _CODECS - names("utf-16 utf-16-le utf-16-be iso2022_jp utf-8")  # slower than ASCII of what is ASCII
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_BOMS_BEGIN = tuple(mark[:1] for mark, _ in _BOMS)
_XML_UTF16 = ((b"<\0?\0x\0", "utf-16-le"), (b"\0<\0?\0x", "utf-16-be"))  # the beginning of "<?xml", 13.2.3.2
_USUAL = 64  # characters of a label of which is remembered what it names
_PRESCAN = 1024  # bytes, 13.2.3.2
_PIECE = 2**20  # bytes decoded at once; other threads wait meanwhile
_META_CHARSET = re.compile(
    rb"""(?i)<meta[\t\n\f\r /][^>]*?charset[\t\n\f\r ]*=[\t\n\f\r ]*["']?[\t\n\f\r ]*([\w.:-]+)"""
)


def decode(body: bytes, charset: str | None) -> str:
    """
    The characters of a document: byte order mark, then `charset`, then what the document says, then windows-1252.

    Line ends become line feeds (13.2.3.5). An unknown name is passed over; bytes without a meaning are replaced.
    """
    name = None
    if body[:1] in _BOMS_BEGIN:
        mark, name = next((each for each in _BOMS if body.startswith(each[0])), (b"", None))
        body = body[len(mark) :]
    name = name or _codec(charset) or _declared(body) or "cp1252"
    if len(body) > _PIECE:
        return _decode_in_pieces(body, name)
    text = body.decode("ascii" if name in _ASCII_LIKE and body.isascii() else name, "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _decode_in_pieces(body: bytes, name: str) -> str:
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(name)("replace"), translate=True)
    starts = range(0, len(body), _PIECE)
    return "".join([decoder.decode(body[at : at + _PIECE], final=at + _PIECE >= len(body)) for at in starts])


def _codec(label: str | None) -> str | None:
    if not label or not label.isascii():
        return None
    return _usual_codec(label) if len(label) <= _USUAL else _codec_of(label)


def _codec_of(label: str) -> str | None:
    try:
        name = codecs.lookup(label.strip("\t\n\f\r \"'")).name
    except (LookupError, ValueError):
        return None
    return _WIDENED.get(name, name) if name in _CODECS else None


_usual_codec = lru_cache(maxsize=256)(_codec_of)  # sites send a handful of labels


def _declared(body: bytes) -> str | None:
    for beginning, wide in _XML_UTF16:
        if body.startswith(beginning):
            return wide
    found = _META_CHARSET.search(body, 0, _PRESCAN)
    name = _codec(found[1].decode("ascii", "replace")) if found else None
    return "utf-8" if name and name.startswith("utf-16") else name  # a document read as ASCII cannot be UTF-16


def ascii_lower(name: str) -> str:
    """`name` with A-Z as a-z and nothing else changed: U+212A is no letter k."""
    return name.lower() if name.isascii() else re.sub("[A-Z]+", lambda found: found[0].lower(), name)


def end_of_tag(text: str, at: int, attributes: Attributes) -> int:
    """
    The position of the `>` that ends the tag whose attributes begin at `at`; -1 if the text ends first.

    Also -1 if they are more than the page's `attributes` may be.
    """
    if text.startswith(">", at):
        return at
    while True:
        found = _ATTRIBUTES.match(text, at)
        end = found.end() if found else at
        if text.startswith(">", end):
            return end
        if end == at or end >= len(text):
            return -1
        attributes.portions -= 1
        if attributes.portions < 0:
            attributes.left = -1
            return -1
        at = end


def is_self_closing(text: str, begin: int, end: int) -> bool:
    """True if the tag whose attributes stand there ends in a `/` that belongs to no unquoted value (13.2.5.40)."""
    if end <= begin or text[end - 1] != "/":
        return False
    while begin < end:
        found = _ATTRIBUTES.match(text, begin, end)
        if found is None or found.end() == begin:
            return False
        if found.end() == end:
            return found.end(1) == end
        begin = found.end()
    return False


class Attributes:
    """Reads the attributes of one page's tags, `MAX_OF_PAGE` of them; `left` is below 0 if there are more."""

    __slots__ = ("left", "portions")

    def __init__(self) -> None:
        self.left = MAX_OF_PAGE
        self.portions = MAX_PORTIONS

    def read(self, text: str, start: int, end: int) -> tuple[dict[str, str], bool]:
        """The attributes between two positions, first of a name wins; False if a bound cut them."""
        found: dict[str, str] = {}
        most = min(MAX_ATTRIBUTES, self.left)
        count = 0
        for count, pair in enumerate(_PAIR.finditer(text, start, end), 1):
            if count > most:
                self.left -= count
                return found, False
            name, last = pair[1], pair.lastindex
            value = pair[last] if last and last > 1 else ""
            if len(value) > MAX_VALUE or len(name) > MAX_VALUE:
                self.left -= count
                return found, False
            found.setdefault(ascii_lower(name).replace("\0", "\ufffd"), resolve(value).replace("\0", "\ufffd"))
        self.left -= count
        return found, True


def resolve(value: str) -> str:
    """An attribute value with its character references resolved (13.2.5.72-80)."""
    return _REFERENCE.sub(_referenced, value) if "&" in value else value


def _referenced(found: re.Match[str]) -> str:
    hexadecimal, decimal, name, equals = found.groups()
    if name is not None:
        # An unfinished name counts only where neither a letter, a digit nor "=" follows it.
        known = html5.get(name) if name.endswith(";") or not equals else None
        return found[0] if known is None else known + equals
    digits = (hexadecimal or decimal).lstrip("0")
    code = int(digits or "0", 16 if hexadecimal else 10) if len(digits) <= 7 else 0
    if not 0 < code <= 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        return "\ufffd"
    return _C1.get(code) or chr(code)


def end_of_comment(text: str, at: int) -> int:
    """Where the comment ends whose words begin at `at`; the end of the text if it is never closed."""
    for abrupt in (">", "->"):
        if text.startswith(abrupt, at):
            return at + len(abrupt)
    found = _COMMENT_END.search(text, at)
    return found.end() if found else len(text)


def end_of_raw_text(text: str, at: int, name: str) -> int:
    """Where the content of a raw text element ends: at its end tag, or at the end of the text."""
    if name == "plaintext":
        return len(text)
    if name == "script":
        return _end_of_script(text, at)
    found = _RAW_END[name].search(text, at)
    return found.start() if found else len(text)


def _end_of_script(text: str, at: int) -> int:
    """Script data with its escaped and double escaped states (13.2.5.15-31)."""
    escaped = doubly = False
    while found := (_ESCAPED_STEP if escaped else _SCRIPT_STEP).search(text, at):
        step = found[0].lower()
        if step == "<!--":
            escaped, at = True, found.end() - 2  # its own dashes may belong to the "-->"
        elif step == "-->":
            escaped, doubly, at = False, False, found.end()
        elif step == "<script":
            doubly, at = True, found.end()
        elif not doubly:
            return found.start()
        else:
            doubly, at = False, found.end()
    return len(text)
