"""The statement of measures as JSON, and as one page of HTML that needs nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from tdm_guard.reports.spelling import html_text, json_text
from tdm_guard.reports.templates.form import Part, Rows
from tdm_guard.reports.templates.form_page import html_page, html_part

if TYPE_CHECKING:
    from tdm_guard.reports.statement.measures_stated import Stated

TITLE = "How reservations of rights are identified and complied with"
_HEADINGS = {
    "operator": "Who collects, and whom to write to",
    "crawlers": "Crawlers",
    "purposes": "What is collected for",
    "robots_txt": "robots.txt",
    "protocols": "Other ways of reserving that are read",
    "compliance": "What a reservation leads to",
    "not_read": "What could not be read, or not understood",
    "declarations": "Declarations over repertoires, excluded sites",
    "retention": "How long records are kept",
    "tool": "Tool",
}


def as_json(stated: Stated) -> str:
    """The statement in JSON."""
    return json_text(stated.to_dict(), indent=2) + "\n"


def as_html(stated: Stated) -> Iterator[str]:
    """The statement as a page, in pieces."""
    return html_page(TITLE, [f"<h1>{html_text(TITLE)}</h1>\n", *html_body(stated)])


def html_body(stated: Stated) -> Iterator[str]:
    """What the page says below its title: an entry of the feed says the same."""
    yield f"<p>As of <time>{html_text(stated.day)}</time>. SHA-256 of what it says: {stated.sha256}</p>\n"
    for name, section in stated.sections.items():
        fields = {key: _for_people(value) for key, value in section.items()}
        yield from html_part(Part("", _HEADINGS[name], fields))


def _for_people(value: Any) -> Any:
    """A list of tables as one table; what is not there, as such."""
    if isinstance(value, list) and value and isinstance(value[0], Mapping):
        columns = tuple(dict.fromkeys(key for each in value for key in each))
        return Rows(columns, lambda: [tuple(each.get(column, "") for column in columns) for each in value])
    return "not said" if value is None else value
