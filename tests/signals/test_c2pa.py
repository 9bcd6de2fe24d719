"""C2PA: the vectors, files signed here in several containers, and what must never happen: the network, an exception."""

from __future__ import annotations

import io
import json
import socket
import struct
import subprocess
import sys
import wave
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import c2pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tdm_guard.formats.files.asset import Asset, Packet, Place, Unread, read_asset
from tdm_guard.formats.files.c2pa_store import EXTRA, is_store
from tdm_guard.formats.files.c2pa_store import report as native_report
from tdm_guard.formats.files.container import Format
from tdm_guard.formats.files.magic import format_of
from tdm_guard.model import Kind, Layer, Posture, Reading, Source, Stance, Statement
from tdm_guard.signals.c2pa import c2pa_signal as signal
from tdm_guard.signals.c2pa.c2pa_signal import SIGNAL, read_headers, read_report
from tdm_guard.signals.shape import Listener
from tdm_guard.usage import EVERY, Usage
from tests.support.memory import peak
from tests.support.signing import Signer, store_of

VECTORS = [
    vector
    for vector in json.loads((Path(__file__).parents[1] / "vectors" / "embedded.json").read_text("utf-8"))["vectors"]
    if vector["kind"] == "c2pa_report"
]
SOURCE = Source(url="https://photos.example/a.jpg", carrier="jpeg")
REPAIRS = {
    "from_ingredient", "missing_entries", "entries_not_map", "mixed_prefix", "non_canonical_property",
    "non_canonical_value", "unknown_value",
}  # fmt: skip
# The refusal of its ingredient is heard by the repair from_ingredient (c2pa-17); its warn names the conflict only.
CONFLICT_WITH_INGREDIENT = "c2pa-19-active-allowed-ingredient-not"


def listener(posture: Posture = Posture.CAUTIOUS) -> Listener:
    return Listener(agent="ExampleBot", posture=posture)


def stances(reading: Reading) -> dict[str, str]:
    """Per usage, any refusal wins, then a permission, then what could not be read."""
    order = [Stance.RESERVED, Stance.PERMITTED, Stance.UNDETERMINED, Stance.UNSTATED]
    found = dict.fromkeys(EVERY, Stance.UNSTATED)
    for statement in reading.statements:
        for usage in statement.usages:
            found[usage] = min(found[usage], statement.stance, key=order.index)
    return {usage.value: stance.value for usage, stance in found.items()}


def reserved(reading: Reading) -> set[Usage]:
    return {usage for s in reading.statements if s.stance is Stance.RESERVED for usage in s.usages}


# ---- reports -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("posture", list(Posture))
@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: f"embedded: {vector['id']}")
def test_vector(vector: dict[str, Any], posture: Posture) -> None:
    reading = read_report(vector["input"], SOURCE, listener(posture))
    expected = vector["expect"]
    if posture is Posture.LITERAL:
        if vector.get("warn") in REPAIRS:
            expected = {usage: "unstated" if said == "reserved" else said for usage, said in expected.items()}
        if vector["id"] == CONFLICT_WITH_INGREDIENT:
            expected = {**expected, "genai-training": "permitted"}
        expected = vector.get("literal", expected)
    assert stances(reading) == expected

    if warn := vector.get("warn"):
        repairs = {statement.repair for statement in reading.statements}
        notes = " | ".join(f"{fault.message} {fault.excerpt}" for fault in reading.faults)
        if posture is Posture.CAUTIOUS and warn in REPAIRS and "reserved" in expected.values():
            assert warn in repairs
        elif warn == "from_ingredient":
            assert "not relied on" in notes or warn in notes
        elif not (warn == "conflict" and vector["id"] == CONFLICT_WITH_INGREDIENT and posture is Posture.LITERAL):
            assert warn in notes
    detail = vector.get("detail", {})
    if "constraint" in detail:
        assert detail["constraint"] in {statement.terms for statement in reading.statements}
    for key, use in detail.get("custom", {}).items():
        assert any(key in (f.excerpt or "") and use in (f.excerpt or "") for f in reading.faults)


def test_every_vector_is_run() -> None:
    assert len(VECTORS) == 25


def report(*entries: object, state: str = "Valid", label: str = "cawg.training-mining", **members: object) -> object:
    """A report whose active manifest holds one assertion for each of `entries`."""
    assertions = [{"label": label, "data": data} for data in entries]
    return {
        "validation_state": state,
        "active_manifest": "m",
        "manifests": {"m": {"assertions": assertions, **members}},
    }


def entry(use: object, **members: object) -> dict[str, object]:
    return {"entries": {"cawg.ai_generative_training": {"use": use, **members}}}


def only(reading: Reading) -> Statement:
    """The statement that is more than "a manifest was read"."""
    found = [s for s in reading.statements if s.stance is not Stance.UNSTATED]
    assert len(found) == 1, found
    return found[0]


def test_a_refusal_says_where_it_stands_and_in_what_state_of_validation() -> None:
    statement = only(read_report(report(entry("notAllowed")), SOURCE, listener()))
    assert statement.locator == "C2PA/active/cawg.training-mining/cawg.ai_generative_training"
    assert statement.excerpt == '{"cawg.ai_generative_training": {"use": "notAllowed"}} (manifest Valid)'
    assert statement.usages == (Usage.GENAI_TRAINING,)
    assert (statement.kind, statement.layer, statement.repair) == (Kind.RESERVATION, Layer.ASSET, None)
    assert statement.carrier == "jpeg"


def test_a_constraint_is_a_refusal_with_a_hint_whom_to_ask() -> None:
    said = entry("constrained", constraint_info="Licences: https://pictures.example/licence or by post.")
    statement = only(read_report(report(said), SOURCE, listener(Posture.LITERAL)))
    assert statement.stance is Stance.RESERVED
    assert statement.contact == "https://pictures.example/licence"
    assert statement.terms == "Licences: https://pictures.example/licence or by post."


@pytest.mark.parametrize("use", ["Allowed", "ALLOWED", "not_a_use allowed?"])
def test_only_a_permission_to_the_letter_permits(use: str) -> None:
    reading = read_report(report(entry(use)), SOURCE, listener())
    assert "permitted" not in stances(reading).values()


def test_a_misspelt_permission_is_noted_and_reserves_nothing() -> None:
    reading = read_report(report(entry("Allowed")), SOURCE, listener())
    assert set(stances(reading).values()) == {"unstated"}
    assert any("not relied on" in fault.message for fault in reading.faults)


@pytest.mark.parametrize("use", ["not-allowed", "NOT ALLOWED", "not_allowed", "Constrained"])
def test_misspelt_refusals_are_heard_with_caution_only(use: str) -> None:
    assert only(read_report(report(entry(use)), SOURCE, listener())).repair == "non_canonical_value"
    assert not reserved(read_report(report(entry(use)), SOURCE, listener(Posture.LITERAL)))


@pytest.mark.parametrize("use", [None, 0, False, True, [], {}, "", "no", "!allowed", "disallowed", "not allow"])
def test_what_no_use_is_known_for_is_a_refusal_with_caution(use: object) -> None:
    assert only(read_report(report(entry(use)), SOURCE, listener())).repair == "unknown_value"
    literal = read_report(report(entry(use)), SOURCE, listener(Posture.LITERAL))
    assert not reserved(literal)
    assert literal.faults


@pytest.mark.parametrize(
    "data",
    [
        {"entries": [{"cawg.ai_generative_training": {"use": "notAllowed"}}]},
        {"entries": [{"label": "cawg.ai_generative_training", "use": "notAllowed"}]},
        {"entries": {"cawg.ai_generative_training": "notAllowed"}},
    ],
)
def test_entries_in_other_shapes_are_heard_with_caution(data: object) -> None:
    assert only(read_report(report(data), SOURCE, listener())).repair == "entries_not_map"
    assert not reserved(read_report(report(data), SOURCE, listener(Posture.LITERAL)))


@pytest.mark.parametrize(
    "key", ["cawg.AI_Generative_Training", "CAWG.ai_generative_training", "cawg.ai-generative-training"]
)
def test_misspelt_keys_are_heard_with_caution(key: str) -> None:
    said = {"entries": {key: {"use": "notAllowed"}}}
    assert only(read_report(report(said), SOURCE, listener())).repair == "non_canonical_property"
    assert not reserved(read_report(report(said), SOURCE, listener(Posture.LITERAL)))


@pytest.mark.parametrize(
    "data", [None, "notAllowed", 1, [], {"entries": "notAllowed"}, {"entries": None}, {"entries": ["a"]}]
)
def test_an_assertion_without_a_known_form_is_undetermined(data: object) -> None:
    assert set(stances(read_report(report(data), SOURCE, listener())).values()) == {"undetermined"}


def test_an_empty_assertion_says_nothing_and_is_noted() -> None:
    reading = read_report(report({}, {"entries": {}}), SOURCE, listener())
    assert set(stances(reading).values()) == {"unstated"}
    assert len(reading.faults) == 2


@pytest.mark.parametrize(
    "broken",
    [
        None,
        [],
        {},
        {"manifests": {}},
        {"active_manifest": "m", "manifests": []},
        {"active_manifest": "m", "manifests": {"n": {}}},
        {"active_manifest": 1, "manifests": {"1": {}}},
        {"active_manifest": "m", "manifests": {"m": "text"}, "validation_state": "Valid"},
        {"active_manifest": "m", "manifests": {"m": {"assertions": {}, "ingredients": 5}}, "validation_state": "Valid"},
        {"error": "Other"},
        {"error": None},
    ],
)
def test_a_report_that_cannot_be_followed_is_undetermined(broken: object) -> None:
    reading = read_report(broken, SOURCE, listener())
    wanted = {"unstated"} if isinstance(broken, dict) and broken.get("manifests") == {"m": {}} else {"undetermined"}
    assert set(stances(reading).values()) == wanted
    assert reading.faults


def test_parents_are_followed_to_the_end_and_round_in_a_circle() -> None:
    manifests: dict[str, Any] = {
        f"m{n}": {"ingredients": [{"active_manifest": f"m{(n + 1) % 9}", "relationship": "parentOf"}]} for n in range(9)
    }
    manifests["m8"]["assertions"] = [{"label": "cawg.training-mining", "data": entry("notAllowed")}]
    said = {"validation_state": "Valid", "active_manifest": "m0", "manifests": manifests}
    statement = only(read_report(said, SOURCE, listener()))
    assert statement.repair == "from_ingredient"
    assert statement.locator is not None
    assert statement.locator.startswith("C2PA/parentOf[m8]/")


def test_more_parents_than_are_followed_is_undetermined() -> None:
    manifests = {
        f"m{n}": {"ingredients": [{"active_manifest": f"m{n + 1}", "relationship": "parentOf"}]} for n in range(200)
    }
    said = {"validation_state": "Valid", "active_manifest": "m0", "manifests": manifests}
    assert "undetermined" in stances(read_report(said, SOURCE, listener())).values()


@pytest.mark.parametrize("relationship", ["componentOf", "inputTo", None])
def test_what_a_component_says_is_noted_only(relationship: str | None) -> None:
    said: Any = report(ingredients=[{"active_manifest": "c", "relationship": relationship}])
    said["manifests"]["c"] = {"assertions": [{"label": "cawg.training-mining", "data": entry("notAllowed")}]}
    reading = read_report(said, SOURCE, listener())
    assert set(stances(reading).values()) == {"unstated"}
    assert "notAllowed" in (reading.faults[0].excerpt or "")


def test_many_references_to_one_large_manifest_take_linear_time() -> None:
    many = [{"active_manifest": "c", "relationship": "componentOf"}] * 1000
    manifests: dict[str, Any] = {
        f"m{n}": {"ingredients": [*many[1:], {"active_manifest": f"m{n + 1}", "relationship": "parentOf"}]}
        for n in range(60)
    }
    manifests["c"] = {"assertions": [{"label": "cawg.training-mining", "data": entry("notAllowed")}] * 1000}
    reading = read_report(
        {"validation_state": "Valid", "active_manifest": "m0", "manifests": manifests}, SOURCE, listener()
    )
    assert len(reading.faults) == 16


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
known_words = st.sampled_from(
    ["cawg.training-mining", "c2pa.training-mining__2", "entries", "use", "notAllowed", "allowed", "constrained",
     "cawg.ai_training", "c2pa.data_mining", "name", "m", "n", "parentOf", "componentOf", "constraint_info", "\ud800"]
)  # fmt: skip
likely_values = st.recursive(
    known_words | json_values,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(known_words, inner, max_size=4),
    max_leaves=12,
)
members = st.fixed_dictionaries(
    {},
    optional={
        "assertions": likely_values
        | st.lists(st.fixed_dictionaries({"label": known_words, "data": likely_values}), max_size=3),
        "ingredients": likely_values
        | st.lists(st.fixed_dictionaries({"active_manifest": known_words, "relationship": known_words}), max_size=3),
    },
)


@settings(max_examples=200)
@given(
    said=json_values
    | st.fixed_dictionaries(
        {
            "active_manifest": known_words | json_values,
            "manifests": st.dictionaries(known_words, members | likely_values),
        },
        optional={
            "validation_state": json_values | st.sampled_from(["Valid", "Invalid"]),
            "validation_status": likely_values,
        },
    ),
    posture=st.sampled_from(list(Posture)),
    sealed=st.booleans(),
)
def test_no_report_makes_it_raise(said: object, posture: Posture, sealed: bool) -> None:
    reading = read_report(said, SOURCE, listener(posture), sealed=sealed)
    if not sealed or not isinstance(said, dict) or said.get("validation_state") != "Valid":
        assert not any(statement.stance is Stance.PERMITTED for statement in reading.statements)
    assert len(json.dumps([s.to_dict() for s in reading.statements])) < 20_000
    literal = reserved(read_report(said, SOURCE, listener(Posture.LITERAL), sealed=sealed))
    assert literal <= reserved(read_report(said, SOURCE, listener(), sealed=sealed))


# ---- files -------------------------------------------------------------------------------------------------------

REFUSED = {"cawg.ai_generative_training": {"use": "notAllowed"}}
GRANTED = {"cawg.ai_generative_training": {"use": "allowed"}}


def picture(kind: str, size: tuple[int, int] = (64, 48)) -> bytes:
    out = io.BytesIO()
    Image.effect_noise(size, 80).convert("RGB").save(out, kind)
    return out.getvalue()


def sound() -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"\0\1" * 4000)
    return out.getvalue()


def song() -> bytes:
    return b"ID3\x03\0\0\0\0\0\x0a" + b"\0" * 10 + (b"\xff\xfb\x90\0" + b"\0" * 413) * 20


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content) + 8) + kind + content


def film() -> bytes:
    return (
        box(b"ftyp", b"isom\0\0\2\0isomiso2mp41") + box(b"mdat", b"\0" * 100) + box(b"moov", box(b"mvhd", b"\0" * 100))
    )


def drawing() -> bytes:
    return b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"><rect/></svg>'


def document() -> bytes:
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Resources<<>>>>",
    ]
    body, places = b"%PDF-1.7\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return body + b"xref\n0 4\n0000000000 65535 f \n%strailer\n<</Size 4/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (
        table,
        len(body),
    )


def lossless() -> bytes:
    about = struct.pack(">HH", 4096, 4096) + b"\0" * 6 + b"\x0a\xc4\x42\xf0" + b"\0" * 20
    return b"fLaC\x80\0\0\x22" + about + b"\xff\xf8" + b"\0" * 50


def chunk(kind: bytes, content: bytes) -> bytes:
    return kind + struct.pack("<I", len(content)) + content


def clip() -> bytes:
    header = chunk(b"LIST", b"hdrl" + chunk(b"avih", b"\0" * 56))
    return chunk(b"RIFF", b"AVI " + header + chunk(b"LIST", b"movi" + chunk(b"00dc", b"\0" * 20)))


def book() -> bytes:
    out = io.BytesIO()
    root = '<rootfile full-path="p.opf" media-type="application/oebps-package+xml"/>'
    names = 'version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"'
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")
        archive.writestr("META-INF/container.xml", f"<container {names}><rootfiles>{root}</rootfiles></container>")
        archive.writestr("p.opf", '<package xmlns="http://www.idpf.org/2007/opf" version="3.0"><metadata/></package>')
    return out.getvalue()


CONTAINERS = {
    Format.JPEG: ("image/jpeg", lambda: picture("JPEG")),
    Format.PNG: ("image/png", lambda: picture("PNG")),
    Format.WEBP: ("image/webp", lambda: picture("WEBP")),
    Format.GIF: ("image/gif", lambda: picture("GIF")),
    Format.TIFF: ("image/tiff", lambda: picture("TIFF")),
    Format.WAV: ("audio/wav", sound),
    Format.MP3: ("audio/mpeg", song),
    Format.BMFF: ("video/mp4", film),
    Format.SVG: ("image/svg+xml", drawing),
    Format.PDF: ("application/pdf", document),
    Format.FLAC: ("audio/flac", lossless),
    Format.AVI: ("video/avi", clip),
    Format.EPUB: ("application/epub+zip", book),
}


@pytest.fixture(scope="module")
def signer() -> Signer:
    return Signer.make()


@pytest.fixture(scope="module")
def jpeg(signer: Signer) -> bytes:
    return signer.sign(picture("JPEG", (300, 300)), "image/jpeg", REFUSED)


def marked(data: bytes, kind: Format, *, complete: bool = True, store: bytes = b"") -> Asset:
    """What a container reader makes of a file with a marker."""
    packets = (Packet(Place.C2PA, "marker", store),) if store else ()
    unread = () if store else (Unread(Place.C2PA, "marker", "not in one piece"),)
    return Asset(format=kind, packets=packets, unread=unread, complete=complete, data=data)


def hear(asset: Asset, posture: Posture = Posture.CAUTIOUS) -> Reading:
    assert SIGNAL.read_asset is not None
    return SIGNAL.read_asset(asset, SOURCE._replace(carrier=asset.format.value), listener(posture))


@pytest.mark.parametrize("kind", CONTAINERS, ids=str)
def test_a_refusal_in_a_signed_file_is_heard(kind: Format, signer: Signer) -> None:
    mime, make = CONTAINERS[kind]
    signed = signer.sign(make(), mime, REFUSED)
    assert format_of(mime, signed[:1024]) is kind
    reading = hear(read_asset(signed, kind))
    statement = only(reading)
    assert (statement.stance, statement.usages) == (Stance.RESERVED, (Usage.GENAI_TRAINING,))
    assert "(manifest Valid)" in (statement.excerpt or "")
    assert statement.carrier == kind.value
    assert not reading.faults


@pytest.mark.parametrize("kind", CONTAINERS, ids=str)
def test_an_unsigned_file_has_no_marker_and_is_not_held(kind: Format) -> None:
    asset = read_asset(CONTAINERS[kind][1](), kind)
    assert asset.data == b""
    assert hear(asset) == Reading()


def test_a_heif_picture_is_read_as_its_container(signer: Signer) -> None:
    signed = signer.sign(picture("AVIF"), "image/avif", REFUSED)
    assert format_of("image/avif", signed[:1024]) is Format.BMFF
    assert reserved(hear(read_asset(signed, Format.BMFF))) == {Usage.GENAI_TRAINING}


@pytest.mark.parametrize("kind", CONTAINERS, ids=str)
def test_a_permission_in_a_signed_file_counts_while_the_seal_is_whole(kind: Format, signer: Signer) -> None:
    mime, make = CONTAINERS[kind]
    signed = signer.sign(make(), mime, GRANTED)
    statement = only(hear(read_asset(signed, kind)))
    assert (statement.stance, statement.kind) == (Stance.PERMITTED, Kind.PERMISSION)
    assert stances(hear(marked(signed, kind, complete=False)))["genai-training"] == "unstated"


def test_a_permission_in_a_file_that_was_changed_does_not_count(signer: Signer) -> None:
    signed = bytearray(signer.sign(picture("JPEG"), "image/jpeg", GRANTED))
    signed[-40] ^= 0xFF
    reading = hear(marked(bytes(signed), Format.JPEG))
    assert set(stances(reading).values()) == {"unstated"}
    assert any("assertion.dataHash.mismatch" in (fault.excerpt or "") for fault in reading.faults)


def test_the_older_label_is_heard(signer: Signer) -> None:
    entries = {"c2pa.data_mining": {"use": "constrained", "constraint_info": "ask"}}
    signed = signer.sign(picture("PNG"), "image/png", entries, label="c2pa.training-mining")
    statement = only(hear(marked(signed, Format.PNG), Posture.LITERAL))
    assert (statement.usages, statement.terms) == ((Usage.ANALYSIS,), "ask")


def test_a_manifest_without_the_assertion_says_nothing(signer: Signer) -> None:
    reading = hear(marked(signer.sign(picture("JPEG"), "image/jpeg"), Format.JPEG))
    assert set(stances(reading).values()) == {"unstated"}
    assert not reading.faults


def test_the_refusal_of_the_picture_this_was_made_from_is_heard(signer: Signer, jpeg: bytes) -> None:
    signed = signer.sign(picture("JPEG"), "image/jpeg", parent=jpeg)
    assert only(hear(marked(signed, Format.JPEG))).repair == "from_ingredient"
    literal = hear(marked(signed, Format.JPEG), Posture.LITERAL)
    assert not reserved(literal)
    assert any(fault.message.startswith("from_ingredient") for fault in literal.faults)


def test_presence_in_a_prefix_is_enough(jpeg: bytes) -> None:
    prefix = jpeg[: len(jpeg) * 3 // 4]
    reading = hear(marked(prefix, Format.JPEG, complete=False))
    assert reserved(reading) == {Usage.GENAI_TRAINING}
    assert not any("c2pa_invalid" in fault.message for fault in reading.faults)


@pytest.mark.parametrize("kind", [Format.PNG, Format.WEBP, Format.BMFF, Format.WAV], ids=str)
def test_the_store_alone_is_enough_where_the_rest_of_the_file_is_missing(kind: Format, signer: Signer) -> None:
    mime, make = CONTAINERS[kind]
    signed = signer.sign(make(), mime, {**REFUSED, "cawg.data_mining": {"use": "allowed"}})
    store = store_of(signed)
    assert is_store(store)
    reading = hear(marked(signed[:-20], kind, complete=False, store=store))
    assert stances(reading)["genai-training"] == "reserved"
    assert stances(reading)["analysis"] == "unstated"
    assert any("read without the file" in fault.message for fault in reading.faults)


def test_a_store_that_is_cut_off_is_undetermined(signer: Signer) -> None:
    signed = signer.sign(picture("PNG"), "image/png", REFUSED)
    asset = marked(signed[:2000], Format.PNG, complete=False, store=store_of(signed)[:1000])
    assert set(stances(hear(asset)).values()) == {"undetermined"}


def test_a_damaged_assertion_may_have_been_a_refusal(signer: Signer) -> None:
    signed = signer.sign(song(), "audio/mpeg", REFUSED)
    word = signed.index(b"ai_generative_training")
    unknown_key = signed[:word] + b"bi" + signed[word + 2 :]
    gone = signed.replace(b"\x13cawg.training-mining", b"\x13cawg.training-mininh", 1)
    for damaged in (unknown_key, gone):
        asset = read_asset(damaged, Format.MP3)
        found = stances(hear(asset))
        said = {"genai-training": "reserved"} if damaged is unknown_key else {}  # what is left still says training
        assert found == dict.fromkeys(found, "undetermined") | said
    missed = native_report(gone, Format.MP3)
    assert "error" in missed or "assertion.missing" in {status["code"] for status in missed["validation_status"]}


@pytest.mark.parametrize(
    ("failed", "expected"),
    [
        ("self#jumbf=/c2pa/m/c2pa.assertions/cawg.training-mining", "undetermined"),
        ("self#jumbf=/c2pa/p/c2pa.assertions/c2pa.training-mining__1", "undetermined"),
        ("cawg.training-mining", "undetermined"),
        ("self#jumbf=/c2pa/c/c2pa.assertions/cawg.training-mining", "unstated"),
        ("self#jumbf=/c2pa/m/c2pa.assertions/c2pa.hash.data", "unstated"),
        ("self#jumbf=/c2pa/m/c2pa.signature", "unstated"),
    ],
)
def test_failures_count_where_they_touch_the_assertion(failed: str, expected: str) -> None:
    said: Any = report(
        state="Invalid",
        ingredients=[
            {"active_manifest": "p", "relationship": "parentOf"},
            {"active_manifest": "c", "relationship": "componentOf"},
        ],
    )
    said["manifests"] |= {"p": {}, "c": {}}
    said["validation_status"] = [{"code": "assertion.missing", "url": failed}]
    assert set(stances(read_report(said, SOURCE, listener())).values()) == {expected}
    said["manifests"]["m"]["assertions"] = [{"label": "cawg.training-mining", "data": entry("notAllowed")}]
    assert set(stances(read_report(said, SOURCE, listener())).values()) == {"reserved", "unstated"}


def test_two_stores_are_both_heard(signer: Signer) -> None:
    stores = [store_of(signer.sign(picture("PNG"), "image/png", said)) for said in (GRANTED, REFUSED)]
    packets = tuple(Packet(Place.C2PA, "marker", store) for store in stores)
    reading = hear(Asset(format=Format.PNG, packets=packets, data=b"\x89PNG\r\n\x1a\nnone"))
    assert stances(reading)["genai-training"] == "reserved"


@pytest.mark.parametrize("data", [b"", b"\xff\xd8\xff\xd9", b"\0" * 100, b"no picture"])
def test_a_marker_without_a_manifest_behind_it_is_undetermined(data: bytes) -> None:
    reading = hear(marked(data, Format.JPEG))
    assert set(stances(reading).values()) == {"undetermined"}
    assert reading.faults


def test_a_file_without_a_marker_says_nothing() -> None:
    assert hear(Asset(format=Format.JPEG)) == Reading()


def test_a_bare_store_is_a_file_too(signer: Signer) -> None:
    store = store_of(signer.sign(picture("PNG"), "image/png", {**REFUSED, "cawg.data_mining": {"use": "allowed"}}))
    reading = hear(read_asset(store, Format.C2PA))
    assert stances(reading)["genai-training"] == "reserved"
    assert stances(reading)["analysis"] == "unstated"
    assert set(stances(hear(read_asset(store[:-1], Format.C2PA, complete=False))).values()) == {"undetermined"}


def test_without_the_extra_it_is_undetermined_and_the_extra_is_named(
    jpeg: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "c2pa", None)
    reading = hear(marked(jpeg, Format.JPEG))
    assert set(stances(reading).values()) == {"undetermined"}
    assert 'pip install "tdm-guard[c2pa]"' in (only(reading).excerpt or "")
    assert EXTRA in (reading.faults[0].excerpt or "")


def test_an_extra_that_does_not_load_is_no_silence(jpeg: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def find_spec(self, name: str, path: object = None, target: object = None) -> None:
            if name == "c2pa":
                raise OSError("wrong ELF class")

    monkeypatch.delitem(sys.modules, "c2pa")
    monkeypatch.setattr(sys, "meta_path", [Broken(), *sys.meta_path])
    assert "wrong ELF class" in (only(hear(marked(jpeg, Format.JPEG))).excerpt or "")


def test_a_reader_that_fails_in_a_new_way_is_undetermined(jpeg: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **options: object) -> None:
        raise SystemError("unknown opcode")

    monkeypatch.setattr(c2pa, "Reader", fail)
    assert set(stances(hear(marked(jpeg, Format.JPEG))).values()) == {"undetermined"}


@pytest.mark.parametrize("text", ["[]", "{", "null", "[" * 100_000])
def test_a_report_that_is_no_report_is_undetermined(text: str, jpeg: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(c2pa.Reader, "json", lambda self: text)
    assert set(stances(hear(marked(jpeg, Format.JPEG))).values()) == {"undetermined"}


# ---- the network -------------------------------------------------------------------------------------------------


@pytest.fixture
def listening() -> Iterator[tuple[str, socket.socket]]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        yield f"http://127.0.0.1:{server.getsockname()[1]}/", server


def was_called(server: socket.socket) -> bool:
    try:
        server.accept()[0].close()
    except BlockingIOError:
        return False
    return True


def test_the_listener_of_these_tests_hears(listening: tuple[str, socket.socket]) -> None:
    with socket.create_connection(listening[1].getsockname()):
        assert was_called(listening[1])


def test_a_manifest_that_is_only_named_is_not_fetched(signer: Signer, listening: tuple[str, socket.socket]) -> None:
    url, server = listening
    signed = signer.sign(picture("JPEG"), "image/jpeg", REFUSED, remote=url + "m.c2pa", embed=False)
    statement = only(hear(marked(signed, Format.JPEG)))
    assert statement.stance is Stance.UNDETERMINED
    assert url + "m.c2pa" in (statement.excerpt or "")
    assert not was_called(server)


def test_no_revocation_server_is_asked(listening: tuple[str, socket.socket]) -> None:
    url, server = listening
    signed = Signer.make(ocsp=url).sign(picture("JPEG"), "image/jpeg", REFUSED)
    assert only(hear(marked(signed, Format.JPEG))).stance is Stance.RESERVED
    assert not was_called(server)


def test_the_reader_would_have_asked_with_its_own_defaults(
    signer: Signer, listening: tuple[str, socket.socket]
) -> None:
    """Else the tests above would prove nothing."""
    url, server = listening
    signed = signer.sign(picture("JPEG"), "image/jpeg", REFUSED, remote=url + "m.c2pa", embed=False)
    code = "import c2pa, io, sys; c2pa.Reader('image/jpeg', io.BytesIO(sys.stdin.buffer.read()))"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdin is not None
        process.stdin.write(signed)
        process.stdin.close()
        server.settimeout(30)
        server.accept()[0].close()
        process.kill()


def test_reading_opens_no_socket_of_ours(jpeg: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **options: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    assert only(hear(marked(jpeg, Format.JPEG))).stance is Stance.RESERVED


def test_a_process_that_was_forked_reads_too(jpeg: bytes) -> None:
    code = (
        "import os, sys; from tdm_guard.formats.files.container import Format; "
        "from tdm_guard.formats.files.c2pa_store import report;"
        "data = sys.stdin.buffer.read(); first = report(data, Format.JPEG); child = os.fork();"
        "again = report(data, Format.JPEG);"
        "child or os._exit('error' in again); sys.exit(os.waitpid(child, 0)[1] or 'error' in first)"
    )
    assert subprocess.run([sys.executable, "-c", code], input=jpeg, check=False).returncode == 0


# ---- manifests named in XMP --------------------------------------------------------------------------------------


def named_by(value: str, *, namespace: str = "http://purl.org/dc/terms/", encoding: str = "utf-8") -> Asset:
    packet = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="" xmlns:t="{namespace}" t:provenance="{value}"/></rdf:RDF></x:xmpmeta>'
    )
    packets = (Packet(Place.XMP, "JPEG/APP1", packet.encode(encoding)),)
    return Asset(format=Format.JPEG, packets=packets)


@pytest.mark.parametrize("posture", list(Posture))
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-be"])
def test_a_manifest_named_in_xmp_is_undetermined_and_the_address_is_kept(posture: Posture, encoding: str) -> None:
    statement = only(hear(named_by("https://m.example/1.c2pa", encoding=encoding), posture))
    assert statement.stance is Stance.UNDETERMINED
    assert statement.usages == EVERY
    assert statement.excerpt == "remote_manifest: https://m.example/1.c2pa"
    assert statement.locator == "JPEG/APP1/dcterms:provenance"


@pytest.mark.parametrize(
    "value", ["self#jumbf=/c2pa/urn:uuid:1", "Bought in Paris, 1921", "", "see https://m.example/1", "urn:uuid:1"]
)
def test_a_provenance_that_is_no_address_says_nothing(value: str) -> None:
    assert hear(named_by(value)) == Reading()


def test_a_property_of_another_namespace_says_nothing() -> None:
    assert hear(named_by("https://m.example/1", namespace="http://ns.example/")) == Reading()


def test_the_manifest_of_an_ingredient_is_not_the_files() -> None:
    packet = (
        b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
        b' xmlns:m="http://ns.adobe.com/xap/1.0/mm/" xmlns:t="http://purl.org/dc/terms/"><m:Ingredients><rdf:Bag>'
        b'<rdf:li rdf:parseType="Resource"><t:provenance>https://m.example/1</t:provenance></rdf:li></rdf:Bag>'
        b"</m:Ingredients></rdf:Description></rdf:RDF>"
    )
    assert hear(Asset(format=Format.JPEG, packets=(Packet(Place.XMP, "JPEG/APP1", packet),))) == Reading()


def test_a_damaged_packet_that_names_a_manifest_is_undetermined() -> None:
    asset = named_by("https://m.example/1")
    broken = asset.packets[0]._replace(data=asset.packets[0].data[:-20])
    assert only(hear(Asset(format=Format.JPEG, packets=(broken,)))).stance is Stance.UNDETERMINED


def test_xmp_that_could_not_be_read_may_name_a_manifest() -> None:
    asset = Asset(format=Format.PNG, unread=(Unread(Place.XMP, "PNG/iTXt", "longer than 1 MiB"),))
    assert only(hear(asset)).excerpt == "may name a manifest: longer than 1 MiB"
    assert hear(Asset(format=Format.PNG, unread=(Unread(None, "PNG", "cut off"),))) == Reading()


def test_a_manifest_in_the_file_comes_before_one_that_is_named(signer: Signer, jpeg: bytes) -> None:
    packets = (*named_by("https://m.example/1").packets, Packet(Place.C2PA, "JPEG/APP11", b""))
    assert only(hear(Asset(format=Format.JPEG, packets=packets, data=jpeg))).stance is Stance.RESERVED


# ---- cost and damage ---------------------------------------------------------------------------------------------


def test_a_large_picture_is_not_copied(signer: Signer) -> None:
    signed = signer.sign(picture("PNG", (1600, 1100)), "image/png", REFUSED)
    assert len(signed) > 4_000_000
    statement, most = peak(lambda: only(hear(marked(signed, Format.PNG))))
    assert statement.stance is Stance.RESERVED
    assert most < len(signed) // 4


@settings(max_examples=150)
@given(
    changes=st.lists(st.tuples(st.integers(0, 5000), st.binary(max_size=6), st.integers(0, 40)), max_size=6),
    kind=st.sampled_from([Format.PNG, Format.C2PA, Format.BMFF]),
)
def test_no_bytes_make_it_raise(changes: list[tuple[int, bytes, int]], kind: Format) -> None:
    data = bytearray(SEEDS[kind])
    for at, new, length in changes:
        data[at % len(data) : at % len(data) + length] = new
    asset = marked(bytes(data), kind, store=bytes(data) if kind is Format.C2PA else b"")
    reading = hear(asset)
    assert reading.statements  # a marker is there: something must be said


@pytest.fixture(scope="module", autouse=True)
def seeds(signer: Signer) -> None:
    png = signer.sign(picture("PNG", (8, 8)), "image/png", REFUSED)
    SEEDS.update({Format.PNG: png, Format.C2PA: store_of(png)})
    SEEDS[Format.BMFF] = signer.sign(film(), "video/mp4", REFUSED)


SEEDS: dict[Format, bytes] = {}


def test_the_report_of_the_reader_is_a_mapping(jpeg: bytes) -> None:
    found = native_report(jpeg, Format.JPEG)
    assert found["validation_state"] == "Valid"
    assert native_report(b"", Format.JPEG)["error"]


# ---- header fields -----------------------------------------------------------------------------------------------

HEADER = Source(url="https://photos.example/a.jpg", carrier="header")


@pytest.mark.parametrize(
    "line",
    [
        '<https://m.example/1.c2pa>; rel="c2pa-manifest"; type="application/c2pa"',
        "<https://m.example/1.c2pa>; rel=C2PA-Manifest",
        '<a.css>; rel=preload, <https://m.example/1.c2pa>; rel="describedby c2pa-manifest"',
    ],
)
def test_a_field_that_names_a_manifest_is_undetermined_and_the_address_is_kept(line: str) -> None:
    statement = only(read_headers((("link", line),), HEADER, listener()))
    assert statement.stance is Stance.UNDETERMINED
    assert "https://m.example/1.c2pa" in (statement.excerpt or "")
    assert (statement.locator, statement.layer) == ("#link", Layer.LOCATION)


@pytest.mark.parametrize(
    "line", ["<a>; rel=preload", '<a>; rel="license"; title="c2pa-manifest"', "c2pa-manifest", "<c2pa-manifest>", ""]
)
def test_other_links_say_nothing(line: str) -> None:
    assert read_headers((("link", line),), HEADER, listener()) == Reading()


def test_a_thousand_links_are_bounded() -> None:
    line = ", ".join(f"<https://m.example/{n}>; rel=c2pa-manifest" for n in range(500))
    assert len(read_headers((("link", line),), HEADER, listener()).statements) == signal.MAX_LINKS


@pytest.mark.parametrize("posture", list(Posture))
def test_a_manifest_in_the_file_settles_what_a_field_left_open(posture: Posture, signer: Signer) -> None:
    field = read_headers((("link", "<https://m.example/1>; rel=c2pa-manifest"),), HEADER, listener(posture)).statements
    silent = hear(marked(signer.sign(picture("JPEG"), "image/jpeg"), Format.JPEG), posture).statements
    broken = hear(marked(b"", Format.JPEG), posture).statements
    assert SIGNAL.settle is not None
    assert SIGNAL.settle((*field, *silent), posture) == silent
    assert SIGNAL.settle((*field, *broken), posture) == (*field, *broken)
    assert SIGNAL.settle(field, posture) == field


@pytest.mark.parametrize("value", ["<m.c2pa>; rel='c2pa-manifest'", "<m.c2pa>; rel=\u201cc2pa-manifest\u201d"])
def test_a_field_that_names_a_manifest_in_other_quotation_marks(value: str) -> None:
    source = Source(url="https://photos.example/a.jpg", carrier="header")
    reading = read_headers((("link", value.encode().decode("latin-1")),), source, listener())
    assert set(stances(reading).values()) == {"undetermined"}
    literal = read_headers((("link", value),), source, listener(Posture.LITERAL))
    assert [(s.stance, s.doubt is not None) for s in literal.statements] == [(Stance.UNSTATED, True)]
    assert literal.faults
    assert not read_headers((("link", "<m>; rel='next'; title=c2pa-manifest"),), source, listener()).statements
