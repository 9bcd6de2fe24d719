"""The list of whom to ask, as text for people, as a table and as JSON. Strangers' words: see `reports.spelling`."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from tdm_guard.plain import printable
from tdm_guard.repertoire.provenance import NO_ADDRESS
from tdm_guard.reports.spelling import csv_line, json_text, number_of
from tdm_guard.reports.styles import WORKLIST
from tdm_guard.reports.worklist import OTHER, Ask, Sample, Worklist
from tdm_guard.usage import TDM

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FORMATS = WORKLIST
SHOWN = 50  # of a page that people read; csv and json have all that were counted
_TDM = {usage.value for usage in TDM}
_UNITS = ("bytes", "kB", "MB", "GB", "TB")
_COLUMNS = tuple(item.name for item in fields(Ask))


def render(found: Worklist, style: str, *, forgotten: int = 0) -> Iterator[str]:
    """The list as `text`, `csv` (one row for each to ask, then what no licence helps) or `json`, in pieces."""
    if style == "csv":
        return _csv(found)
    return _json(found, forgotten) if style == "json" else _text(found, forgotten)


def _text(found: Worklist, forgotten: int) -> Iterator[str]:
    asks = found.by_size
    items = f"{number_of(found.items, 'item')} withheld for want of {number_of(len(asks), 'licence')}"
    unknown = f"of {number_of(forgotten, 'decision')} forgotten that is not known" if forgotten else ""
    if asks:
        yield f"{items}; {unknown}.\n" if unknown else f"{items}\n"
    else:
        yield f"No item that is known wants a licence; {unknown}.\n" if unknown else "No item wants a licence.\n"
    for number, ask in enumerate(asks[:SHOWN], 1):
        yield "".join(f"{printable(line)}\n" for line in ("", f"{number}. {_title(ask)}", *_lines(ask)))
    if len(asks) > SHOWN:
        yield f"\n{len(asks) - SHOWN:,} more to ask: --format csv\n"
    rest = [f"{printable(line)}\n" for line in _rest(found)]
    yield "".join(["\n", *rest]) if rest else ""


def _title(ask: Ask) -> str:
    return {
        "policy": f"Whoever is behind the policy {ask.name}",
        "declaration": f"Whoever declared {ask.name}",
        OTHER.kind: "Others, counted together",
    }.get(ask.kind, ask.name)


def _lines(ask: Ask) -> Iterator[str]:
    size = f", {_size(ask.bytes)}" if ask.sized else ""
    known = f" (size known of {ask.sized:,})" if 0 < ask.sized < ask.items else ""
    yield f"   {number_of(ask.items, 'item')}{size}{known}, {_days(ask.first, ask.last)}"
    if ask.review:
        yield f"   in review: {ask.review:,}, for which a person must decide first; see tdm-guard review"
    if ask.shared:
        yield f"   in need of other licences too: {ask.shared:,}"
    if ask.stored:
        yield f"   stored all the same, as mode was observe: {ask.stored:,}"
    for title, values in (
        ("ask", ask.contacts or filter(None, [_nobody(ask)])),
        ("policy", ask.policies if ask.kind != "policy" or len(ask.policies) > 1 else ()),
        ("terms", ask.terms),
        ("reserves", [umbrella(ask.usages)] if ask.usages else ()),
        ("heard by", [", ".join(ask.signals)] if ask.signals else ()),
        ("declared as", ask.declarations if ask.kind != "declaration" else ()),
        ("in", ask.documents),
        ("words", [f"“{words}”" for words in ask.words]),
        ("on", ask.origins if ask.kind != "site" else ()),
    ):
        for value in values:
            yield f"   {title}: {value}"
    for sample in ask.samples:
        yield f"   for example {_sample(sample)}"


def _nobody(ask: Ask) -> str:
    """Where whoever declared names no address: that, and whom the operator knows."""
    unknown = bool(ask.declarations) and not ask.addressed
    yours = f"yours: {'; '.join(ask.yours)}" if ask.yours else "--contacts FILE takes yours" if unknown else ""
    return "; ".join(filter(None, (NO_ADDRESS if unknown else "", yours)))


def whom(ask: Ask) -> str:
    """Whom to ask, in one line; empty if nobody is known and no declaration wants one."""
    return ", ".join((*ask.contacts, *ask.policies)) or _nobody(ask)


def _rest(found: Worklist) -> Iterator[str]:
    if found.refused:
        sites = ", ".join(found.refusing)
        yield f"Refused to crawlers by robots.txt: {number_of(found.refused, 'item')}, for example on {sites}."
        yield "A licence to mine gives no access; an authorisation of the site with access = true does."
    if found.doubtful:
        yield f"In doubt for a code of your own: {number_of(found.doubtful, 'item')}; tdm-guard review lists them."
    if found.undetermined:
        yield f"Undetermined: {number_of(found.undetermined, 'item')}; tdm-guard recheck --undetermined lists them."
    if found.exempt:
        items = number_of(found.exempt, "item")
        yield f"Exempt under a claim to Art. 3: {items}, which would be withheld without it; see tdm-guard report."
    if found.excluded:
        items = number_of(found.excluded, "item")
        yield f"On sites that a list excludes: {items}, which nobody is asked for; see tdm-guard report."
    if found.unexplained:
        yield f"Withheld by records that name no reason: {number_of(found.unexplained, 'item')}."


def _csv(found: Worklist) -> Iterator[str]:
    yield csv_line(_COLUMNS)
    for ask in found.by_size:
        yield csv_line([_cell(value) for value in _values(ask).values()])
    for kind, count in _counts(found).items():
        if count:
            yield csv_line([kind, "", count, *[""] * (len(_COLUMNS) - 3)])


def _json(found: Worklist, forgotten: int) -> Iterator[str]:
    page = {
        **({"forgotten": forgotten} if forgotten else {}),
        "items": found.items,
        "asks": [{**_values(ask), "samples": [sample._asdict() for sample in ask.samples]} for ask in found.by_size],
        **_counts(found),
        "refusing": list(found.refusing),
    }
    yield json_text(page, indent=2) + "\n"


def _counts(found: Worklist) -> dict[str, int]:
    doubtful = {"doubtful": found.doubtful} if found.doubtful else {}
    exempt = {"exempt": found.exempt} if found.exempt else {}
    excluded = {"excluded": found.excluded} if found.excluded else {}
    return {
        "refused": found.refused,
        "undetermined": found.undetermined,
        **doubtful,
        "unexplained": found.unexplained,
        **exempt,
        **excluded,
    }


def _values(ask: Ask) -> dict[str, Any]:
    """The members in the order of the columns; a size that nothing is known of is null."""
    values = {name: list(value) if isinstance(value, dict) else value for name, value in asdict(ask).items()}
    return {**values, "bytes": ask.bytes if ask.sized else None, "samples": ask.samples}


def _cell(value: Any) -> str | int:
    if isinstance(value, list):
        return " | ".join(_sample(item) if isinstance(item, Sample) else item for item in value)
    return "" if value is None else value


def _sample(sample: Sample) -> str:
    return f"{sample.url} (needs {sample.licences} licences)" if sample.licences > 1 else sample.url


def umbrella(usages: Iterable[str]) -> str:
    """Usages for people: all that `tdm` stands for by that name."""
    named = dict.fromkeys(usages)
    if named.keys() >= _TDM:
        named = dict.fromkeys(["tdm", *(usage for usage in named if usage not in _TDM)])
    return ", ".join(named)


def _days(first: str | None, last: str | None) -> str:
    if not first or not last:
        return "at a time unknown"
    return f"on {first[:10]}" if first[:10] == last[:10] else f"from {first[:10]} to {last[:10]}"


def _size(size: float) -> str:
    unit = 0
    while size >= 1000 and unit < len(_UNITS) - 1:
        size, unit = size / 1000, unit + 1
    return f"{size:.0f} {_UNITS[unit]}" if unit == 0 else f"{size:.1f} {_UNITS[unit]}"
