"""Pictures: what finding and hearing their packets costs over having the bytes, and what memory it takes."""

from __future__ import annotations

import gc
import statistics
from collections.abc import Callable

import defusedxml.ElementTree

from tdm_guard.formats.files.asset import read_asset
from tdm_guard.formats.files.magic import format_of
from tdm_guard.model import Posture, Reading, Source
from tdm_guard.signals import SIGNALS
from tdm_guard.signals.shape import Listener
from tests.benchmarks.measure import Row, per_call
from tests.support.documents import RDF, xmp
from tests.support.memory import peak
from tests.support.pictures import app1, chunk, exif, itxt, jpeg, png, riff_chunk, svg, tiff, webp, without_wrapper

LISTENER = Listener(agent="ExampleBot", posture=Posture.CAUTIOUS)
HEARD = tuple(signal for signal in SIGNALS if signal.name in ("tdmrep", "xmp"))
PICTURE = bytes(range(1, 255)) * (5 * 2**20 // 254)


def hear(data: bytes) -> list[Reading]:
    """As the judge does: the format by the first bytes, the packets, the signals that care for them."""
    kind = format_of("", data)
    assert kind is not None
    asset = read_asset(data, kind)
    source = Source("https://site.example/file", kind.value)
    places = {packet.place for packet in asset.packets}
    return [
        signal.read_asset(asset, source, LISTENER)
        for signal in HEARD
        if signal.read_asset is not None and not places.isdisjoint(signal.asset_places)
    ]


def edited() -> bytes:
    """A packet as an editing program leaves it: 20 KB of history without a word on data mining."""
    step = '<rdf:li stEvt:action="saved" stEvt:when="2024-01-01T00:00:00Z" stEvt:softwareAgent="Editor 1.0"/>'
    return (
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}"><rdf:Description rdf:about="" '
        'xmlns:stEvt="http://ns.adobe.com/xap/1.0/sType/ResourceEvent#" xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/">'
        f"<xmpMM:History><rdf:Seq>{step * 200}</rdf:Seq></xmpMM:History></rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()


def rows() -> list[Row]:
    """All rows of pictures."""
    packet = xmp()
    bare = jpeg(exif(bytes(8000)), picture=PICTURE)
    assert hear(bare) == []
    reserved = jpeg(exif(bytes(8000)), app1(packet), picture=PICTURE)
    assert [len(reading.statements) for reading in hear(reserved)] == [0, 1]
    parts = [chunk(b"IDAT", PICTURE[at : at + 8192]) for at in range(0, len(PICTURE), 8192)]
    times = [
        _timed("JPEG of 5 MB without XMP", bare, 10),
        _timed("JPEG of 5 MB with PLUS XMP", reserved, 100),
        _timed("JPEG with 20 KB of editing history", jpeg(app1(edited()), picture=PICTURE), None),
        _timed("PNG of 5 MB with compressed XMP at its end", png(after=(*parts, itxt(packet, compressed=True))), None),
        _timed("WebP of 5 MB with XMP", webp(riff_chunk(b"VP8 ", PICTURE), riff_chunk(b"XMP ", packet)), None),
        _timed("TIFF of 5 MB with XMP", tiff({273: PICTURE, 700: packet}), None),
        _timed("SVG of 0.5 MB without RDF", svg(b"<title>t</title>" * 32_000), None),
        _timed("SVG of 0.5 MB with XMP", svg(without_wrapper(packet) + b"<title>t</title>" * 32_000), None),
    ]
    parsed = _row("the same PLUS packet in defusedxml alone", lambda: defusedxml.ElementTree.fromstring(packet), None)
    return [*times, parsed, _memory("memory over the 5 MB JPEG", reserved)]


def _timed(what: str, data: bytes, budget: float | None) -> Row:
    return _row(what, lambda: hear(data), budget)


def _row(what: str, function: Callable[[], object], budget: float | None) -> Row:
    """Microseconds of CPU; the ratio is of the budget, in microseconds too, that the row has."""
    function()
    number = max(1, min(2000, int(0.02 / max(per_call(function, 20), 1e-6))))
    gc.collect()
    gc.disable()
    try:
        seconds = [per_call(function, number) for _ in range(15)]
    finally:
        gc.enable()
    ours = statistics.median(seconds) * 1e6
    return Row(
        what=what,
        ours=ours,
        peer=budget or 0,
        unit="µs",
        peer_name="at most" if budget else "–",
        ratio=ours / budget if budget else 0,
        budget=1 if budget else None,
    )


def _memory(what: str, data: bytes) -> Row:
    hear(data)
    most = peak(lambda: hear(data))[1] / 1024
    return Row(what=what, ours=most, peer=64, unit="KiB", peer_name="at most", ratio=most / 64, budget=1, note="peak")
