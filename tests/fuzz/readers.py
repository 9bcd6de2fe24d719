"""
Mutated inputs through whole readers, down to the statements: `python -m tests.fuzz.readers HTML --count 1000000`.

Each input follows from the seed and its own number, so that `--only NUMBER --keep FILE` makes one again. Of each it is
held that nothing raises, that it takes at most a second of CPU, that every statement can point at words, and of every
eighth that the cautious posture refuses what the literal one refuses; every 128th goes through the judge as well. Not
part of the test suite, which hears a few hundred of each (`test_readers.py`).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from tdm_guard import Fetched, Judge, Verdict
from tdm_guard.formats.files import c2pa_store, text, xmp
from tdm_guard.formats.files.asset import Asset, Packet, Place, read_asset
from tdm_guard.formats.files.container import Format
from tdm_guard.formats.files.magic import format_of
from tdm_guard.formats.files.xmp_identifiers import identifiers
from tdm_guard.formats.page import page_items
from tdm_guard.formats.page.html import Page, Scanner, read_page
from tdm_guard.formats.page.xhtml import is_disguised
from tdm_guard.formats.site import robots_txt
from tdm_guard.model import NOTHING, Declared, Fault, Posture, Reading, Source, Stance, Statement
from tdm_guard.repertoire.item import read_item
from tdm_guard.signals import SIGNALS, robots, trust_txt
from tdm_guard.signals.ai_txt import ai_txt_signal as ai_txt
from tdm_guard.signals.c2pa import c2pa_signal as c2pa
from tdm_guard.signals.rsl import rsl_signal as rsl
from tdm_guard.signals.shape import DocumentReading, WideSite
from tdm_guard.signals.tdmrep import tdmrep_signal as tdmrep
from tdm_guard.testing.files import jpeg
from tdm_guard.usage import Usage
from tests.fuzz import seeds, words
from tests.fuzz.running import run
from tests.fuzz.texts import Maker
from tests.support.silence import SILENT

SITE = "https://site.example"
URL = f"{SITE}/page"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
PATHS = ("/", "/a/b.jpg", "/page?x=1")
JUDGES = tuple(
    Judge(agent="ExampleBot", usages={usage.value for usage in Usage}, posture=posture.value) for posture in Posture
)
COMPARED, WHOLE, NATIVE = 8, 128, 500  # one input in so many: both postures, the judge, the native reader of C2PA
Heard = Iterator[tuple[str, Reading]]  # what is said, and of what
Answer = dict[str, Any]  # arguments for `Judge.evaluate`


class Reader(NamedTuple):
    """One reader: what it begins with, the words of its vocabulary, how it hears an input, and how the judge would."""

    seeds: Callable[[], list[bytes]]
    form: str  # what its inputs are made of: a key of `texts.CUTS`, or `bytes`
    words: tuple[str, ...]
    hear: Callable[[bytes, Judge, int], Heard]
    answer: Callable[[bytes, int], Answer] | None = None


# ---- documents of a site --------------------------------------------------------------------------------------------


def _robots(data: bytes, judge: Judge, number: int) -> Heard:
    source = Source(f"{SITE}/robots.txt", "robots.txt", retrieved_at=NOW)
    answer = Fetched(status=200, body=data, complete=number % 5 != 0)
    yield "answer", _said(robots.DOCUMENT.read(answer, source, judge.bench.listener))
    parsed = robots_txt.parse(data, complete=answer.complete)
    for signal in judge.bench.signals:
        if signal.declared_in_robots is not None:
            yield (
                f"{signal.name} declared",
                Reading((), (), signal.declared_in_robots(parsed, source, judge.bench.listener)),
            )
        site = signal.read_robots(parsed, source, judge.bench.listener) if signal.read_robots else None
        if site is not None:
            yield from _heard_at_paths(site, signal.name)


def _document(signal: Any, data: bytes, judge: Judge, number: int) -> Heard:
    document = signal.document
    source = Source(SITE + document.path, document.carrier, retrieved_at=NOW)
    answer = Fetched(status=200, body=data, complete=number % 5 != 0)
    reading = document.read(answer, source, judge.bench.listener)
    yield "document", _said(reading)
    if reading.site is not None:
        yield from _heard_at_paths(reading.site, signal.name)


def _heard_at_paths(site: Any, name: str) -> Heard:
    everywhere = set(site.everywhere if isinstance(site, WideSite) else ())
    for path in PATHS:
        reading = site.says(path)
        reserved = {usage for s in reading.statements if s.stance is Stance.RESERVED for usage in s.usages}
        assert everywhere <= reserved, f"{name} reserves {everywhere - reserved} everywhere, but not at {path}"
        yield path, reading


def _said(reading: DocumentReading) -> Reading:
    return Reading(reading.hold, reading.faults)


def _policies(path: str, data: bytes, number: int) -> Answer:
    return {"policies": {**SILENT, path: Fetched(status=200, body=data, complete=number % 5 != 0)}}


# ---- licences -------------------------------------------------------------------------------------------------------

LICENCE = f"{SITE}/l.xml"
_DECLARED = {
    repair: Declared(
        source=f"{SITE}/robots.txt",
        carrier="robots.txt",
        locator="line 1",
        excerpt=f"License: {LICENCE}",
        url=LICENCE,
        signal="rsl",
        repair=repair,
        refusals_only=repair is not None,
    )
    for repair in (None, "rsl-relative")
}


def _rsl(data: bytes, judge: Judge, number: int) -> Heard:
    """As a document that robots.txt declares, a script in a page, a feed, the body of a challenge, a part of a file."""
    kind = number % 5
    if kind == 0:
        answer = Fetched(status=200, body=data, url=LICENCE)
        source = Source(LICENCE, "rsl", retrieved_at=NOW)
        read = rsl.SIGNAL.read_declared
        assert read is not None
        for declared in _DECLARED.values():
            reading = read(declared, answer, source, judge.bench.listener)
            yield f"document {declared.repair}", _said(reading)
            if reading.site is not None:
                yield from ((f"{path} {declared.repair}", reading.site.says(path)) for path in PATHS)
    elif kind == 1:
        page = read_page(b'<script type="application/rsl+xml">%s</script>' % data, url=URL, charset="utf-8")
        yield "inline", rsl.read_html(page, _html_source(), judge.bench.listener)
    elif kind == 2:
        feed = rsl.read_feed(data, Source(URL, "feed", retrieved_at=NOW), judge.bench.listener)
        yield "feed", _said(feed)
        if feed.site is not None:
            yield from ((path, feed.site.says(path)) for path in PATHS)
    elif kind == 3:
        yield "challenge", rsl.read_challenge(data, Source(URL, "challenge", retrieved_at=NOW), judge.bench.listener)
    else:
        places = (Place.RSL, Place.OPF, Place.XMP)
        packet = Packet(places[number // 5 % 3], "FILE/part", data)
        asset = Asset(format=Format.EPUB, packets=(packet,), complete=number % 3 != 0)
        yield "file", rsl.read_asset(asset, Source(URL, "epub", retrieved_at=NOW), judge.bench.listener)


def _licensed(data: bytes, number: int) -> Answer:
    if number // WHOLE % 2:
        return _page(b'<script type="application/rsl+xml">%s</script>' % data, number)
    answer = _policies("/robots.txt", f"License: {LICENCE}\nUser-agent: *\nAllow: /\n".encode(), 1)
    answer["policies"][LICENCE] = Fetched(status=200, body=data)
    return answer


# ---- pages and files ------------------------------------------------------------------------------------------------

_WITH_ITEMS = Scanner([*(word for signal in SIGNALS for word in signal.html_words), *page_items.WORDS])
_CHARSETS = ("utf-8", None, "windows-1252", "utf-8", "iso-2022-jp", "utf-16", "x")


def _html_source() -> Source:
    return Source(URL, "html", retrieved_at=NOW)


def _html(data: bytes, judge: Judge, number: int) -> Heard:
    xml = number % 9 == 0
    page = read_page(
        data,
        url=URL,
        charset=_CHARSETS[number % len(_CHARSETS)],
        complete=number % 5 != 0,
        xml=xml,
        json_ld=True,
        shown=number % 3 == 0,
    )
    looked_at = (xml and is_disguised(data)) or judge.bench.scanner.may_speak(data)
    for signal in judge.bench.page_signals:
        if signal.read_html is not None:
            reading = signal.read_html(page, _html_source(), judge.bench.listener)
            heard = reading.statements or reading.declared
            assert looked_at or not heard, f"{signal.name} hears what the first look did not see: {heard}"
            yield signal.name, reading
    looked_at = (xml and is_disguised(data)) or _WITH_ITEMS.may_speak(data)
    for what, reading in _items(page, judge):
        assert looked_at or (what == "items" and not reading.faults), "works that the first look did not see"
        yield what, reading


def _page(data: bytes, number: int) -> Answer:
    kind = "application/xhtml+xml" if number % 9 == 0 else "text/html; charset=utf-8"
    return _content(kind, data)


def _content(kind: str, data: bytes) -> Answer:
    return {**_policies("/robots.txt", b"", 1), "status": 200, "headers": [("content-type", kind)], "body": data}


def _json_ld(data: bytes, judge: Judge, number: int) -> Heard:
    body = b'<script type="application/ld+json">%s</script>' % data
    yield from _items(read_page(body, url=URL, charset="utf-8", json_ld=True), judge)


def _items(page: Page, judge: Judge) -> Heard:
    works = page_items.page_items(page, _html_source(), repair=judge.bench.listener.cautious)
    items, faults = read_item(works.items, _html_source())
    assert len(items) <= 20_000
    assert works.repaired <= len(works.items)
    json.dumps(works.items)
    told = page_items.page_items(page, _html_source(), repair=judge.bench.listener.cautious, undeclared=lambda _: True)
    assert told.faults == works.faults
    assert told.others == (len(told.items) < len(works.items))
    yield "items", Reading((), works.faults + faults)
    if items:
        yield "works", NOTHING


def _xmp(data: bytes, judge: Judge, number: int) -> Heard:
    packets = (Packet(Place.XMP, "JPEG/APP1", data),) * (2 if number % 20 == 0 else 1)
    kind = (Format.JPEG, Format.PDF, Format.BMFF)[number // 2 % 3]
    asset = Asset(format=kind, packets=packets, complete=number % 3 != 0)
    for signal in judge.bench.asset_signals:
        if signal.read_asset is not None and Place.XMP in signal.asset_places:
            yield signal.name, signal.read_asset(asset, Source(URL, kind.value, retrieved_at=NOW), judge.bench.listener)
    assert all(isinstance(value, str) for _, value in identifiers(asset)[0])
    xmp.mentions(data, frozenset({"datamining"}))


def _photograph(data: bytes, number: int) -> Answer:
    return _content("image/jpeg", jpeg(b"mark", data[:60_000]))


def _report(data: bytes, judge: Judge, number: int) -> Heard:
    try:
        report = json.loads(data)
    except (ValueError, RecursionError):
        return
    yield "report", c2pa.read_report(report, Source(URL, "jpeg"), judge.bench.listener, sealed=number % 3 != 0)


def _store(data: bytes, judge: Judge, number: int) -> Heard:
    """Bytes that are, or hold, a manifest store: our own walks; the native reader, which is slow, is asked seldom."""
    if c2pa_store.is_store(data):
        c2pa_store.is_bounded(data)
    kind = format_of("application/c2pa" if number % 3 else "text/plain", data) or Format.TEXT
    asset = read_asset(data, kind, complete=number % 5 != 0)
    assert sum(len(packet.data) for packet in asset.packets) <= len(data)
    text.read(data, complete=True)
    if number % NATIVE == 0 and len(data) < 20_000:
        yield "file", c2pa.read_asset(asset, Source(URL, kind.value), judge.bench.listener)
    for packet in asset.packets:
        c2pa_store.is_bounded(packet.data)
    yield "unread", Reading((), tuple(Fault.at(Source(URL, kind.value), unread.message) for unread in asset.unread))


# ---- what is held of each -------------------------------------------------------------------------------------------


def hear(reader: Reader, data: bytes, number: int) -> Counter[str]:
    """Hears one input, in the postures by turns; returns what came of it."""
    outcome = Counter[str]()
    said = _heard(reader, data, number, JUDGES[number % 2])
    for reading in said.values():
        for statement in reading.statements:
            outcome[statement.stance.value] += 1
            _points_at_words(statement)
        for fault in reading.faults:
            assert fault.message
            assert _is_printable(fault.excerpt)
        outcome["faults"] += bool(reading.faults)
    outcome["works"] += "works" in said
    if number % COMPARED == 0:
        for what, reading in _heard(reader, data, number, JUDGES[1]).items():  # `said` is what the cautious one hears
            cautious = _usages(said.get(what, NOTHING), Stance.RESERVED, Stance.UNDETERMINED)
            laxer = _usages(reading, Stance.RESERVED) - cautious
            assert not laxer, f"cautious does not reserve {laxer} of {what}"
    if number % WHOLE == 0 and reader.answer is not None:
        outcome["judged " + _judged(reader.answer(data, number))] += 1
    return outcome


def _heard(reader: Reader, data: bytes, number: int, judge: Judge) -> dict[str, Reading]:
    """What is said, by what it is said of."""
    found: dict[str, Reading] = {}
    for what, said in reader.hear(data, judge, number):
        before = found.get(what, NOTHING)
        statements, faults = before.statements + said.statements, before.faults + said.faults
        found[what] = Reading(statements, faults, before.declared + said.declared)
    return found


def _usages(reading: Reading, *stances: Stance) -> set[Usage]:
    return {usage for s in reading.statements if s.stance in stances for usage in s.usages}


def _points_at_words(statement: Statement) -> None:
    assert statement.usages
    assert statement.source
    assert _is_printable(statement.excerpt)
    if statement.stance in (Stance.RESERVED, Stance.PERMITTED):
        assert statement.excerpt, f"{statement} can point at no words"


def _is_printable(excerpt: str | None) -> bool:
    return excerpt is None or len(excerpt.encode()) <= 4 * 240


def _judged(answer: Answer) -> str:
    cautious, literal = (judge.evaluate(URL, now=NOW, **answer) for judge in JUDGES)
    # what cannot be read to the letter a repair may read (a byte that XML does not have), but never as a yes
    laxer = cautious.admitted if literal.verdict is Verdict.RESERVED else cautious.verdict is Verdict.PERMITTED
    assert literal.admitted or not laxer, f"{literal.verdict} to the letter, but {cautious.verdict}"
    for decision in (cautious, literal):
        assert decision.because or not decision.verdict.withholds
        json.dumps(decision.to_dict()).encode()
    return cautious.verdict.value


READERS = {
    "robots.txt": Reader(seeds.robots, "lines", words.ROBOTS, _robots, partial(_policies, "/robots.txt")),
    "ai.txt": Reader(
        seeds.ai_txt, "lines", words.FILES, partial(_document, ai_txt.SIGNAL), partial(_policies, "/ai.txt")
    ),
    "trust.txt": Reader(
        seeds.trust_txt, "lines", words.FILES, partial(_document, trust_txt.SIGNAL), partial(_policies, "/trust.txt")
    ),
    "tdmrep.json": Reader(
        seeds.tdmrep,
        "json",
        words.TDMREP,
        partial(_document, tdmrep.SIGNAL),
        partial(_policies, "/.well-known/tdmrep.json"),
    ),
    "RSL": Reader(seeds.rsl, "tags", words.RSL, _rsl, _licensed),
    "XMP": Reader(seeds.packets, "tags", words.XMP, _xmp, _photograph),
    "JSON-LD": Reader(seeds.json_ld, "json", words.JSON_LD, _json_ld),
    "C2PA-report": Reader(seeds.reports, "json", words.C2PA, _report),
    "C2PA-store": Reader(seeds.stores, "bytes", (), _store),
    "HTML": Reader(seeds.html, "tags", words.HTML, _html, _page),
}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("readers", nargs="*", metavar="READER", help=", ".join(READERS))
    parser.add_argument("--count", type=int, default=10_000, help="how many inputs for each reader")
    parser.add_argument("--first", type=int, default=0, help="number of the first input, to go on with a run")
    parser.add_argument("--only", type=int, help="make and read this one input")
    parser.add_argument("--keep", type=Path, help="write the input of --only here")
    parser.add_argument("--seed", type=int, default=20261128)
    options = parser.parse_args(arguments)
    unknown = sorted(set(options.readers) - set(READERS))
    if unknown:
        parser.error(f"no reader {', '.join(unknown)}; known are {', '.join(READERS)}")
    numbers = range(options.first, options.first + options.count)
    if options.only is not None:
        numbers = range(options.only, options.only + 1)
    whole = [fuzz(name, numbers, options.seed, options.keep) for name in options.readers or READERS]
    return 0 if all(whole) else 1


def fuzz(name: str, numbers: range, seed: int, keep: Path | None = None) -> bool:
    """Runs one reader over the inputs of these numbers; True if there is nothing to mend."""
    reader = READERS[name]
    begins = reader.seeds()
    make = Maker(begins, reader.form, reader.words, seed)
    return run(f"{name} inputs of {len(begins)} seeds", make, partial(hear, reader), numbers, keep=keep)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
