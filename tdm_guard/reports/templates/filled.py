"""Answers that templates have in common: periods, amounts, the tables of domains and of protocols, in words."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tdm_guard.reports.exclusions import although_excluded
from tdm_guard.reports.spelling import number_of
from tdm_guard.reports.templates.collected import CRAWL
from tdm_guard.reports.templates.form import Rows, operator

if TYPE_CHECKING:
    from tdm_guard.reports.templates.collected import Amount, Collected
    from tdm_guard.reports.templates.form import Value
    from tdm_guard.reports.templates.ranking import Ranking
    from tdm_guard.reports.templates.trained import Trained

SHOWN_MEDIA = 100  # media types of a table
SHOWN_HOLDERS = 100  # rightsholders of a table
USAGE_WORDS = {
    "analysis": "automated analysis that neither trains nor feeds a model",
    "nongenai-training": "training of models that do not generate content",
    "genai-training": "training or fine-tuning of models that can generate content",
    "ai-input": "input to a trained model (retrieval, grounding, inference)",
    "ai-index": "an AI system's own index",
    "search": "a search engine that links to the source",
    "archive": "keeping copies for preservation and reading",
}
SUFFIX_NOTE = (
    "A domain name is the registrable domain by the ICANN part of the public suffix list: bbc.co.uk, not co.uk; "
    "github.io, not the pages under it. Addresses, and hosts without such a name, stand apart."
)


def month(stamp: str | None) -> str | None:
    """MM/YYYY of a time in a record."""
    return f"{stamp[5:7]}/{stamp[:4]}" if stamp else None


def period(collected: Collected, archive: int | None) -> Value:
    """From and to, as MM/YYYY, of the content that was handed on."""
    first, last = collected.period(archive)
    return {"from": month(first), "to": month(last)} if first else "none: nothing was collected"


def amounts(found: dict[str, Amount]) -> Rows:
    """A table of amounts by name."""
    return Rows(("name", "items", "bytes", "of_unknown_size"), lambda: [(name, *each) for name, each in found.items()])


def domains(ranking: Ranking, field: str) -> dict[str, Value]:
    """The domain names listed: the joined list under this name, then that of each modality, with its own bytes."""
    columns = ("domain", "items", "bytes")
    tables: dict[str, Value] = {
        f"{field}_of_{word}": Rows(columns, partial(ranking.of, word)) for word in ranking.modalities
    }
    joined = Rows(("domain", "modalities"), lambda: ((each.domain, list(each.modalities)) for each in ranking))
    return {field: joined, **tables}


def hosts(ranking: Ranking) -> Rows:
    """What was collected from hosts that are no domain names."""
    return Rows(("host", "items", "bytes"), ranking.others)


def protocols(collected: Collected) -> Rows:
    """The ways of reserving that were listened to, by version, and what came of them."""
    columns = ("signal", "title", "version", "runs", "withheld", "stored_against", "other_decisions")
    return Rows(columns, lambda: list(collected.measures.protocols()))


def holders(collected: Collected) -> Value:
    """The rightsholders that are named in reasons, by the number of decisions that rest on them."""
    found = collected.measures.holders.most_common(SHOWN_HOLDERS)
    return Rows(("rightsholder", "decisions"), lambda: found) if found else "none is named in the logs"


def purposes(collected: Collected, *, archives: bool | None = None) -> Value:
    """What the runs collected for, in words."""
    named = collected.measures.named("usages", archives=archives)
    return [f"{name}: {USAGE_WORDS.get(name, name)}" for name in named] or operator("purposes of the crawlers")


def remarks(collected: Collected, trained: Trained | None, *, verdicts: str = "") -> tuple[str, ...]:
    """What must be known before anything else: reservations that were passed over, lines that were not read."""
    measures = collected.measures
    found = [verdicts] if verdicts else []
    if measures.observed and not measures.stored:
        found.append("Observe mode: of no decision is it known that it stored content.")
    elif measures.observed:
        found.append(
            f"Observe mode: {measures.against:,} of {number_of(measures.stored, 'decision')} that stored content went "
            "against a reservation, or were made without knowing that there is none; what was stored is counted."
            + although_excluded(measures.stored_excluded)
        )
    if measures.exempt:
        made = number_of(measures.exempt, "decision")
        found.append(f"Art. 3 of Directive (EU) 2019/790 is claimed: {made} would have withheld without the claim.")
    if collected.unread:
        found.append(f"Lines of the logs that are no record: {collected.unread:,}; tdm-guard verify says which.")
    if trained is not None:
        told = trained.told()
        found.append(
            f"Narrowed to what was trained on: {told['matched_nothing']:,} of {number_of(told['lines'], 'line')} "
            f"matched nothing that was stored, of which the logs withheld {told['withheld_in_the_logs']:,} and "
            f"{told['not_understood']:,} could not be understood."
        )
    return tuple(found)


def forgotten(collected: Collected, what: str) -> tuple[str, ...]:
    """A note that some decisions are not in these counts any more."""
    count = collected.measures.forgotten
    return (f"{number_of(count, 'decision')} forgotten: of them {what} cannot be counted any more.",) if count else ()


def mode_words(collected: Collected) -> str:
    """What the runs did where something was reserved."""
    modes = set(collected.measures.named("mode"))
    if modes == {"enforce"}:
        return "content that is reserved, or of which that could not be found out, was not handed on"
    if modes == {"observe"}:
        return "observe: verdicts were recorded and nothing was withheld"
    return "some runs withheld what is reserved (enforce), others only recorded it (observe)"


def crawled(collected: Collected) -> bool:
    """True if something was collected that is not from an archive."""
    return collected.amount(CRAWL).items > 0
