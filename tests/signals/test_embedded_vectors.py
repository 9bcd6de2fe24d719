"""Every conformance vector of reservations inside files but those of C2PA reports, in both postures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tdm_guard.formats.files.asset import Asset, Packet, Place, Unread
from tdm_guard.formats.files.container import Format
from tdm_guard.model import Layer, Posture, Reading, Source, Stance, Statement
from tdm_guard.signals.shape import Listener
from tdm_guard.signals.tdmrep import tdmrep_signal as tdmrep
from tdm_guard.signals.xmp import xmp_signal as xmp
from tdm_guard.usage import EVERY, Usage

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "embedded.json").read_text(encoding="utf-8"))["vectors"]
TDMREP = json.loads((Path(__file__).parents[1] / "vectors" / "tdmrep.json").read_text(encoding="utf-8"))
SIGNALS = (xmp.SIGNAL, tdmrep.SIGNAL)
POSTURES = list(Posture)
KINDS = ("xmp", "xmp_pdf", "opf", "asset_signals")
RUN = [vector for vector in VECTORS if vector["kind"] in KINDS]

# Repairs by the words of the vectors' own head ("posture"). Those of the second line are readings of TDMRep which its
# own vectors (tdmrep.json: epub-004, epub-008, pdf-005) have in the literal posture too.
REPAIRS = {"non_canonical_value", "non_canonical_property", "unknown_value", "xml_error"}
BOTH = {"non_canonical_namespace", "prefix_undeclared", "legacy_meta"}
CODES = {"bad_value": "C2"}  # of tdmrep.md; any other repair has the vectors' own word


def listener(posture: Posture) -> Listener:
    return Listener("examplebot", posture, frozenset({"xmp", "tdmrep"}), EVERY)


def hear(asset: Asset, posture: Posture) -> tuple[Statement, ...]:
    """What the two signals make of an asset, each with its own precedence applied."""
    source = Source("https://files.example/a", asset.format.value)
    statements: list[Statement] = []
    for signal in SIGNALS:
        assert signal.read_asset is not None
        assert Place.XMP in signal.asset_places
        reading = signal.read_asset(asset, source, listener(posture))
        heard = reading.statements
        statements += signal.settle(heard, posture) if signal.settle else heard
    return tuple(statements)


def stances(statements: tuple[Statement, ...]) -> dict[str, str]:
    """Per usage, by the words of the vectors' head: any reservation, else a permission, else what is undetermined."""
    found = {}
    for usage in EVERY:
        said = {statement.stance for statement in statements if usage in statement.usages}
        order = (Stance.RESERVED, Stance.PERMITTED, Stance.UNDETERMINED)
        found[usage.value] = next((stance for stance in order if stance in said), Stance.UNSTATED).value
    return found


def asset_of(vector: dict[str, Any]) -> Asset:
    data = vector["input"].encode()
    if vector["kind"] == "opf":
        return Asset(format=Format.EPUB, packets=(Packet(Place.OPF, "EPUB/OEBPS/p.opf", data),))
    if vector["kind"] == "xmp_pdf":
        return Asset(format=Format.PDF, packets=(Packet(Place.XMP, "PDF/Catalog/Metadata", data),))
    return Asset(format=Format.JPEG, packets=(Packet(Place.XMP, "JPEG/APP1", data),))


def expected(vector: dict[str, Any], posture: Posture) -> dict[str, str]:
    if posture is Posture.CAUTIOUS:
        return vector["expect"]
    if "literal" in vector:
        return vector["literal"]
    if vector.get("warn") in REPAIRS:
        # without its repair nothing is reserved; what could not be read stays so
        unread = vector["warn"] == "xml_error"
        return dict.fromkeys(map(str, EVERY), "undetermined" if unread else "unstated")
    return vector["expect"]


def packets(kind: str) -> list[dict[str, Any]]:
    return [vector for vector in RUN if vector["kind"] == kind]


def name(vector: dict[str, Any]) -> str:
    return f"embedded: {vector['id']}"


def test_every_vector_is_run_here_or_with_c2pa() -> None:
    assert len(VECTORS) == 88
    assert len([vector for vector in VECTORS if vector["kind"] == "c2pa_report"]) + len(RUN) == 88


@pytest.mark.parametrize("posture", POSTURES)
@pytest.mark.parametrize("vector", packets("xmp") + packets("xmp_pdf") + packets("opf"), ids=name)
def test_packet(vector: dict[str, Any], posture: Posture) -> None:
    statements = hear(asset_of(vector), posture)
    assert stances(statements) == expected(vector, posture)
    assert all(statement.layer is Layer.ASSET for statement in statements)
    assert all(statement.locator and statement.excerpt for statement in statements)

    detail = vector.get("detail", {})
    if "constraint" in detail:
        assert detail["constraint"] in {statement.terms for statement in statements}
    if "linked_rights" in detail:
        assert detail["linked_rights"] in {statement.policy_url for statement in statements}
    if "policy" in detail:
        assert detail["policy"] in {statement.policy_url for statement in statements}

    reserved = [statement for statement in statements if statement.stance is Stance.RESERVED]
    warned = vector.get("warn")
    if posture is Posture.LITERAL:
        assert all(statement.repair is None for statement in reserved)
    elif warned in REPAIRS | BOTH | set(CODES) and reserved:
        assert {statement.repair for statement in reserved} == {CODES.get(warned, warned)}
    else:
        assert all(statement.repair is None for statement in reserved)


@pytest.mark.parametrize("vector", [vector for vector in packets("xmp") if "warn" in vector], ids=name)
def test_what_is_not_as_written_is_a_fault(vector: dict[str, Any]) -> None:
    reading = read(xmp, asset_of(vector))
    assert reading.faults
    assert all(fault.locator and fault.signal == "xmp" for fault in reading.faults)


def read(signal: Any, asset: Asset, posture: Posture = Posture.CAUTIOUS) -> Reading:
    reading: Reading = signal.read_asset(
        asset, Source("https://files.example/a", asset.format.value), listener(posture)
    )
    return reading


# --- signals that were taken out of their files already


def plus(value: str) -> bytes:
    return (
        f'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
        f'xmlns:plus="{xmp.NAMESPACE}" plus:DataMining="{xmp.VOCABULARY}{value}"/></rdf:RDF>'
    ).encode()


def tdm(value: int) -> bytes:
    return (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
        f'xmlns:tdm="http://www.w3.org/ns/tdmrep/" tdm:reservation="{value}"/></rdf:RDF>'
    ).encode()


def combined(given: dict[str, Any], posture: Posture) -> tuple[Statement, ...]:
    """The statements for signals that are given without their carriers."""
    source = Source("https://files.example/a", "file")
    said: list[Statement] = []
    family: list[Statement] = []
    for key, carrier in (("tdmrep_site", "file"), ("tdmrep_header", "header")):
        if given.get(key) is not None:
            fields = (("tdm-reservation", str(given[key])),)
            read_as = Source("https://files.example/a", carrier)
            family += tdmrep.read_headers(fields, read_as, listener(posture)).statements
    found: list[Packet] = []
    if given.get("tdmrep_embedded") is not None:
        packet = Packet(Place.XMP, "PDF/Catalog/Metadata", tdm(given["tdmrep_embedded"]))
        document = Asset(format=Format.PDF, packets=(packet,))
        family += tdmrep.SIGNAL.read_asset(document, source, listener(posture)).statements  # type: ignore[misc]
    for key in ("plus", "sidecar_xmp"):
        if given.get(key) is not None:
            found.append(Packet(Place.XMP, key, plus(given[key])))
    unread = () if given.get("complete", True) else (Unread(Place.XMP, "JPEG", "it ends before its picture data"),)
    asset = Asset(format=Format.JPEG, packets=tuple(found), unread=unread, complete=not unread)
    said += xmp.read_asset(asset, source, listener(posture)).statements
    if "c2pa" in given:
        use = given["c2pa"]["entries"]["cawg.ai_generative_training"]
        assert use == "notAllowed"
        members = {"signal": "c2pa", "usages": (Usage.GENAI_TRAINING,), "stance": Stance.RESERVED}
        said.append(Statement.at(source, **members))
    return (*said, *tdmrep.settle(tuple(family), posture))


@pytest.mark.parametrize("posture", POSTURES)
@pytest.mark.parametrize("vector", packets("asset_signals"), ids=name)
def test_combination(vector: dict[str, Any], posture: Posture) -> None:
    assert stances(combined(vector["input"], posture)) == expected(vector, posture)


# --- the vectors of TDMRep that are inside files


def embedded(given: dict[str, Any]) -> Asset:
    kind = "opf" if "opf" in given else "xmp_pdf"
    return asset_of({"kind": kind, "input": given[kind.partition("_")[0]]})


@pytest.mark.parametrize("posture", POSTURES)
@pytest.mark.parametrize(
    "vector",
    [vector for vector in TDMREP if vector["channel"] in ("epub", "pdf") or vector["id"] in ("merge-011", "merge-012")],
    ids=lambda vector: f"tdmrep/{vector['channel']}: {vector['id']}",
)
def test_tdmrep(vector: dict[str, Any], posture: Posture) -> None:
    given = vector["input"]
    want = vector.get("cautious", vector["expect"]) if posture is Posture.CAUTIOUS else vector["expect"]
    statements = list(read(tdmrep.SIGNAL, embedded(given), posture).statements)
    headers = tuple((key, value) for key, value in given.get("headers", ()))
    statements += tdmrep.read_headers(headers, Source(given.get("url", ""), "header"), listener(posture)).statements
    for rule in given.get("tdmrep_json", ()):
        fields = (("tdm-reservation", str(rule["tdm-reservation"])),)
        statements += tdmrep.read_headers(fields, Source("", "header"), listener(posture)).statements
    settled = tdmrep.settle(tuple(statements), posture)
    said = {statement.stance for statement in settled}
    if want.get("action") == "hold":
        assert said == {Stance.UNDETERMINED}
    elif want["reserved"] is None:
        assert said <= {Stance.UNSTATED}
    else:
        assert said == {Stance.RESERVED if want["reserved"] else Stance.PERMITTED}
        assert settled[0].policy_url == want["policy"]
