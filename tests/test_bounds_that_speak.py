"""What stands behind a bound may refuse: it is read, or it is undetermined, and never silence."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from tdm_guard import Decision, Fetched, Judge
from tdm_guard.formats.files.asset import Asset, Packet, Place
from tdm_guard.formats.files.container import Format
from tdm_guard.formats.http.media_type import MAX_CONTENT_TYPE
from tdm_guard.formats.site.tdmrep_json import MAX_NESTING
from tdm_guard.model import Source, Stance
from tdm_guard.signals.c2pa import c2pa_signal as c2pa
from tdm_guard.signals.shape import Listener
from tdm_guard.signals.shared.meta_names import MAX_METAS, MAX_TEXT
from tests.support.silence import SILENT

NOW = datetime(2026, 11, 28, tzinfo=UTC)
TDMREP = "/.well-known/tdmrep.json"
BOTH = pytest.mark.parametrize("posture", ["cautious", "literal"])


def judged(
    body: str = "x", content_type: str = "text/html", posture: str = "cautious", said: str | None = None
) -> Decision:
    policies = SILENT | ({TDMREP: Fetched(status=200, body=said.encode())} if said is not None else {})
    how = {"status": 200, "headers": [("content-type", content_type)], "body": body.encode()}
    judge = Judge(usages={"ai-training"}, agent="ExampleBot", posture=posture)
    return judge.evaluate("https://site.example/a", policies=policies, now=NOW, **how)  # type: ignore[arg-type]


def metas(count: int, tag: str) -> str:
    return "".join(tag.replace("{}", str(number)) for number in range(count))


TAGS = [
    ('<meta name="bot{}" content="noml">', '<meta name="robots" content="noai">'),
    ('<meta name="content-signal" content="x{}=yes">', '<meta name="content-signal" content="ai-train=no">'),
    ('<meta name="content-usage" content="x{}=y">', '<meta name="content-usage" content="train-ai=n">'),
]


@pytest.mark.parametrize(("filler", "refusal"), TAGS)
def test_a_refusal_behind_many_meta_tags_is_heard(filler: str, refusal: str) -> None:
    assert str(judged(metas(MAX_METAS - 1, filler) + refusal).verdict) == "reserved"
    assert str(judged(metas(1, filler) * (2 * MAX_METAS) + refusal).verdict) == "reserved"


@pytest.mark.parametrize(("filler", "refusal"), TAGS)
def test_behind_more_meta_tags_than_are_read_there_is_a_doubt(filler: str, refusal: str) -> None:
    decision = judged(metas(MAX_METAS, filler) + refusal)
    assert str(decision.verdict) in ("undetermined", "reserved")  # a tag with a word of AI is everybody's
    assert any("meta tags" in fault.message and fault.locator for fault in decision.faults)
    assert str(judged(metas(MAX_METAS, filler)).verdict) == "unreserved"


LONG = [
    ('<meta name="content-signal" content="x{}=yes, %s">', '<meta name="content-signal" content="ai-train=no">'),
    ('<meta name="content-usage" content="x{}=y, %s">', '<meta name="content-usage" content="train-ai=n">'),
    ('<meta name="tdm-reservation" content="{} %s">', '<meta name="tdm-reservation" content="denied">'),
]


@BOTH
@pytest.mark.parametrize(("filler", "refusal"), LONG)
def test_behind_longer_meta_tags_than_are_read_there_is_a_doubt(filler: str, refusal: str, posture: str) -> None:
    filler %= "z" * 1000
    assert str(judged(metas(100, filler) + refusal).verdict) == "reserved"
    decision = judged(metas(MAX_TEXT // 500, filler) + refusal, posture=posture)
    assert str(decision.verdict) in ("undetermined", "reserved")  # a tag with a word of AI is everybody's
    assert any("not read" in fault.message and fault.locator for fault in decision.faults)


def test_a_0_or_1_is_read_behind_any_number_of_other_values() -> None:
    filler = metas(MAX_TEXT // 500, '<meta name="tdm-reservation" content="{} %s">' % ("z" * 1000))
    assert str(judged(filler + '<meta name="tdm-reservation" content="1">').verdict) == "reserved"
    assert str(judged(filler + '<meta name="tdm-reservation" content="0">').verdict) == "undetermined"


@pytest.mark.parametrize("words", ["x " * 2_500_000, "=x " * 2_500_000, '=" ' * 2_500_000])
def test_behind_a_tag_of_more_attributes_than_are_read_there_is_a_doubt(words: str) -> None:
    page = f"<html><link rel=license><meta name=llms content=x><svg {words}"
    assert str(judged(page + '><meta name="robots" content="noai">').verdict) == "undetermined"
    assert str(judged('<meta name="robots" content="noai">' + page).verdict) == "reserved"
    assert (
        str(judged('<meta name="robots" content="noai"><svg d="' + words.replace('"', "") + '">').verdict) == "reserved"
    )


def nested(depth: int, value: object) -> str:
    for number in range(depth):
        value = {f"level{number}": value, "name": "x"}
    return json.dumps([value])


@pytest.mark.parametrize("depth", [2, 9, 20, MAX_NESTING - 4])
def test_rules_of_tdmrep_json_are_found_however_deep(depth: int) -> None:
    assert str(judged(said=nested(depth, [{"location": "/", "tdm-reservation": 1}])).verdict) == "reserved"
    assert str(judged(said=nested(depth, [{"location": "/b", "tdm-reservation": 1}])).verdict) == "unreserved"


@BOTH
def test_a_tdmrep_json_that_is_deeper_than_is_read_is_undetermined(posture: str) -> None:
    said = nested(MAX_NESTING + 9, [{"location": "/", "tdm-reservation": 1}])
    assert str(judged(said=said, posture=posture).verdict) == "undetermined"


@BOTH
@pytest.mark.parametrize(
    "content_type",
    [
        " " * MAX_CONTENT_TYPE + "text/html",
        f"image/png; x={'y' * MAX_CONTENT_TYPE}, text/html",
        f"text/html; x={'y' * MAX_CONTENT_TYPE}",
        f"{'image/png,' * MAX_CONTENT_TYPE}text/html",
    ],
    ids=["blanks", "parameter", "long", "many"],
)
def test_a_type_behind_a_long_field_is_known(content_type: str, posture: str) -> None:
    page = '<meta name="robots" content="noai">'
    assert str(judged(page, content_type, posture).verdict) == "reserved"
    assert str(judged(page, content_type.replace("text/html", "image/gif"), posture).verdict) != "reserved"


def test_a_manifest_that_a_late_packet_names() -> None:
    rdf = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
    packet = f'<rdf:RDF {rdf}><rdf:Description rdf:about="" xmlns:t="http://purl.org/dc/terms/" {{}}/></rdf:RDF>'
    silent = Packet(Place.XMP, "TIFF/IFD0/700", packet.format("").encode())
    prose = Packet(Place.XMP, "TIFF/IFD0/700", packet.format('t:provenance="found in a box"').encode())
    naming = Packet(Place.XMP, "TIFF/IFD9/700", packet.format('t:provenance="https://a.example/m"').encode())

    def stances(*packets: Packet) -> list[Stance]:
        asset = Asset(format=Format.TIFF, packets=packets)
        reading = c2pa.read_asset(asset, Source(url="https://a.example/a", carrier="tiff"), Listener(agent="x"))
        return [statement.stance for statement in reading.statements]

    assert stances(*[silent] * 200, naming) == [Stance.UNDETERMINED]
    assert stances(*[silent] * 200) == []
    assert stances(*[prose] * c2pa.MAX_PACKETS, naming) == [Stance.UNDETERMINED]
    assert stances(*[prose] * c2pa.MAX_PACKETS) == []
