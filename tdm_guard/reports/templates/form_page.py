"""
A filled-in template as JSON, markdown, or one page of HTML that needs nothing else.

The words are strangers': see `reports.spelling`. Tables are written row by row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from tdm_guard.reports.spelling import html_text, json_text, markdown_cell, markdown_row
from tdm_guard.reports.templates.form import Blank, Form, Part, Rows
from tdm_guard.reports.wording import POLICY

FORMATS = ("markdown", "json", "html")
SHOWN_ROWS = 1_000  # of a table that people read; json has all
_STYLE = """
body{margin:0 auto;max-width:60rem;padding:1rem;font:1rem/1.5 system-ui,sans-serif;color:#111;background:#fff}
p{overflow-wrap:anywhere}h1{line-height:1.2}h2{border-top:1px solid #767676;padding-top:.75rem;margin-top:2rem}
dt{font-weight:600;margin-top:.75rem}dd{margin:0;overflow-wrap:anywhere}
.blank{border-left:.35rem solid #8a4b00;padding-left:.5rem;font-style:italic}
.remark{border:2px solid #8a0000;padding:.5rem}
.table{overflow-x:auto}table{border-collapse:collapse;margin:.25rem 0}
th,td{border:1px solid #767676;padding:.2rem .5rem;text-align:left;vertical-align:top;overflow-wrap:break-word}
td.n{text-align:right}
@media print{body{max-width:none;padding:0}h2{break-after:avoid}.table{overflow:visible}tr{break-inside:avoid}}
"""


def render(form: Form, style: str) -> Iterator[str]:
    """The form as `markdown`, `json` or `html`, in pieces."""
    return {"markdown": _markdown, "json": _json, "html": _html}[style](form)


def _json(form: Form) -> Iterator[str]:
    head = {
        "template": {"key": form.key, "title": form.title, "number": form.number, "date": form.date},
        "made_at": form.made_at,
        "remarks": list(form.remarks),
        "blanks": form.blanks,
        **form.more,
    }
    yield "{\n" + ",\n".join(f"{json_text(name)}: {json_text(value, indent=2)}" for name, value in head.items())
    for part in form.parts:
        yield f",\n{json_text(part.number)}: {{\n  {json_text('title')}: {json_text(part.title)}"
        for name, value in part.fields.items():
            yield f",\n  {json_text(name)}: "
            yield from _json_value(value)
        if part.notes:
            yield f",\n  {json_text('notes')}: {json_text(list(part.notes))}"
        yield "\n}"
    yield "\n}\n"


def _json_value(value: Any) -> Iterator[str]:
    if isinstance(value, Rows):
        yield "["
        for number, row in enumerate(value.rows()):
            members = dict(zip(value.columns, row, strict=True))
            yield ("," if number else "") + "\n    " + json_text(members)
        yield "]"
    else:
        yield json_text(value)


def _markdown(form: Form) -> Iterator[str]:
    for remark in form.remarks:
        yield f"**{markdown_cell(remark)}**\n\n"
    yield f"# {markdown_cell(form.title)}\n\n"
    yield f"Template: {markdown_cell(form.number)}, {form.date}. Made at {form.made_at}.\n\n"
    yield f"What is marked `operator:` no log can know: {_counted(form)}.\n"
    for part in form.parts:
        yield f"\n## {markdown_cell(part.heading)}\n\n"
        for name, value in part.fields.items():
            yield from _markdown_field(name, value)
        yield from (f"\n{markdown_cell(note)}\n" for note in part.notes)


def _markdown_field(name: str, value: Any) -> Iterator[str]:
    label = f"* **{_label(name)}**: "
    if _is_empty(value):
        yield f"{label}none\n"
    elif isinstance(value, Rows):
        yield f"{label}\n\n"
        yield "".join(f"  {line}\n" for line in (
            markdown_row(*map(_label, value.columns)).rstrip("\n"), f"|{'---|' * len(value.columns)}"
        ))  # fmt: skip
        rows = iter(value.rows())
        yield from (f"  {markdown_row(*map(markdown_cell, map(_text, row)))}" for row in islice(rows, SHOWN_ROWS))
        yield _more("\n  {} more: `--format json`.\n\n", rows) or "\n"
    elif isinstance(value, Blank):
        yield f"{label}*{markdown_cell(value)}*\n"
    elif isinstance(value, Mapping) and value:
        yield f"{label}\n"
        yield from (f"  * {_label(str(key))}: {markdown_cell(_text(each))}\n" for key, each in value.items())
    else:
        yield f"{label}{markdown_cell(_text(value))}\n"


def html_page(title: str, body: Iterable[str]) -> Iterator[str]:
    """A page that asks for nothing and runs nothing, in pieces."""
    yield (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html_text(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
    )
    yield from body
    yield "</main>\n</body>\n</html>\n"


def _html(form: Form) -> Iterator[str]:
    return html_page(form.title, _html_body(form))


def _html_body(form: Form) -> Iterator[str]:
    title = html_text(form.title)
    yield from (f'<p class="remark"><strong>{html_text(remark)}</strong></p>\n' for remark in form.remarks)
    yield f"<h1>{title}</h1>\n<p>Template: {html_text(form.number)}, {html_text(form.date)}. "
    yield f"Made at <time>{html_text(form.made_at)}</time>.</p>\n"
    yield f"<p>What is marked “operator:” no log can know: {html_text(_counted(form))}.</p>\n"
    for part in form.parts:
        yield from html_part(part)


def html_part(part: Part) -> Iterator[str]:
    """A section of a page, its heading of the second level."""
    yield f"<section>\n<h2>{html_text(part.heading)}</h2>\n<dl>\n"
    for name, value in part.fields.items():
        yield f"<dt>{html_text(_label(name))}</dt>\n<dd>"
        yield from _html_value(_label(name), value)
        yield "</dd>\n"
    yield "</dl>\n"
    yield from (f"<p>{html_text(note)}</p>\n" for note in part.notes)
    yield "</section>\n"


def _html_value(label: str, value: Any) -> Iterator[str]:
    if _is_empty(value):
        yield "none"
    elif isinstance(value, Rows):
        yield f'<div class="table" role="region" aria-label="{html_text(label)}" tabindex="0"><table>\n<thead><tr>'
        yield "".join(f'<th scope="col">{html_text(_label(column))}</th>' for column in value.columns)
        yield "</tr></thead>\n<tbody>\n"
        rows = iter(value.rows())
        for row in islice(rows, SHOWN_ROWS):
            yield f"<tr>{''.join(map(_html_cell, row))}</tr>\n"
        yield f"</tbody>\n</table>{_more('<p>{} more: --format json.</p>', rows)}</div>"
    elif isinstance(value, Blank):
        yield f'<span class="blank">{html_text(value)}</span>'
    elif isinstance(value, Mapping) and value:
        items = (f"{_label(str(key))}: {_text(each)}" for key, each in value.items())
        yield f"<ul>{''.join(f'<li>{html_text(item)}</li>' for item in items)}</ul>"
    else:
        yield html_text(_text(value))


def _html_cell(value: Any) -> str:
    number = isinstance(value, int) and not isinstance(value, bool)
    kind = ' class="n"' if number else ""
    return f"<td{kind}>{html_text(_text(value))}</td>"


def _is_empty(value: Any) -> bool:
    return isinstance(value, Rows) and next(iter(value.rows()), None) is None


def _label(name: str) -> str:
    return name.replace("_", " ")


def _text(value: Any) -> str:
    """A value for people."""
    if value is None:
        return "not known"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, Mapping):
        return ", ".join(f"{_label(str(key))} {_text(each)}" for key, each in value.items()) or "none"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_text, value)) or "none"
    return str(value)


def _more(words: str, rows: Iterator[Any]) -> str:
    """What is said of rows that are not shown; empty where there are none."""
    left = sum(1 for _ in rows)
    return words.format(f"{left:,}") if left else ""


def _counted(form: Form) -> str:
    count = len(form.blanks)
    return "1 blank" if count == 1 else f"{count:,} blanks"
