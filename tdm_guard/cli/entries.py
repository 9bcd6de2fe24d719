"""`repertoire list` and `show`: declarations as people read them, one in short or whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from tdm_guard.holdings import BUNDLED, EVERY, bundled, load
from tdm_guard.repertoire.provenance import NO_ADDRESS
from tdm_guard.reports.worklist_page import umbrella

if TYPE_CHECKING:
    from tdm_guard.repertoire.declaration import Declaration

_WIDTH = 14


def in_short() -> Iterator[str]:
    """The bundled set, some lines each."""
    for each in load([f"{BUNDLED}{EVERY}"]).declarations:
        yield f"{BUNDLED}{each.id}"
        yield from _rows(
            ("declarant", each.declarant.name),
            ("on behalf of", each.on_behalf_of or "itself"),
            ("mandate", _mandate(each)),
            *_in_force(each),
            ("form", each.form),
            ("usages", umbrella(each.usages)),
            ("words", _words(each)),
            ("matched by", _keys(each)),
            ("source", _document(each)),
            ("known", each.source.standing),
            ("ask", _asked(each)),
        )


def whole(names: Iterable[str]) -> Iterator[str]:
    """All that the declarations in files, or bundled entries by their ids, say; doubts and gaps last."""
    known = bundled()
    for each in load([f"{BUNDLED}{name}" if name in known else name for name in names]).declarations:
        yield f"{each.id}, version {each.version or 'not said'}"
        yield from _rows(
            ("declarant", ", ".join(filter(None, (each.declarant.name, each.declarant.type)))),
            ("on behalf of", each.on_behalf_of),
            ("mandate", _mandate(each)),
            ("", each.mandate.note),
            ("", each.mandate.source and f"({each.mandate.source})"),
            ("rights", ", ".join(each.rights)),
            ("work types", ", ".join(each.work_types) or "every"),
            ("usages", umbrella(each.usages)),
            ("words", _words(each)),
            ("addressed to", each.addressees),
            *(("leaves free", text) for text in each.exceptions),
            ("territory", ", ".join(each.territory)),
            ("legal basis", ", ".join(each.legal_basis)),
            *_in_force(each),
            ("form", each.form),
            ("matched by", _keys(each)),
            ("excludes", "; ".join(f"{key} {', '.join(values)}" for key, values in each.excludes.items())),
            ("source", _document(each)),
            ("known", each.source.standing),
            *(("see", text) for text in each.source.see),
            ("licence", "on offer" if each.licence.available else "not said to be on offer"),
            ("ask", _asked(each)),
            ("entered by", each.entered_by),
            ("reviewed by", each.reviewed_by),
            ("look again", f"by {each.expires_review_at}" if each.expires_review_at else None),
        )
        for title in ("certain", "uncertain", "missing"):
            if lines := getattr(each.notes, title):
                yield f"  {title}:"
                yield from (f"    * {line}" for line in lines)


def _rows(*rows: tuple[str, str | None]) -> Iterator[str]:
    for name, value in rows:
        if value:
            yield f"  {name + ':' if name else '':<{_WIDTH}}{value}"


def _mandate(each: Declaration) -> str:
    return f"{each.mandate.status}, {each.mandate.basis}"


def _in_force(each: Declaration) -> Iterator[tuple[str, str]]:
    day = each.effective_from or each.declared_at
    yield "since", str(day) if day else "day unknown, so that it reaches every copy"
    if each.withdrawn_at:
        yield "until", str(each.withdrawn_at)


def _words(each: Declaration) -> str:
    return f"“{each.wording}”" if each.wording else each.source.unquoted.strip("[]")


def _keys(each: Declaration) -> str:
    keys = "; ".join(f"{key} {', '.join(values)}" for key, values in each.match.items())
    return keys or "nothing, unless a list is loaded"


def _document(each: Declaration) -> str:
    source = each.source
    return ", ".join(filter(None, (source.title, source.date, source.language, source.address)))


def _asked(each: Declaration) -> str:
    licence = each.licence
    return ", ".join(filter(None, (licence.url, licence.email))) or licence.yours or NO_ADDRESS
