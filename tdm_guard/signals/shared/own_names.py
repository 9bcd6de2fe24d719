"""
Names of fields and meta tags by which people refuse AI without any standard: one list for both.

Each stands with hyphens or underscores, a field with or without `x-`. In a page one of `PAGE_WORDS` stands in
every such name, or in the rule of a meta tag that refuses.
"""

from __future__ import annotations

from collections.abc import Iterable

_WHAT = (
    "ai", "ai-training", "ai-train", "genai", "generative-ai", "llm", "llm-training", "ml-training", "ki-training",
    "machine-learning", "training-data", "tdm", "mining", "data-mining", "text-mining", "text-and-data-mining",
)  # fmt: skip
_HOW = (
    "use", "usage", "usage-policy", "access", "consent", "policy", "permission", "permissions", "rights", "license",
    "training", "licence", "licensing", "training-policy", "training-allowed", "content-usage", "crawling", "scraping",
    "input", "indexing", "search", "bots", "crawlers", "agents", "data", "allowed", "opt-out", "optout",
)  # fmt: skip
_VERBS = ("no", "not", "disallow", "block", "deny", "prohibit", "dnt", "allow", "opt-out-of")
_MORE = (
    "noai", "nogenai", "noml", "nollm", "notdm", "nomining", "noimageai", "no-image-ai", "notrain", "no-train",
    "training", "no-training", "disallow-training", "training-opt-out", "aitraining", "aitrain", "train-ai", "trainai",
    "do-not-train", "do-not-mine", "not-for-ai-training", "disallowai", "llms", "ml", "no-ml", "gen-ai",
)  # fmt: skip


def _spelled(names: Iterable[str], joints: str) -> set[str]:
    return {name.replace("-", joint) for name in names for joint in joints}


def _names() -> set[str]:
    used = {f"{what}-{how}" for what in ("ai", "genai", "llm", "tdm") for how in _HOW}
    refused = {f"{verb}-{what}" for verb in _VERBS for what in _WHAT}
    return {*_WHAT, *_MORE, *used, *refused} - {"tdm-policy"}  # which TDMRep has


FIELDS = frozenset(prefix + name for name in _spelled(_names(), "-_") for prefix in ("", "x-"))

_STEMS = (
    "no-ai", "no-ml", "no-image-ai", "no-train", "ai-train", "train-ai", "disallow-ai", "disallow-train", "not-train",
    "llm-train", "ml-train", "ki-train", "training-data", "training-opt", "ai-policy", "ai-us", "ai-access",
    "ai-consent", "ai-permi", "ai-right", "ai-licen", "ai-content", "ai-opt", "ai-crawl", "ai-scrap", "ai-input",
    "ai-index", "ai-search", "ai-bot", "ai-agent", "ai-data", "ai-allow", "not-ai", "for-ai", "block-ai", "deny-ai",
    "llm", "prohibit-ai", "dnt-ai", "allow-ai", "of-ai", "genai", "gen-ai", "generative-ai", "mining", "tdm",
)  # fmt: skip
_JOINED = (
    "noai", "noml", "noimageai", "noimage-ai", "notrain", "aitrain", "trainai", "disallowai",
)  # fmt: skip
_IN_BLANKS = ("no ai", "no ml", "no train", "disallow ai", "gen ai")
_ALONE = ('"ai"', '"ml"', '"training"')  # too short, or too common, to be looked for in other words
_RARE = ("scraping", "machine-learning", "machine_learning", "not-mine", "not_mine", "kein ki")
# Soonest what is usual.
PAGE_WORDS = (*_JOINED, *sorted(_spelled(_STEMS, "-_")), *_IN_BLANKS, *_ALONE, *_RARE)
