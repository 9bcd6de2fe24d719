"""
To add a file format, write one module and one row: tried with a format that there is not.

Nothing but the two is given: the tables are made again with the row, as an import would make them.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import pytest

from tdm_guard import Fetched, Judge, Withheld
from tdm_guard.formats.files import magic
from tdm_guard.formats.files.asset import Asset, Packet, Place, Unread
from tdm_guard.formats.files.container import Container, FileFormat, Format
from tdm_guard.httpx import GuardClient
from tdm_guard.testing import Answer, PretendWeb, Site

NOW = datetime(2026, 11, 21, tzinfo=UTC)
SITE = "https://site.example"
ABSENT = {path: Fetched(status=404) for path in ("/robots.txt", "/.well-known/tdmrep.json")}
XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/" plus:DataMining="%s"/></rdf:RDF></x:xmpmeta>'
)
VOCABULARY = b"http://ns.useplus.org/ldf/vocab/"
NO = XMP % (VOCABULARY + b"DMI-PROHIBITED")
YES = XMP % (VOCABULARY + b"DMI-ALLOWED")
ISRC = b"FRZ039800212"
DECLARED = """
[[declarations]]
id = "label-1"
version = "1"
declarant = { name = "Label", type = "label" }
mandate = { basis = "statutory_assignment", status = "asserted" }
work_types = ["sound_recording"]
usages = ["tdm"]
declared_at = "2026-01-01"
form = "press_release"
source = { url = "https://label.example/no", retrieved_at = "2026-01-05T09:00:00Z" }
match = { isrc = ["CODE"] }
"""


class Toys(FileFormat):
    """The row."""

    TOY = Container(
        "toy",
        module="toy_file",
        types=("image/x-toy",),
        starts=(b"TOYS",),
        swells=False,
        work="sound_recording",
        c2pa=None,
    )


TOY = cast("Format", Toys.TOY)


def read(data: bytes, *, complete: bool) -> Asset:
    """The module: a word, the length of a packet in two bytes, the packet, and a code."""
    size = int.from_bytes(data[4:6], "big")
    packet, code = data[6 : 6 + size], data[6 + size :]
    if len(packet) < size:
        unread = (Unread(Place.XMP, "TOY/packet", "it ends within the packet"),)
        return Asset(format=TOY, unread=unread, complete=False)
    packets = (Packet(Place.XMP, "TOY/packet", packet),) if packet else ()
    return Asset(format=TOY, packets=packets, tags=(("isrc", code.decode()),) if code else (), complete=complete)


def toy(packet: bytes = b"", code: bytes = b"") -> bytes:
    return b"TOYS" + len(packet).to_bytes(2, "big") + packet + code


@pytest.fixture(autouse=True)
def _added(monkeypatch: pytest.MonkeyPatch) -> None:
    module: Any = ModuleType("tdm_guard.formats.files.toy_file")
    module.read = read
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(magic, "TABLES", magic.Tables((*Format, TOY)))


def judged(body: bytes, media_type: str = "application/octet-stream", **options: Any) -> Any:
    judge = Judge(agent="ExampleBot", **options)
    headers = [("content-type", media_type)]
    return judge.evaluate(f"{SITE}/a", status=200, headers=headers, body=body, policies=ABSENT, now=NOW)


@pytest.mark.parametrize("posture", ["cautious", "literal"])
@pytest.mark.parametrize(
    ("body", "media_type", "verdict"),
    [
        (toy(NO), "application/octet-stream", "reserved"),  # by its first bytes
        (toy(NO), "text/plain", "reserved"),
        (toy(NO), "image/x-toy", "reserved"),
        (toy(YES), "image/x-toy", "permitted"),
        (toy(), "image/x-toy", "unreserved"),
        (toy(NO)[:-1], "application/octet-stream", "undetermined"),
        (b"TOY" + toy(NO), "application/octet-stream", "unreserved"),  # not its first bytes
        (toy(NO), "text/html", "reserved"),
    ],
)
def test_a_packet_in_it_is_heard(body: bytes, media_type: str, verdict: str, posture: str) -> None:
    decision = judged(body, media_type, posture=posture)
    assert decision.verdict == verdict
    if verdict == "reserved":
        (said,) = decision.because
        assert (said.signal, said.carrier, said.layer) == ("xmp", "toy", "asset")
        assert said.locator.startswith("TOY/packet")
        assert "DMI-PROHIBITED" in said.excerpt


def test_the_work_that_it_names_is_matched(tmp_path: Path) -> None:
    declared = tmp_path / "declared.toml"
    declared.write_text(DECLARED.replace("CODE", ISRC.decode()), encoding="utf-8")
    assert judged(toy(code=ISRC), repertoire=[declared]).verdict == "reserved"
    assert judged(toy(code=b"FRZ039800213"), repertoire=[declared]).verdict == "unreserved"


def test_a_client_withholds_it(tmp_path: Path) -> None:
    binary = (("content-type", "application/octet-stream"),)
    pages = {"/no": Answer(headers=binary, body=toy(NO)), "/open": Answer(headers=binary, body=toy())}
    with (
        PretendWeb([Site("toys.example", pages)]) as web,
        GuardClient(agent="ExampleBot", log=tmp_path / "log.jsonl", proxy=web.proxy, trust_env=False) as client,
    ):
        assert client.get("http://toys.example/open").content == toy()
        with pytest.raises(Withheld) as refused:
            client.get("http://toys.example/no")
    assert [said.carrier for said in refused.value.decision.because] == ["toy"]
