"""
The public summary of training content of Art. 53(1)(d) of Regulation (EU) 2024/1689, by the Commission's template.

What a log can know is filled in; size bands are never ticked: they count tokens, pictures and hours after
pre-processing, over all sources, of which a log has bytes as received.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tdm_guard.reports.templates import filled
from tdm_guard.reports.templates.collected import CRAWL
from tdm_guard.reports.templates.form import Form, Part, Rows, operator
from tdm_guard.reports.templates.ranking import MAX_SME_NAMES, Ranking

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tdm_guard.reports.templates.collected import Collected
    from tdm_guard.reports.templates.form import Value
    from tdm_guard.reports.templates.trained import Trained

KEY = "art53"
NUMBER = "C(2025) 8311 final"
DATE = "2025-12-05"
SIZE_NOTE = (
    "No size band is ticked: bands count tokens, pictures and hours after pre-processing, over all sources. "
    "The bytes are those of bodies as received, before content-decoding."
)


def art53(collected: Collected, *, made_at: str, trained: Trained | None = None, sme: bool = False) -> Form:
    """The template with what the logs say."""
    ranking = Ranking(collected, sme=sme)
    parts = (
        _summary(made_at),
        *_general(collected),
        *_sources(collected),
        _crawled(collected, ranking, trained, sme=sme),
    )
    return Form(
        key=KEY,
        title="Public summary of training content (Art. 53(1)(d) of Regulation (EU) 2024/1689)",
        number=NUMBER,
        date=DATE,
        made_at=made_at,
        parts=(*parts, *_left(), *_measures(collected)),
        remarks=filled.remarks(collected, trained),
        more={} if trained is None else {"trained": trained.told()},
    )


def _summary(made_at: str) -> Part:
    day = made_at[:10]
    return Part("summary", "Version of the summary", {
        "version": operator("version of this summary, and links to earlier ones"),
        "last_update": f"{day[8:10]}/{day[5:7]}/{day[2:4]}",
    })  # fmt: skip


def _general(collected: Collected) -> Iterator[Part]:
    named = collected.measures.named("operator")
    provider: Value = operator("name and contact of the provider")
    yield Part("1.1", "Provider", {
        "provider": provider,
        "named_in_the_logs": named or "nobody",
        "authorised_representative": operator("name and contact, if the provider is outside the Union"),
    })  # fmt: skip
    yield Part("1.2", "Model", {
        "models": operator("versioned names of the models that this summary covers"),
        "dependencies": operator("models that these were made from, with their summaries"),
        "placed_on_the_market": operator("date of placement on the Union market"),
    })  # fmt: skip
    _, last = collected.period(None)
    yield Part("1.3", "Modalities, overall size, characteristics", {
        "modalities": operator("modalities over all sources, with their size bands and types of content"),
        "collected_by_modality": filled.amounts(collected.by_modality(None)),
        "last_admitted_content": filled.month(last) or "none",
        "latest_acquisition": operator("MM/YYYY of the last acquisition of all data; what the logs admitted is a hint"),
        "training_goes_on": operator("is the model still trained on new data?"),
        "languages": operator("languages, those of the Union first; the logs do not keep them"),
        "other_characteristics": operator("other characteristics, where applicable"),
    }, notes=(SIZE_NOTE,))  # fmt: skip


def _sources(collected: Collected) -> Iterator[Part]:
    archives = Rows(
        ("name", "link", "items", "bytes", "modalities", "from", "to"),
        lambda: [
            (
                archive.name,
                archive.link,
                *collected.amount(number)[:2],
                list(collected.by_modality(number)),
                *map(filled.month, collected.period(number)),
            )
            for number, archive in enumerate(collected.archives, CRAWL + 1)
        ],
    )
    judged = bool(collected.archives)
    yield Part("2.1", "Publicly available datasets", {
        "used": True if judged else operator("yes or no; the logs have no run over an archive"),
        "judged_archives": archives if judged else "none in these logs",
        "modalities": operator("modalities of all public datasets"),
        "large_datasets": operator("name and link of each that has over 3 % of a modality; not split"),
        "others": operator("general description of the others"),
    }, notes=("What a third party compiled and offers whole belongs here, not to 2.3, so do runs that judged it.",)
    )  # fmt: skip
    measures = collected.measures
    yield Part("2.2.1", "Data licensed by rightsholders", {
        "used": operator("yes or no, and the modalities; no names are asked for"),
        "stored_under_authorisations": measures.lifted,
    })  # fmt: skip
    yield Part("2.2.2", "Other private datasets from third parties", {
        "used": operator("yes or no, and the modalities; names if they are publicly known"),
    })  # fmt: skip


def _crawled(collected: Collected, ranking: Ranking, trained: Trained | None, *, sme: bool) -> Part:
    measures = collected.measures
    modalities = collected.by_modality(CRAWL)
    used = filled.crawled(collected)
    rule = f"5 % of all names or {MAX_SME_NAMES:,}, whichever is lower (--sme)" if sme else "10 % of all names"
    fields: dict[str, Value] = {
        "used": True if used else operator("yes or no; the logs have no content of a crawl"),
        "crawlers": measures.named("agent", archives=False) or operator("names of the crawlers"),
        "identification": operator("full user agents, addresses, how to verify them"),
        "purposes": filled.purposes(collected, archives=False),
        "behaviour": {
            "reservations": filled.mode_words(collected),
            "posture": measures.named("posture"),
            "robots_txt": "read before each site, RFC 9309" if "robots" in measures.named("signals") else "not read",
            "other_protocols": [name for name in measures.named("signals") if name != "robots"],
            "stored_against_a_reservation": measures.against,
            "stored_although_excluded": measures.stored_excluded,
        },
        "captchas_passwords_paywalls": operator("how crawlers behave at captchas, passwords and paywalls"),
        "period": filled.period(collected, CRAWL),
        "modalities": list(modalities) or "none",
        "by_modality": filled.amounts(modalities),
        "media_types": filled.amounts(dict(list(collected.by_media(CRAWL).items())[: filled.SHOWN_MEDIA])),
        "top_level_domains": ranking.top_levels(),
        "types_of_content_and_sources": operator("kinds of sites, geographic, linguistic and demographic make-up"),
        **filled.domains(ranking, "domain_names"),
        "domain_count": {
            "names": ranking.all.names,
            "listed": ranking.all.listed,
            "rule": rule,
            "by_modality": {word: each._asdict() for word, each in ranking.modalities.items()},
        },
        "hosts_without_domain_name": filled.hosts(ranking),
        "additional_comments": operator("voluntary: more domains, addresses, sources of works"),
    }
    how = (
        f"Listed are {rule}, ranked within each modality by its own bytes, and joined; a name is counted where one "
        "content at least was handed on. Of an address that was collected more than once the latest copy counts."
    )
    lost = "addresses, and which copy of one is the latest,"
    notes = [*filled.forgotten(collected, lost), how, filled.SUFFIX_NOTE]
    if trained is None:
        notes.append("The template asks for what was used for training: --trained FILE narrows to it.")
    return Part("2.3", "Data crawled and scraped from online sources", fields, notes=tuple(notes))


def _left() -> Iterator[Part]:
    for number, title, what in (
        ("2.4", "User data", "was data of users of the provider's services or products used, and how?"),
        ("2.5", "Synthetic data", "was synthetic data used, and of which models?"),
        ("2.6", "Other sources", "were other sources used, and which?"),
    ):
        yield Part(number, title, {"used": operator(f"yes or no; {what}")})


def _measures(collected: Collected) -> Iterator[Part]:
    measures = collected.measures
    yield Part("3.1", "Respect of reservations of rights", {
        "signatory_of_the_code": operator("has the provider signed the Code of Practice with its copyright chapter?"),
        "measures": {
            "effect": filled.mode_words(collected),
            "posture": measures.named("posture"),
            "tools": measures.named("tool"),
        },
        "protocols": filled.protocols(collected),
        "decisions": {
            **dict(measures.verdicts.most_common()),
            "withheld": measures.withheld,
            "stored": measures.stored,
            "stored_against_a_reservation": measures.against,
            "stored_although_excluded": measures.stored_excluded,
            "stored_under_authorisations": measures.lifted,
            "stored_under_art_3": measures.exempt,
        },
        "copyright_policy": operator("link to the copyright policy (encouraged); tdm-guard about states measures"),
        "third_party_datasets": operator("protocols that third parties honoured whose datasets were used"),
    }, notes=(
        *filled.forgotten(collected, "protocols"),
        "Decisions are counted over all logs, whether or not what was stored was trained on.",
    ))  # fmt: skip
    yield Part("3.2", "Removal of illegal content", {
        "measures": operator("measures to avoid or remove illegal content"),
        "withheld_as_excluded_sites": measures.excluded,
        "stored_although_excluded": measures.stored_excluded,
    }, notes=filled.forgotten(collected, "lists of excluded sites"))  # fmt: skip
    yield Part("3.3", "Other information", {"other": operator("anything else, voluntary")})
