"""What the fuzzer of the readers begins with: the vectors, the corpus, the sample web, and some of its own."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from tdm_guard.testing.files import jpeg, xmp
from tdm_guard.testing.manifest import manifest_store
from tdm_guard.testing.sample import SITES
from tdm_guard.testing.site import Answer
from tests.support import documents, rights

SMALL = 4_000  # bytes: a million of longer ones would take hours
_TESTS = Path(__file__).parents[1]
_RSL = "https://rslstandard.org/rsl"


@cache
def _vectors() -> tuple[tuple[str, Any], ...]:
    """Every value in the vectors, with the member that it stands under."""
    found: list[tuple[str, Any]] = []

    def walk(value: Any, name: str) -> None:
        found.append((name, value))
        for key, inner in value.items() if isinstance(value, dict) else ((name, item) for item in value):
            if isinstance(inner, str | dict | list):
                walk(inner, key) if not isinstance(inner, str) else found.append((key, inner))

    for path in sorted((_TESTS / "vectors").glob("*.json")):
        walk(json.loads(path.read_text("utf-8")), path.stem)
    return tuple(found)


@cache
def _answers() -> tuple[tuple[str, str, bytes], ...]:
    """The answers of the sample web: path, content type, body."""
    return tuple(
        (path, answer.header("content-type") or "", answer.body)
        for site in SITES
        for path, answer in site.pages.items()
        if isinstance(answer, Answer) and isinstance(answer.body, bytes) and answer.status == 200
    )


def _texts(*names: str) -> Iterator[bytes]:
    """The texts that stand under one of these members in the vectors; other JSON is written out."""
    for name, value in _vectors():
        if name in names and value:
            yield (value if isinstance(value, str) else json.dumps(value)).encode("utf-8", "surrogatepass")


def _served(*ends: str, kind: str = "") -> Iterator[bytes]:
    return (body for path, said, body in _answers() if path.endswith(ends) and kind in said)


def _small(seeds: Iterator[bytes]) -> list[bytes]:
    return sorted({seed for seed in seeds if 0 < len(seed) <= SMALL})


def robots() -> list[bytes]:
    def found() -> Iterator[bytes]:
        yield from (path.read_bytes() for path in sorted((_TESTS / "corpus" / "robots").glob("*.txt")))
        yield from _texts("robots_txt")
        yield from _served("/robots.txt")
        yield (
            b"License: https://site.example/l.xml\n\nUser-agent: *\nContent-Signal: ai-train=yes, search=yes\n"
            b"Content-Usage: /a train-ai=n\nAI-Training: disallowed\nAllow: /\n\nUser-agent: AI-Training\nDisallow: /\n"
        )
        yield (
            b"User-agent: GPTBot\nUser-agent: ExampleBot\nDisallow: /a*$\nCrawl-delay: 3\n\nUser-agent: *\n"
            b"DisallowAITraining: /\nProhibits: ai-training\nStandard: cc\nTDM-Reservation: 1\nX-Robots-Tag: noai\n"
        )

    return _small(found())


def ai_txt() -> list[bytes]:
    def found() -> Iterator[bytes]:
        yield from _texts("ai_txt")
        yield from _served("/ai.txt")
        yield b"User-Agent: *\nDisallow: *.jpg\nAllow: *.txt\nAI-Training: no\nTraining-Deny: /a\nTraining-Allow: /b\n"
        yield b"Training: deny\nAgent: *\n  Training-Deny: /\nPermission: deny-training\n"

    return _small(found())


def trust_txt() -> list[bytes]:
    def found() -> Iterator[bytes]:
        yield from _texts("trust_txt")
        yield from _served("/trust.txt")
        yield b"# trust\nmember=https://a.example/\ndatatrainingallowed=no\ncontact=mailto:a@b.example\n"
        yield b"datatrainingallowed=yes\nbelongto=https://c.example/\naitraining=no\nvendor=https://d.example/\n"
        yield b"control=https://a.example/\n\n#datatrainingallowed=yes\nDataTrainingAllowed = No\n"
        yield b"datatrainingallowed=no\ndatatrainingallowed=yes\ncustomer=https://e.example/\n"
        yield b"datatrainingallowed=no, unless licensed\nTraining: prohibited\nsocial=https://f.example/@a\n"

    return _small(found())


def tdmrep() -> list[bytes]:
    def found() -> Iterator[bytes]:
        yield from _texts("tdmrep_json", "tdmrep_body")
        yield from _served("/tdmrep.json")
        yield b'[{"location": "/a/*", "tdm-reservation": 1, "policy": "/p"}, {"location": "/", "tdm-reservation": 0}]'
        yield b'{"rules": {"/a/*": {"tdm-reservation": 1, "ai-training": "prohibited"}}, "version": 1}'
        yield b'{"tdmrep": [{"paths": ["/a", "*.jpg$"], "tdm_reservation": "1", "policy": "https://x.example/p"}],}'

    return _small(found())


def rsl() -> list[bytes]:
    def found() -> Iterator[bytes]:
        yield from _texts("xml", "rss")
        yield from (body for _, _, body in _answers() if _RSL.encode() in body and body.lstrip()[:1] == b"<")
        inside = (
            '<license><permits type="usage">all</permits><prohibits type="geo">EU</prohibits>'
            '<payment type="purchase"><custom>https://x.example/</custom><amount currency="USD">9</amount></payment>'
            '</license><copyright type="organization" contactEmail="a@b.example">A</copyright><x:forbids>ai</x:forbids>'
        )
        yield f'<rsl xmlns="{_RSL}" xmlns:x="urn:x"><content url="/a/*" server="https://x.example">{inside}</content></rsl>'.encode()
        yield (
            f'<feed xmlns="http://www.w3.org/2005/Atom" xmlns:r="{_RSL}"><entry><id>https://site.example/a</id>'
            f'<r:content url="https://site.example/a"><r:license><r:prohibits type="usage">ai-train</r:prohibits>'
            f"</r:license></r:content></entry></feed>"
        ).encode()
        yield from (value.encode() for value in vars(rights).values() if isinstance(value, str) and "<rsl" in value)

    return _small(found())


def html() -> list[bytes]:
    def found() -> Iterator[bytes]:
        yield from _texts("html")
        yield from (body for _, kind, body in _answers() if "html" in kind)
        yield (
            "<!doctype html><html><head><base href='/x/'><meta name=“robots” content=“noai, noimageai”>"
            '<meta http-equiv="Content-Usage" content="train-ai=n"><meta name="tdm-reservation" content="1">'
            '<meta name="content-signal" content="search=yes, ai-train=no"><link rel="c2pa-manifest" href="/a.c2pa">'
            f'<script type="application/rsl+xml"><rsl xmlns="{_RSL}"><content url=""><license>'
            '<prohibits type="usage">ai-all</prohibits></license></content></rsl></script></head><body>'
            '<svg><title><meta name="robots" content="noai"></title></svg><template><meta name="noml"></template>'
        ).encode()
        yield (
            b'<!DOCTYPE html [<!ENTITY r "1">]><h:html xmlns:h="http://www.w3.org/1999/xhtml"><h:head>'
            b'<h:meta name="tdm-reservation" content="&r;"/><h:link rel="license" type="application/rsl+xml" href="l"/>'
            b"</h:head><h:body><![CDATA[<meta>]]></h:body></h:html>"
        )
        store = base64.b64encode(b"\0\0\0\x08jumb").decode()
        yield f'<script type="application/c2pa">{store}</script><textarea><meta name="robots" content="noai">'.encode()

    return _small(found())


def packets() -> list[bytes]:
    def found() -> Iterator[bytes]:
        yield from (text for text in _texts("input", "xmp", "xmp_pdf") if b"rdf:RDF" in text)
        yield from (documents.xmp(), documents.tdm_xmp())
        yield xmp({"plus:DataMining": "http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED", "tdm:reservation": "1"})
        inside = (
            '<plus:Licensor><rdf:Seq><rdf:li rdf:parseType="Resource"><plus:LicensorName>A</plus:LicensorName>'
            "</rdf:li></rdf:Seq></plus:Licensor><dcterms:provenance xmlns:dcterms='http://purl.org/dc/terms/'>"
            f"https://x.example/m.c2pa</dcterms:provenance><rsl xmlns='{_RSL}'><content url=''><license><prohibits "
            "type='usage'>ai-all</prohibits></license></content></rsl><dc:identifier>ISRC QMXX12300001</dc:identifier>"
        )
        yield xmp({"tdm:policy": "https://x.example/p"}, inside)
        yield xmp({"plus:DataMining": "DMI-PROHIBITED-EXCEPTSEARCHENGINEINDEXING"}).decode().encode("utf-16")

    return _small(found())


def reports() -> list[bytes]:
    def found() -> Iterator[bytes]:
        yield from (json.dumps(value).encode() for _, value in _vectors() if _is_report(value))
        entries: Mapping[str, Any] = {"cawg.ai_training": {"use": "constrained", "constraint_info": "ask"}}
        parent = {"assertions": [{"label": "c2pa.training-mining", "data": {"entries": [{"use": "notAllowed"}]}}]}
        near = {"label": "org.cawg.training-mining__1", "data": {"cawg.ai_train": {"use": "notAllowed"}}}
        ingredients = [{"active_manifest": "p", "relationship": "parentOf"}, {"active_manifest": "m"}]
        active = {"assertions": [{"label": "cawg.training-mining", "data": {"entries": entries}}, near]}
        yield json.dumps(
            {
                "active_manifest": "m",
                "validation_state": "Invalid",
                "validation_status": [{"code": "assertion.dataHash.mismatch", "url": "self#jumbf=/c2pa/m"}],
                "manifests": {"m": {**active, "ingredients": ingredients}, "p": parent},
            }
        ).encode()
        yield b'{"error": "Remote", "message": "must fetch https://x.example/m.c2pa", "url": "https://x.example/m.c2pa"}'

    return _small(found())


def _is_report(value: Any) -> bool:
    return isinstance(value, dict) and "manifests" in value


def stores() -> list[bytes]:
    """Manifest stores by themselves, in a picture, and in text, where they stand unseen or in armour."""
    store = manifest_store({"cawg.ai_training": "notAllowed", "cawg.data_mining": "allowed"})
    short = b"\0\0\0\x10jumb\0\0\0\x08jumd"
    wrapped = b"C2PATXT\0\x01" + len(short).to_bytes(4, "big") + short
    unseen = "".join(chr(0xFE00 + byte if byte < 16 else 0xE0100 + byte - 16) for byte in wrapped)
    armour = "# -----BEGIN C2PA MANIFEST-----\n# {}\n# -----END C2PA MANIFEST-----\n"
    return [
        store,
        short,
        jpeg(b"mark", None, store),
        f"Words.\ufeff{unseen} More words.".encode(),
        armour.format(base64.b64encode(short).decode()).encode(),
        armour.format("https://x.example/m.c2pa").encode(),
        b"WEBVTT\n\n00:01.000 --> 00:02.000\n" + armour.format("data:application/c2pa;base64,AAAA").encode(),
    ]


def json_ld() -> list[bytes]:
    def found() -> Iterator[bytes]:
        for body in [*_texts("html"), *(body for _, kind, body in _answers() if "html" in kind)]:
            for part in body.split(b"ld+json")[1:]:
                yield part.partition(b">")[2].partition(b"</script")[0]
        person = {"@type": "Person", "name": "Ana Foto", "identifier": {"propertyID": "IPI", "value": "00000000199"}}
        composition = {"@type": "MusicComposition", "iswcCode": "T-000.000.001-0", "composer": [person, "Lou Parole"]}
        recording = {
            "@type": "MusicRecording",
            "isrcCode": "QM-XX1-23-00001 / QMXX12300002",
            "recordingOf": composition,
        }
        album = {"@type": ["MusicAlbum", "Product"], "name": "Nuit d'essai", "gtin13": "4006381333931", "track": {}}
        album["track"] = {"@type": "ItemList", "itemListElement": [{"@type": "ListItem", "item": recording}]}
        yield json.dumps({"@context": "https://schema.org", **album}).encode()
        yield json.dumps(
            {"@context": {"s": "http://schema.org/"}, "@graph": [{"@id": "#a", "@type": "s:Book"}]}
        ).encode()
        yield json.dumps(
            {"@type": "Book", "isbn": ["9780000000019", "9780000000026"], "author": {"@id": "#b"}}
        ).encode()
        yield b'<!-- // c\n{\'@type\': \'Article\', /* x */ "author": {"name": "A\nB\\\'s",}, "doi": "10.1000/1",} -->'
        yield b'//<![CDATA[\n[{"@type": "Photograph", "copyrightHolder": {"@type": "Person", "name": "A"},}]\n//]]>'
        yield b'{"@type": "Periodical", "issn": "0000-0019, 2049-3630", "hasPart": [{"@type": "Article"}]};'
        yield (
            b'[{"@context": "https://schema.org", "@type": "NewsArticle", "name": "A", "creator": ["B", {"name": "C"}],'
            b' "publisher": {"@type": "Organization", "name": "D"}, "isPartOf": {"@type": "Book", "issn": "0000-0019"},'
            b' "image": {"@type": "ImageObject", "contentUrl": "/a.jpg", "creditText": "E", "copyrightHolder": "F"}}]'
        )
        yield (
            b'{"@context": {"@vocab": "https://schema.org/", "code": {"@id": "isrcCode"}}, "@graph": [{"@id": "#r",'
            b' "@type": "MusicRecording", "code": "QMXX12300001", "byArtist": {"@id": "#p"}, "inAlbum": {"@id": "#r"}},'
            b' {"@id": "#p", "@type": "MusicGroup", "name": ["G", {"@value": "H", "@language": "fr"}]}]}'
        )
        yield (
            b'{"@type": "https://schema.org/Product", "name": "I", "gtin": "4006381333931;0000-0000", "identifier": ['
            b'{"@type": "PropertyValue", "propertyID": "ISBN", "value": 9780000000019}, "doi:10.1000/1", "urn:isbn:1"],'
            b' "workExample": {"@list": [{"@type": "Audiobook", "readBy": {"name": "J"}, "duration": "PT1H"}]}}'
        )
        yield (
            b'{"@type": "Movie", "name": "K", "director": [{"@type": "Person", "name": "L"}], "trailer": {"@type": '
            b'"VideoObject", "name": "M"}, "titleEIDR": "10.5240/0000-0000-0000-0000-0000-X", "musicBy": "N"}'
        )

    return _small(found())
