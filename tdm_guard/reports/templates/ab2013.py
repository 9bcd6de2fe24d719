"""
The documentation of training data of California's AB 2013: Civil Code 3110, 3111 (chapter 817 of 2024).

What a log can know is filled in. That all of it were in the public domain no log can say, and this never does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tdm_guard.model import Verdict
from tdm_guard.reports.templates import filled
from tdm_guard.reports.templates.collected import EXCLUDED, EXCLUDED_TOO
from tdm_guard.reports.templates.form import Form, Part, operator
from tdm_guard.reports.templates.ranking import Ranking

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tdm_guard.reports.templates.collected import Collected
    from tdm_guard.reports.templates.trained import Trained

KEY = "ab2013"
NUMBER = "California Civil Code 3111(a) (AB 2013, chapter 817 of 2024)"
DATE = "2024-09-28"


def ab2013(collected: Collected, *, made_at: str, trained: Trained | None = None, sme: bool = False) -> Form:
    """The items of 3111(a) with what the logs say."""
    return Form(
        key=KEY,
        title="Documentation of training data (California Civil Code 3111)",
        number=NUMBER,
        date=DATE,
        made_at=made_at,
        parts=tuple(_parts(collected, Ranking(collected, sme=sme))),
        remarks=filled.remarks(collected, trained),
        more={} if trained is None else {"trained": trained.told()},
    )


def _parts(collected: Collected, ranking: Ranking) -> Iterator[Part]:
    measures, amount = collected.measures, collected.amount(None)
    verdicts = collected.by_verdict(None)
    yield Part("(a)(1)", "Sources or owners of the datasets", {
        **filled.domains(ranking, "largest_domain_names"),
        "domain_names": ranking.all._asdict(),
        "hosts_without_domain_name": filled.hosts(ranking),
        "archives": [archive.name for archive in collected.archives] or "none in these logs",
        "rightsholders_that_spoke": filled.holders(collected),
        "other_sources": operator("sources and owners of what these logs do not cover"),
    }, notes=(*filled.forgotten(collected, "addresses and rightsholders"), filled.SUFFIX_NOTE))  # fmt: skip
    yield Part("(a)(2)", "How the datasets further the intended purpose", {
        "purpose": operator("how they serve the purpose of the system"),
        "collected_for": filled.purposes(collected),
    })  # fmt: skip
    yield Part("(a)(3)", "Number of data points", {
        "collected": amount.told(),
        "number": operator("data points after processing, of all datasets; ranges, and estimates for dynamic ones, do"),
    })  # fmt: skip
    media = dict(list(collected.by_media(None).items())[: filled.SHOWN_MEDIA])
    yield Part("(a)(4)", "Types of data points", {
        "by_modality": filled.amounts(collected.by_modality(None)),
        "media_types": filled.amounts(media),
        "labels": operator("labels used, or the general characteristics of what has none"),
    })  # fmt: skip
    yield Part("(a)(5)", "Data protected by copyright, trademark or patent", {
        "stored": {
            "reserved_or_not_known": sum(verdicts[v.value] for v in Verdict if v.withholds) + verdicts[EXCLUDED_TOO],
            "stored_although_excluded": verdicts[EXCLUDED] + verdicts[EXCLUDED_TOO],
            "reserved_and_licensed": verdicts[Verdict.AUTHORISED],
            "reserved_and_exempt": verdicts[Verdict.EXEMPT],
            "expressly_permitted": verdicts[Verdict.PERMITTED],
            "silent": verdicts[Verdict.UNRESERVED],
        },
        "protected": operator("which datasets hold protected data; silence puts nothing in the public domain"),
    }, notes=("A log tells what was reserved, not what is protected: silent content is protected as any other.",)
    )  # fmt: skip
    yield Part("(a)(6)", "Purchased or licensed", {
        "stored_under_authorisations": measures.lifted,
        "purchased_or_licensed": operator("which datasets were purchased or licensed"),
    })  # fmt: skip
    yield Part("(a)(7)", "Personal information", {
        "personal_information": operator("does any dataset hold it (1798.140(v))?"),
    })  # fmt: skip
    yield Part("(a)(8)", "Aggregate consumer information", {
        "aggregate_consumer_information": operator("does any dataset hold it (1798.140(b))?"),
    })  # fmt: skip
    yield Part("(a)(9)", "Cleaning, processing, modification", {
        "withheld_before_storing": measures.withheld,
        "effect": filled.mode_words(collected),
        "protocols": filled.protocols(collected),
        "processing": operator("other cleaning, processing or modification, and what it was for"),
    }, notes=filled.forgotten(collected, "protocols"))  # fmt: skip
    open_runs = sum(not run.ended for run in measures.used)
    yield Part("(a)(10)", "Period of collection", {
        "period": filled.period(collected, None),
        "runs_without_an_end": open_runs,
        "goes_on": operator("is collection ongoing? A run without an end goes on, or was cut short"),
    })  # fmt: skip
    yield Part("(a)(11)", "First use", {"first_used": operator("dates on which the datasets were first used")})
    yield Part("(a)(12)", "Synthetic data", {"synthetic_data": operator("was it used, and what for?")})
