"""
The options as keywords, for type checkers and editors: what `**options` takes, by name and type.

`options.Options.read` decides what is accepted at run time; a test holds these names against its own. None is "not
given". To hand options on: `def collect(**options: Unpack[GuardOptions])`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Literal, TypedDict

from tdm_guard.log.sink import Sink
from tdm_guard.model import Posture
from tdm_guard.operator import Operator
from tdm_guard.signals import Signal


class JudgeOptions(TypedDict, total=False):
    """Options that need no network (`docs/options.md`): of `Judge`, `evaluate`, `read_policies`, `needed_documents`."""

    usages: str | Iterable[str] | None
    """What the content is for: names of usages, `{"tdm"}` if none are given."""

    agent: str | None
    """Your robots.txt product token; without it that of the User-Agent, else only groups for everyone."""

    operator: Operator | Mapping[str, Any] | None
    """Who collects: a table; `name`, `contact`, `complaints_url`, `classes`, `country`, `undertakings`, `research`."""

    posture: Posture | Literal["cautious", "literal"] | None
    """`cautious` (default): repairs that can only add a reservation are applied. `literal`: each text to the letter."""

    mode: Literal["enforce", "observe"] | None
    """`observe`: the same verdicts are recorded and nothing is withheld."""

    signals: str | Iterable[str] | Sequence[Signal] | None
    """The standards to listen to, by name (`all` if none are given); or a tuple of signals, your own among them."""

    repertoire: str | Path | Iterable[str | Path] | None
    """Declarations over repertoires: files, folders of files, names such as `bundled:sacem-2023`."""

    authorisations: str | Path | Iterable[str | Path] | None
    """What you were granted, and what people decided: files, or folders of files."""

    contacts: str | Path | Iterable[str | Path] | None
    """Whom to ask where a declaration names no address: files of `[[contacts]]`, or folders of files."""

    excluded_sites: str | Path | Iterable[str | Path] | None
    """Sites that a court or an authority found to infringe: files of `[[excluded_sites]]`, or folders of files."""

    repertoire_forms: Literal["all", "machine-readable"] | None
    """`machine-readable`: declarations in forms for people lead to `review`."""

    policy_tokens: Mapping[str, str | Iterable[str]] | Iterable[tuple[str, str | Iterable[str]]] | str | None
    """robots.txt tokens that state a preference to everybody, each with its usages; `bundled` if none are given."""

    max_asset_bytes: int | str | None
    """Bytes, or text such as `32MiB` (default): what must be read whole and is larger is `undetermined`."""


class KeepingOptions(TypedDict, total=False):
    """Options that say how a log is kept, and what beside it (`docs/options.md`): of `Ledger`."""

    sinks: str | Sink | Iterable[str | Sink] | None
    """Who else is told of what is logged: objects, names as `package.module:factory`, or `otel`."""

    durability: float | str | None
    """`flush` (default), `fsync`, or seconds: when the disk must have what was written to the log."""

    rotate: int | str | None
    """Bytes, text such as `100MiB`, or `day`: where the log goes on in a new file; without it never."""

    records: Literal["full", "compact"] | None
    """`compact`: what silent pages of an origin have in common is written to the log once."""

    redact: str | Iterable[str] | None
    """Names of query parameters whose values the log leaves out, beside those of secrets; may hold `*`."""

    retain_until: str | date | None
    """Until when the log keeps what may be personal, such as `2031-12-31`: it then stands in a file beside it."""

    name_key: str | Path | None
    """A file with a key of 16 bytes or more: the log has names of creators and rightsholders hashed with it."""

    evidence: str | Path | None
    """Folder for a copy of every document, and of the words, that a decision rested on; none is kept by default."""


class GuardOptions(JudgeOptions, KeepingOptions, total=False):
    """All options (`docs/options.md`): of `guard_client` and of the guarded clients and transports."""

    log: str | Path | None
    """Path of the compliance log, `tdm-guard.jsonl` if none is given; `{run}` and `{pid}` are filled in."""

    cache: str | None
    """Where policies are kept: `memory:` (default), `sqlite:///policies.db`, `redis://host:6379/0` (docs/stores.md)."""

    policy_timeout: float | str | None
    """Seconds of network time for one policy document, 5 if none are given."""

    enabled: bool | None
    """Scrapy only: elsewhere nothing but true is taken."""

    config: str | Path | None
    """A TOML file of options; what is given beside it wins. Else the one that `TDM_GUARD_CONFIG` names."""
