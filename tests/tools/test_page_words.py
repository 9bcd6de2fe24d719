"""The page of what is read in pages: the readers' own words."""

from __future__ import annotations

from tdm_guard.formats.page.html_words import MARKED
from tdm_guard.formats.page.page_items import WORDS
from tests.support.pages import rows
from tools import page_words


def test_the_page_is_what_the_readers_say() -> None:
    """`python -m tools.page_words` writes it."""
    assert page_words.PAGE.read_text(encoding="utf-8") == page_words.page()


def test_every_tag_on_the_page_comes_to_something() -> None:
    told = {row.head: row.cells for row in rows(page_words.PAGE.read_text(encoding="utf-8"))}
    assert [name for name, _ in page_words.DESCRIBING if not "".join(told[f"`{name}`"])] == []
    verdicts = {tag: told[f"`{tag}`"][0] for tag in page_words.RESERVING}
    assert [tag for tag, words in verdicts.items() if not words.startswith(("reserved", "undetermined"))] == [
        '<meta name="robots" content="noimageai">'
    ]


def test_every_kind_of_tag_that_is_looked_at_has_an_example() -> None:
    """But for JSON-LD, and names that differ by a letter in front."""
    names = [name.lower() for name, _ in page_words.DESCRIBING]
    missing = {word for word in WORDS if not any(word.strip(MARKED).replace(":", "") in name for name in names)}
    assert missing <= {"ld+json", "citation_eissn", "citation_pissn", ":iswc", ":issn", ":upc", ":gtin"}
