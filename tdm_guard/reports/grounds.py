"""Tables of what decisions rest on beside what sites reserve: licences, people, declared works, doubts, faults."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tdm_guard.reports.sites import faults_by_site
from tdm_guard.reports.spelling import number_of
from tdm_guard.reports.table import SHOWN, Cell, Table, cut

if TYPE_CHECKING:
    from tdm_guard.reports.summary import Summary

SHOWN_FAULTS = 100  # rows of faults, of which a site may have several
SHOWN_WORKS = 5  # of one declaration


def lifted(summary: Summary) -> Table:
    """Licences."""
    rows, more = cut((*kind, count) for kind, count in summary.reasons.lifted.most_common())
    return Table(
        key="lifted", title="Licences that lifted something", rows=rows, more=more,
        columns=("authorisation", "reservation of", "signal", "decisions"),
        note="Decisions in which an authorisation of the operator's lifted a reservation. That the contract behind it "
        "is valid is the operator's word.",
    )  # fmt: skip


def reviews(summary: Summary) -> Table:
    """What people decided."""
    rows, more = cut(
        (review.outcome, review.about, review.by, review.at, review.why, count)
        for review, count in summary.reasons.reviews.most_common()
    )
    return Table(
        key="reviews", title="Reviews", columns=("outcome", "about", "by", "on", '"why', "decisions"), rows=rows,
        more=more, note="Decisions that follow what a person decided of a doubt: released (it does not apply) or "
        "confirmed (it does).",
    )  # fmt: skip


def exempt(summary: Summary) -> Table:
    """Claims to Art. 3."""
    rows = tuple(
        (*claim, verdict, count)
        for claim, counts in summary.exempted.claims.items()
        for verdict, count in counts.most_common() or [("", 0)]
    )
    return Table(
        key="exempt", title="Claims to Art. 3", rows=rows,
        columns=("attested by", "on", "reference", "verdict without the claim", "decisions"),
        note="Decisions that would withhold, but for the operator's claim to be a research organisation or heritage "
        "institution (Directive (EU) 2019/790, Art. 3). That the claim is right is the operator's word.",
    )  # fmt: skip


def excluded(summary: Summary) -> Table:
    """Sites that a court or an authority found to infringe."""
    found = summary.excluded
    rows, more = cut((name, found.words.get(name, ""), count) for name, count in found.lists.most_common())
    return Table(
        key="excluded", title="Excluded sites", columns=("list", '"words', "decisions"), rows=rows, more=more,
        note="Decisions on sites that a court or an authority found to infringe, by list. This is no reservation of "
        "rights, and no licence lifts it.",
    )  # fmt: skip


def declarations(summary: Summary) -> Table:
    """What was declared, in which words, by what right."""
    works = summary.works
    by_size = sorted(works.declarations.items(), key=lambda item: (-item[1].total(), item[0]))
    rows, more = cut(
        (
            name, counts.total(), ", ".join(f"{count:,} {verdict}" for verdict, count in counts.most_common()),
            works.said[name].words, works.said[name].document, _mandate(summary, name),
        )
        for name, counts in by_size
    )  # fmt: skip
    return Table(
        key="declarations", title="Declarations that were matched", rows=rows, more=more,
        columns=("declaration", "decisions", "by verdict", '"words', "document", "form and mandate"),
        note="Decisions on items in which a work was recognised that somebody declared, also where the reservation was "
        "lifted or released. The mandate is told as it is recorded.",
    )  # fmt: skip


def _mandate(summary: Summary, name: str) -> str:
    mandate = summary.works.mandates.get(name)
    if mandate is None:
        return ""
    told = " ".join(filter(None, (mandate.status, f"({mandate.basis})" if mandate.basis else "")))
    return "; ".join(filter(None, (mandate.form.replace("_", " "), told and f"mandate {told.replace('_', ' ')}")))


def works(summary: Summary) -> Table:
    """Declared works that were recognised."""
    rows: list[tuple[Cell, ...]] = []
    for name, matched in sorted(summary.works.matched.items()):
        rows += [(name, work, count) for work, count in matched.most_common(SHOWN_WORKS)]
        if len(matched) > SHOWN_WORKS:
            rest = matched.most_common()[SHOWN_WORKS:]
            rows.append((name, f"({number_of(len(rest), 'more work')})", sum(count for _, count in rest)))
    shown, more = cut(rows, 2 * SHOWN)
    return Table(
        key="works", title="Works that were recognised", rows=shown, more=more,
        columns=("declaration", "work, by what it was known", "decisions"),
        note="Decisions by the code or name by which a declared work was recognised.",
    )  # fmt: skip


def undetermined(summary: Summary) -> Table:
    """Why something is not known."""
    rows, more = cut(
        (kind.signal, kind.carrier, kind.why, count, summary.reasons.examples.get(kind, ""))
        for kind, count in summary.reasons.unknown.most_common()
    )
    return Table(
        key="undetermined", title="Undetermined, and why", rows=rows, more=more,
        columns=("signal", "where", '"what became of it', "decisions", "for example"),
        note="Decisions with the verdict undetermined, by what had to be read and could not be. One with two reasons "
        "counts under both.",
    )  # fmt: skip


def publishers(summary: Summary) -> Table:
    """What is wrong, by site."""
    rows, more = cut(
        (
            (site, kind.signal, kind.message, faults.decisions, faults.words, next(iter(faults.examples), ""))
            for site, kind, faults in faults_by_site(summary)
        ),
        SHOWN_FAULTS,
    )
    return Table(
        key="publishers", title="Worth telling publishers", rows=rows, more=more,
        columns=("site", "signal", "what is wrong", "decisions", '"words', "where"),
        note="What sites say and their own standard has otherwise, or what could not be had, by registrable "
        "domain: decisions in whose record it stands. A fault of a site's document stands in the record of each page "
        "that it was read for.",
    )  # fmt: skip


def yours(summary: Summary) -> Table:
    """What is wrong in the caller's own items."""
    rows, more = cut(
        (kind.signal, kind.message, faults.decisions, faults.words) for kind, faults in summary.faults.by_size("item")
    )
    return Table(
        key="yours", title="Wrong in what the operator said of works", rows=rows, more=more,
        columns=("signal", "what is wrong", "decisions", '"words'), note="Decisions in whose record it stands.",
    )  # fmt: skip
