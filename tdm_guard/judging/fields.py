"""
What header fields say, of a response and of the hops that led to it; and its status, where a standard gives it a word.

Fields are read as they stand and, in the cautious posture, as they are seen, without what is invisible in them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from tdm_guard.formats.http.field_lines import parted
from tdm_guard.formats.invisible import seen_field
from tdm_guard.judging.bench import Bench
from tdm_guard.judging.unread import unheard
from tdm_guard.model import Headers, Reading, Source
from tdm_guard.policies.policy import beside
from tdm_guard.signals.shape import Listener, Signal

MAX_FIELDS = 1000  # header lines that are looked at; most servers and clients stop far earlier
MAX_FIELD_TEXT = 131_072  # characters of them together: some clients take sixteen mebibytes, h11 stops below this
MAX_WORDS_TEXT = 20_480  # characters of those that are weighed word by word; servers send some dozen
LOOP_TEXT = 4_096  # characters of fields; hearing more may take longer than an event loop can wait
_NAMES_OTHERS = "link"  # the one that is not: pages announce hundreds of files in it
Read = Callable[[Headers, Source, Listener], Reading]


def may_last(headers: Iterable[tuple[str, str]]) -> bool:
    """True if hearing fields may take longer than an event loop can wait: it is done in a thread then."""
    return sum([len(value) for _, value in headers]) > LOOP_TEXT


def hear_response(
    bench: Bench, status: int, heard: list[tuple[str, str]], source: Source, content_type: str
) -> Iterator[Reading]:
    """What a response says by its status and by `heard`, those of its fields that a signal reads, in lower case."""
    lines, cut = _kept(heard)
    if status in bench.statuses:
        for signal in bench.status_signals:
            if signal.read_status is not None and status in signal.statuses:
                fields = tuple(pair for pair in lines if pair[0] in signal.headers)
                yield signal.read_status(status, fields, source, bench.listener)
    if lines:
        for signal, fields in _speaking(bench, lines, content_type):
            if signal.read_headers is not None:
                yield from _heard(signal.read_headers, fields, source, bench.listener)
    if cut is not None:
        yield unheard(bench.header_signals, source, cut)


def hear_hop(bench: Bench, headers: Iterable[tuple[str, str]], source: Source, content_type: str) -> Iterator[Reading]:
    """What the fields of an earlier redirect hop say."""
    heeded = bench.hop_fields
    lines, cut = _kept([(name, value) for name, value in headers if name.lower() in heeded])
    if lines:
        for signal, fields in _speaking(bench, lines, content_type):
            if signal.read_hop is not None:
                yield from _heard(signal.read_hop, fields, source, bench.listener)
    if cut is not None:
        yield unheard(bench.hop_signals, source, cut)


def _heard(read: Read, fields: Headers, source: Source, listener: Listener) -> Iterator[Reading]:
    """What fields say as they stand, and what they reserve besides as they are seen."""
    reading = read(fields, source, listener)
    yield reading
    if (visible := _visible(fields, listener)) is not None:
        yield beside(reading.statements, read(visible, source, listener).statements)


def _visible(fields: Headers, listener: Listener) -> Headers | None:
    """The fields as they are seen; None if that is how they stand, or if it does not count."""
    if not listener.cautious or all(value.isascii() for _, value in fields):
        return None
    visible = tuple((name, seen_field(value)) for name, value in fields)
    return None if visible == fields else visible


def _speaking(bench: Bench, headers: Headers, content_type: str) -> list[tuple[Signal, Headers]]:
    """The signals that have a field among `headers`, each with its fields and the content type."""
    pairs = tuple((name.lower(), value) for name, value in headers)
    typed = (("content-type", content_type),) if content_type else ()
    found = []
    for signal in bench.header_signals:
        fields = tuple(pair for pair in pairs if pair[0] in signal.headers)
        if fields:
            found.append((signal, fields + typed))
    return found


def _kept(headers: list[tuple[str, str]]) -> tuple[Headers, str | None]:
    """The lines that are looked at, and what is said of those that are not."""
    lines = parted(headers)
    length = words = 0
    for number, (name, value) in enumerate(lines):
        length += len(value)
        if name != _NAMES_OTHERS:
            words += len(value)
        if number == MAX_FIELDS or length > MAX_FIELD_TEXT or words > MAX_WORDS_TEXT:
            return tuple(lines[:number]), f"only the first {number} of {len(lines)} lines were read"
    return tuple(lines), None
