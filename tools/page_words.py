"""
Writes docs/page-words.md: which words of schema.org and which meta tags are read, as the readers have them.

    python -m tools.page_words

What stands in tables of the sources is taken from there; of meta tags, which are read by pattern, examples are given to
the readers and what they make of them is written down. A test holds the page against both.
"""

from __future__ import annotations

import html
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from tdm_guard import Fetched, Judge
from tdm_guard.formats.page.html import read_page
from tdm_guard.formats.page.html_words import MARKED
from tdm_guard.formats.page.page_images import PICTURE_TAGS
from tdm_guard.formats.page.page_items import WORDS, page_items
from tdm_guard.formats.page.schema_words import (
    LISTS,
    MENTIONS,
    PAGES,
    PARTIES,
    PARTS,
    PARTS_OF_PAGES,
    SURROUNDINGS,
    WHOLES,
    WORKS,
)
from tdm_guard.formats.page.work_codes import SCHEMES
from tdm_guard.model import Source
from tools.wrapped import wrapped

T = TypeVar("T")
PAGE = Path(__file__).parents[1] / "docs" / "page-words.md"
SOURCE = Source("https://site.example/", "html")
NOW = datetime(2026, 11, 28, tzinfo=UTC)
SILENT = {path: Fetched(status=404) for path in ("/robots.txt", "/.well-known/tdmrep.json")}
ASIDE = {  # what is said of a tag beside its verdict
    "noimageai": "; its pictures are judged when they are asked for",
    "rsl+xml": " until that document is read, which says what is reserved",
}
DESCRIBING = (  # a name, and a value such as real pages have
    ("citation_title", "A title"),
    ("citation_author", "Marie Exemple"),
    ("citation_publisher", "Example Press"),
    ("citation_doi", "10.5555/12345678"),
    ("citation_isbn", "978-3-16-148410-0"),
    ("citation_issn", "2049-3630"),
    ("dc.title", "A title"),
    ("dc.creator", "Marie Exemple"),
    ("dc.contributor", "Marie Exemple"),
    ("dcterms.rightsHolder", "Marie Exemple"),
    ("dc.publisher", "Example Press"),
    ("dc.identifier", "doi:10.5555/12345678"),
    ("dcterms.identifier", "ISWC T-000.000.001-0"),
    ("dcterms.isPartOf", "ISSN 2049-3630"),
    ("dc.type", "Text"),
    ("book:isbn", "978-3-16-148410-0"),
    ("book:author", "Marie Exemple"),
    ("music:isrc", "QMXXX1500001"),
    ("music:musician", "Marie Exemple"),
    ("product:ean", "4006381333931"),
)
RESERVING = (  # what stands in a page and reserves under the default options
    '<meta name="tdm-reservation" content="1">',
    '<meta name="robots" content="noai">',
    '<meta name="robots" content="noimageai">',
    '<meta name="GPTBot" content="noai">',
    '<meta name="content-usage" content="train-ai=n">',
    '<meta name="content-signal" content="ai-train=no">',
    '<meta name="ai-training" content="no">',
    '<meta name="tdm-opt-out" content="1">',
    '<link rel="license" type="application/rsl+xml" href="/license.xml">',
    '<script type="application/c2pa">…</script>',
)
HEAD = """# What is read of a page: schema.org and meta tags

Two things stand in a page: words that **reserve**, and words that **tell which works are on it**, by which
[declarations](repertoires.md#what-is-matched-and-how-surely) are matched. `python -m tools.page_words` writes this page
from the readers, so that it says what they do. [Other carriers](standards.md) have a page of their own.

"""


def page() -> str:
    """The page as it should be."""
    return HEAD + "\n".join([*_reserving(), *_described(), *_schema()]) + "\n"


def _reserving() -> list[str]:
    judge = Judge(agent="ExampleBot")
    lines = [
        "## Tags that reserve",
        "",
        "Each alone, on a site that has no policies, under the default options; a repair is named by its",
        "[code](postures.md). What other values of them come to is told [by standard](standards.md).",
        "",
    ]
    for tag in RESERVING:
        body = f"<html><head>{tag}</head><body>x</body></html>".encode()
        headers = [("content-type", "text/html; charset=utf-8")]
        found = judge.evaluate(SOURCE.url, status=200, headers=headers, body=body, policies=SILENT, now=NOW)
        said = "; ".join(
            _words(signal, repair) for signal, repair in _once((s.signal, s.repair) for s in found.because)
        )
        aside = "".join(words for word, words in ASIDE.items() if word in tag)
        lines.append(wrapped(f"**`{tag}`**: {found.verdict}{f' ({said})' if said else ''}{aside}", "* ", "  "))
    return [*lines, ""]


def _words(signal: str, repair: str | None) -> str:
    return f"signal `{signal}`" + (f", repair `{repair}`" if repair else "")


def _described() -> list[str]:
    lines = [
        "## Meta tags that describe a work",
        "",
        "Dublin Core, Highwire Press and Open Graph. All tags of a page describe the page itself, hence make one item;",
        "the name may stand in `name` or in `property`, in any letters. Each with the [item key](repertoires.md) that",
        "its value becomes:",
        "",
    ]
    lines += [f"* **`{name}`**: {_keys(name, value)}" for name, value in DESCRIBING]
    return [
        *lines,
        "",
        wrapped(
            "`dcterms.` is as `dc.`, `:` as the dot, a code may be named by a qualifier (`dc.identifier.isbn`) or by "
            "`scheme`. Open Graph counts where it gives a code of a work. Tags are looked at where one of these "
            f"stands in them: {_spans([word.strip(MARKED) for word in WORDS])}."
        ),
        "",
        wrapped(
            "Pictures that a page shows are known by `img` and its like, and by the meta tags "
            f"{_spans(sorted(PICTURE_TAGS))}."
        ),
        "",
        "Not read: microdata and RDFa.",
        "",
    ]


def _keys(name: str, value: str) -> str:
    """The keys that a tag's value becomes, beside another one where it says nothing alone."""
    beside = '<meta name="book:isbn" content="978-0-306-40615-7">' if ":" in name else ""
    if name in ("citation_title", "dc.title", "dc.type"):
        beside = '<meta name="dc.publisher" content="x">'
    text = f'<html><head>{beside}<meta name="{name}" content="{html.escape(value)}"></head></html>'
    read = read_page(text.encode(), url=SOURCE.url, json_ld=True)
    kinds = {"dc.type": "type", "citation_title": "title", "dc.title": "title"}
    wanted = {kinds[name]} if name in kinds else set()
    found = [
        key
        for item in page_items(read, SOURCE).items
        for key, each in item.items()
        if key in wanted or (not wanted and value.split(maxsplit=1)[-1].removeprefix("doi:") in str(each))
    ]
    return _spans(found)


def _schema() -> list[str]:
    lines = [
        "## schema.org, in JSON-LD",
        "",
        "Types are known by the names of schema.org 29, whatever address stands before them. What bears the code of a",
        "work is one whatever its type.",
        "",
        "### Types of works, by item type",
        "",
    ]
    lines += [_line(kind or "of any type", sorted(types)) for kind, types in WORKS.items()]
    lines += ["", "### Pages, lists and surroundings", ""]
    lines += [
        _line("pages", sorted(PAGES)),
        _line("lists, whose entries are looked at", sorted(LISTS)),
        _line("no works", sorted(SURROUNDINGS)),
    ]
    lines += ["", "### Properties that lead to works", ""]
    lines += [
        _line("what a work is made of, or lists", sorted(PARTS)),
        _line("of a page also", sorted(PARTS_OF_PAGES.keys() - PARTS.keys())),
        _line("what it is part of, which lends its codes, publisher and label", sorted(WHOLES)),
        _line("mentioned only, and not followed", sorted(MENTIONS - (PARTS_OF_PAGES.keys() - PARTS.keys()))),
    ]
    lines += ["", "### Properties that name people and firms, by item key", ""]
    lines += [_line(key, sorted(n for n, k in PARTIES.items() if k == key)) for key in sorted(set(PARTIES.values()))]
    lines += ["", "### Properties and schemes that hold codes, by item key", ""]
    lines += [
        "As the name of a property (`isbn`), as the `propertyID` or `name` of a PropertyValue, as a prefix",
        "(`urn:isbn:`); signs and blanks in them do not count. Names such as `p212` are those of Wikidata.",
        "",
    ]
    lines += [_line(key, [n for n, k in SCHEMES.items() if k == key]) for key in dict.fromkeys(SCHEMES.values())]
    return lines


def _line(head: str, words: Iterable[str]) -> str:
    return wrapped(f"**{head}**: {_spans(words)}", "* ", "  ")


def _spans(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in _once(words))


def _once(values: Iterable[T]) -> list[T]:
    return list(dict.fromkeys(values))


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
