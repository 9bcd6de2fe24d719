"""Streams of a PDF file decoded within bounds (ISO 32000-1, 7.4): Flate with predictors, ASCII85, ASCIIHex, Crypt."""

from __future__ import annotations

import base64
import zlib

from tdm_guard.formats.files.pdf_objects import Name, PdfError, Value

MAX_FILTERS = 3  # of one stream: Flate in ASCII85 has two; more is a way to build a bomb
MAX_PREDICTED = 2**20  # bytes of which a predictor is undone
MAX_EFFORT = 600_000  # of one file, in what takes about a microsecond; a metadata stream in ASCII85 takes some thousand
ENCODING = (b"Filter", b"DecodeParms", b"F")  # members of a stream's dictionary that say how its data are kept
_ASCII_PIECE = 2**16  # bytes of an ASCII filter that are read at a time
_PIECE = 128  # bytes of a damaged stream that are lost with the damage
_UP = 12  # the predictor of cross-reference streams
_FLATE = (b"FlateDecode", b"Fl")
_ASCII85 = (b"ASCII85Decode", b"A85")
_BLANKS = b" \t\n\r\v\f\0"
_IDENTITY = b"Identity"
_ASCII_HEX = (b"ASCIIHexDecode", b"AHx")


class Effort:
    """What the streams of one file may still take: filters in plain Python are slow, and a file may have a thousand."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left: float = MAX_EFFORT

    def take(self, amount: float) -> None:
        """Raises `PdfError` when there is nothing left."""
        self.left -= amount
        if self.left < 0:
            raise PdfError("streams that take longer to decode than is spent on one file")


def decode(
    raw: bytes, header: dict[bytes, Value], limit: int, *, mended: bool = False, effort: Effort | None = None
) -> bytes:
    """
    `raw` with the filters of the stream's dictionary undone. Raises `PdfError` beyond `limit` bytes.

    Each filter gives up where it has given more than `limit` bytes, or where `effort` comes to an end.

    `mended`: of a compressed stream that is damaged, what comes before the damage, or all if only its sum is wrong.
    """
    filters = _list(header.get(b"Filter"))
    parameters = _list(header.get(b"DecodeParms"))
    if b"F" in header:
        raise PdfError("a stream kept in another file")
    if len(filters) > MAX_FILTERS:
        raise PdfError(f"a stream with more than {MAX_FILTERS} filters")
    effort = Effort() if effort is None else effort
    for number, name in enumerate(filters):
        if name in _FLATE:
            raw = _inflate(raw, limit, mended=mended)
            effort.take(100 + len(raw) / 200)
            options = parameters[number] if number < len(parameters) else None
            if isinstance(options, dict):
                raw = _unpredicted(raw, options, effort)
        elif name in _ASCII85:
            raw = _ascii85(raw, limit, effort)
        elif name in _ASCII_HEX:
            raw = _ascii_hex(raw, limit, effort)
        elif name == b"Crypt":  # Identity, also by default: in the open, however the file is encrypted (7.4.10, 7.6.5)
            options = parameters[number] if number < len(parameters) else None
            if isinstance(options, dict) and options.get(b"Name", _IDENTITY) != _IDENTITY:
                raise PdfError("a stream that is encrypted")
        else:
            raise PdfError(f"a stream with the filter {_shown(name)}, which is not read")
    if len(raw) > limit:
        raise PdfError(f"a stream of more than {limit} bytes")
    return raw


def _list(value: Value) -> list[Value]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _inflate(raw: bytes, limit: int, *, mended: bool) -> bytes:
    inflater = zlib.decompressobj()
    try:
        plain = inflater.decompress(raw, limit + 1)
    except zlib.error as error:
        plain = _before_damage(raw, limit) if mended else b""
        if not plain:
            raise PdfError(f"a compressed stream that is damaged: {error}") from None
    if len(plain) > limit:
        raise PdfError(f"a stream of more than {limit} bytes")
    if not inflater.eof and (not plain or not (mended or _has_end(raw, limit))):
        raise PdfError("a compressed stream that ends early")
    return plain


def _has_end(raw: bytes, limit: int) -> bool:
    """True if only the sum behind a compressed stream is missing, as some writers' lengths leave it out."""
    inflater = zlib.decompressobj(-15)
    try:
        inflater.decompress(raw[2:], limit + 1)
    except zlib.error:
        return False
    return inflater.eof


def _before_damage(raw: bytes, limit: int) -> bytes:
    inflater = zlib.decompressobj(-15)  # without the two bytes before and the sum behind
    plain = bytearray()
    for position in range(2, min(len(raw), limit), _PIECE):
        try:
            plain += inflater.decompress(raw[position : position + _PIECE], limit + 1 - len(plain))
        except zlib.error:
            break
        if inflater.eof or inflater.unconsumed_tail:
            break
    return bytes(plain)


def _unpredicted(plain: bytes, options: dict[bytes, Value], effort: Effort) -> bytes:
    predictor = options.get(b"Predictor", 1)
    if predictor in (1, None):
        return plain
    columns, colours, bits = (options.get(key, default) for key, default in _PREDICTOR_DEFAULTS)
    if not all(isinstance(number, int) and 0 < number < 2**16 for number in (columns, colours, bits)):
        raise PdfError("a predictor with numbers that cannot be")
    if predictor == 2:
        raise PdfError("a stream with the TIFF predictor, which is not read")
    return _png(plain, (columns * colours * bits + 7) // 8, max(1, colours * bits // 8), effort)


_PREDICTOR_DEFAULTS = ((b"Columns", 1), (b"Colors", 1), (b"BitsPerComponent", 8))


_ROW_COSTS = {0: 0.0, 1: 0.3, 2: 0.1, 3: 0.4}  # of a byte by the filter of its row


def _png(plain: bytes, width: int, step: int, effort: Effort) -> bytes:
    """The PNG filters undone, row by row (PNG, 9.2): each row has a byte that names its filter."""
    if len(plain) > MAX_PREDICTED:
        raise PdfError(f"a stream with a predictor of more than {MAX_PREDICTED} bytes")
    stride = width + 1
    out = bytearray()
    above = bytes(width)
    for start in range(0, len(plain), stride):
        effort.take(4 + (min(width, len(plain)) * _ROW_COSTS.get(plain[start], 2)))
        line = _png_row(plain[start], plain[start + 1 : start + stride], above, step)
        out += line
        above = bytes(line).ljust(width, b"\0")
    return bytes(out)


class Rows:
    """
    The rows of a cross-reference stream.

    Writers store each row as its difference to the one above (PNG's filter "up"). Few rows are asked for, so that the
    sum for one is cheaper than undoing the filter for all.
    """

    __slots__ = ("_body", "_up", "_width", "count", "size")

    def __init__(self, body: bytes, width: int, *, up: bool) -> None:
        self._body = body
        self._width = width
        self._up = up
        self.count = len(body) // (width + up)
        self.size = len(body)

    def row(self, number: int) -> bytes:
        """The row of this number, from 0."""
        width = self._width
        if not self._up:
            return self._body[number * width : (number + 1) * width]
        stride = width + 1
        end = (number + 1) * stride
        return bytes([sum(self._body[column:end:stride]) & 0xFF for column in range(1, stride)])


def rows(raw: bytes, header: dict[bytes, Value], width: int, limit: int, effort: Effort | None = None) -> Rows:
    """The rows of `width` bytes in a cross-reference stream. Raises `PdfError`."""
    if width < 1:
        raise PdfError("a cross-reference stream without widths")
    options = _list(header.get(b"DecodeParms"))
    parameters = options[0] if len(options) == 1 and isinstance(options[0], dict) else {}
    plain_of_predictor = parameters.get(b"Columns") == width and not parameters.keys() & {
        b"Colors",
        b"BitsPerComponent",
    }
    if len(_list(header.get(b"Filter"))) == 1 and parameters.get(b"Predictor") == _UP and plain_of_predictor:
        body = decode(raw, {b"Filter": header[b"Filter"]}, limit, mended=True, effort=effort)
        if body[:: width + 1].strip(b"\2") == b"":
            return Rows(body, width, up=True)
    return Rows(decode(raw, header, limit, mended=True, effort=effort), width, up=False)


def _png_row(kind: int, row: bytes, above: bytes, step: int) -> bytes | bytearray:
    if kind == 0:
        return row
    line = bytearray(row)
    if kind == 2:
        return bytes([(value + over) & 0xFF for value, over in zip(row, above, strict=False)])
    for at, value in enumerate(row):
        left = line[at - step] if at >= step else 0
        corner = above[at - step] if at >= step else 0
        if kind == 1:
            guess = left
        elif kind == 3:
            guess = (left + above[at]) // 2
        elif kind == 4:
            guess = _paeth(left, above[at], corner)
        else:
            raise PdfError("a predictor that PNG does not have")
        line[at] = (value + guess) & 0xFF
    return line


def _paeth(left: int, above: int, corner: int) -> int:
    estimate = left + above - corner
    distances = (abs(estimate - left), abs(estimate - above), abs(estimate - corner))
    return (left, above, corner)[distances.index(min(distances))]


def _ascii85(raw: bytes, limit: int, effort: Effort) -> bytes:
    """In pieces, since one byte may stand for four."""
    plain = bytearray()
    start = len(raw) - len(raw.lstrip())
    start += 2 if raw.startswith(b"<~", start) else 0
    end = raw.find(b"~", start)
    end = len(raw) if end < 0 else end
    rest = b""
    for at in range(start, end, _ASCII_PIECE):
        piece = rest + raw[at : min(at + _ASCII_PIECE, end)].translate(None, _BLANKS)
        effort.take(0.4 * len(piece) + piece.count(b"z"))
        cut = len(piece) if at + _ASCII_PIECE >= end else _groups_end(piece)
        try:
            plain += base64.a85decode(piece[:cut])
        except ValueError as error:
            raise PdfError(f"an ASCII85 stream that is damaged: {error}") from None
        if len(plain) > limit:
            raise PdfError(f"a stream of more than {limit} bytes")
        rest = piece[cut:]
    return bytes(plain)


def _groups_end(piece: bytes) -> int:
    """Where the last whole group of five ends; `z` stands for one by itself."""
    last = piece.rfind(b"z") + 1
    return last + (len(piece) - last) // 5 * 5


def _ascii_hex(raw: bytes, limit: int, effort: Effort) -> bytes:
    plain = bytearray()
    end = raw.find(b">")
    end = len(raw) if end < 0 else end
    rest = b""
    for at in range(0, end, _ASCII_PIECE):
        digits = rest + raw[at : min(at + _ASCII_PIECE, end)].translate(None, _BLANKS)
        effort.take(50 + len(digits) / 100)
        last = at + _ASCII_PIECE >= end
        cut = len(digits) & ~1
        rest = digits[cut:]
        try:
            plain += bytes.fromhex((digits + b"0" * (len(digits) % 2) if last else digits[:cut]).decode("ascii"))
        except ValueError as error:
            raise PdfError(f"a hexadecimal stream that is damaged: {error}") from None
        if len(plain) > limit:
            raise PdfError(f"a stream of more than {limit} bytes")
    return bytes(plain)


def _shown(name: Value) -> str:
    return repr(name[:40].decode("latin-1")) if isinstance(name, Name) else "that is no name"
