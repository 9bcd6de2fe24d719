"""
A block for a dataset card: Croissant 1.1 with the vocabulary for responsible AI 1.0, about a file of preferences.

A site's wish is no licence: what sites said stands in the file that `usageInfo` names, `license` is the operator's.
schema.org is written with https: with http, as the text of the format prints it, its validator takes no data set for
one. The context is written out, since there is no file of it to load.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urljoin

from tdm_guard.reports.templates.filled import USAGE_WORDS
from tdm_guard.reports.templates.form import operator
from tdm_guard.usage import EVERY, Usage

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_RUNS = 100  # named as what the data set was made by
CONFORMS_TO = ("http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0")
CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "prov": "http://www.w3.org/ns/prov#",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
_COLUMNS = {
    "url": ("sc:URL", "address of the content"),
    "content_sha256": ("sc:Text", "SHA-256 of the body as received"),
    "media_type": ("sc:Text", "media type of the answer"),
    "ts": ("sc:DateTime", "when it was decided that it may be stored"),
    "verdict": ("sc:Text", "what the decision came to, for the usages that the content was collected for"),
    "decision": ("sc:Text", "name of the decision in the compliance log"),
}
_SUFFIXES = {".parquet": "application/x-parquet"}
_LINES = "application/jsonlines"


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What the operator says of the data set, and the file of preferences by its name and digest."""

    data: str
    sha256: str
    name: str
    published: str
    url: str | None = None
    licence: str | None = None
    creator: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Crawled:
    """What the logs say of how it was collected."""

    agents: Sequence[str]
    runs: Sequence[str]
    decisions: int
    withheld: int
    stored: int
    first: str | None
    last: str | None
    observed: bool


def croissant(card: Card, crawled: Crawled) -> dict[str, Any]:
    """The block, in JSON's own types. What only the operator knows and did not say is a blank that is named."""
    name = quote(card.data)
    who = ", ".join(crawled.agents) or "a crawler"
    kind = next((kind for suffix, kind in _SUFFIXES.items() if card.data.endswith(suffix)), _LINES)
    observed = " Runs in observe mode withheld nothing." if crawled.observed else ""
    block = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "name": card.name,
        "description": "Addresses of what was collected, with what was said of each use: stances, words and dates.",
        "conformsTo": list(CONFORMS_TO),
        "url": card.url or operator("address of the data set"),
        "license": card.licence or operator("terms of the data set; what sites said is no licence"),
        "creator": {"@type": "sc:Organization", "name": card.creator or operator("who made the data set")},
        "datePublished": card.published,
        "version": "1.0.0",
        "usageInfo": urljoin(card.url, name) if card.url else name,
        "rai:dataCollection": f"Crawled by {who}. Reservations of rights were read before anything was stored: "
        f"{crawled.withheld} of {crawled.decisions} decisions withheld content, {crawled.stored} stored it.{observed}",
        "rai:dataCollectionType": ["Web Scraping"],
        "rai:dataCollectionMissingData": "Content that was reserved, or of which that could not be found out, is "
        "missing unless a run was in observe mode.",
        "prov:wasGeneratedBy": [
            {"@type": "prov:Activity", "prov:label": f"web crawl, run {run}"} for run in crawled.runs[:MAX_RUNS]
        ],
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": card.data,
                "name": card.data,
                "contentUrl": name,
                "encodingFormat": kind,
                "sha256": card.sha256,
            }
        ],
        "recordSet": [
            {
                "@type": "cr:RecordSet",
                "@id": "preferences",
                "name": "preferences",
                "description": "A row for each content, with the stance on each usage; the file has all that was said.",
                "field": [
                    *(_field(card.data, column, column, *about) for column, about in _COLUMNS.items()),
                    *(_stance(card.data, usage) for usage in EVERY),
                ],
            }
        ],
    }
    if crawled.first and crawled.last:
        block["rai:dataCollectionTimeframe"] = [crawled.first, crawled.last]
    return block


def blanks(block: dict[str, Any]) -> list[str]:
    """What is left to the operator."""
    found = [name for name in ("url", "license") if str(block[name]).startswith("operator: ")]
    return found + (["creator"] if str(block["creator"]["name"]).startswith("operator: ") else [])


def _stance(data: str, usage: Usage) -> dict[str, Any]:
    """The column of a usage, which is a member of an object in the file."""
    field = _field(data, usage.value, "usages", "sc:Text", f"what was said of {USAGE_WORDS[usage.value]}")
    field["source"]["transform"] = {"jsonPath": f"$.{usage.value}"}
    return field


def _field(data: str, name: str, column: str, kind: str, about: str) -> dict[str, Any]:
    return {
        "@type": "cr:Field",
        "@id": f"preferences/{name}",
        "name": name,
        "description": about,
        "dataType": kind,
        "source": {"fileObject": {"@id": data}, "extract": {"column": column}},
    }
