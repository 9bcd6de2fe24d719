"""
Makes proofs: that an address or a domain was admitted by a run, and under which decision, or that it was not.

strategy: all of it is read from a LOG.tree, the decision's line from the log, by its place.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tdm_guard.errors import ConfigurationError
from tdm_guard.log.canonical import canonical, digest_of_text, domain_of, host_of, is_suffix
from tdm_guard.log.record import unseal
from tdm_guard.log.redaction import redacted
from tdm_guard.log.sorting import KEY
from tdm_guard.origin import bare
from tdm_guard.plain import address, nearest
from tdm_guard.proofs.proof import MAX_ADDRESS, MAX_PROOFS, RESTS_ON, TREES, TYPE, VERSION, is_plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from tdm_guard.proofs.tree_file import Place, StoredTree, TreeFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked for: an address or a domain, as `prove` spells it in the proof."""

    kind: str
    asked: str

    @classmethod
    def url(cls, given: str) -> Question:
        """About an address. Its host is written in ASCII, so that checking it does not depend on a version of IDNA."""
        spelled = canonical(given)
        host = host_of(spelled)
        if host is None:
            raise ConfigurationError(
                f"--url: {address(given)} is no http(s) address; for example https://gazette.example/a"
            )
        asked = bare(given)
        asked = asked if is_plain(asked) else spelled
        if max(len(asked), len(spelled)) > MAX_ADDRESS:
            raise ConfigurationError(
                f"--url: longer than {MAX_ADDRESS} characters in its one spelling, as no proof is about"
            )
        return cls(kind="url", asked=asked)

    @classmethod
    def domain(cls, given: str) -> Question:
        """About the registrable domain of what is given."""
        name = given.strip()
        place = f"[{name}]" if name.count(":") > 1 and name[0] != "[" else name
        host = host_of(canonical(f"http://{place}/")) if not set("/?#") & set(name) else None
        if host is None:
            raise ConfigurationError(f"--domain: {address(given)} is no domain; for example gazette.example")
        if is_suffix(host):
            raise ConfigurationError(
                f"--domain: {address(given)} is a name under which others have theirs; ask for a site, for "
                f"example gazette.{host}, or for that host alone with --url"
            )
        return cls(kind="domain", asked=domain_of(host))


def prove(
    question: Question,
    tree: TreeFile,
    line_at: Callable[[Place], bytes],
    runs: Iterable[str] = (),
    *,
    personal_of: Callable[[str, int], Mapping[str, str] | None] = lambda run, seq: None,
) -> dict[str, Any]:
    """
    The proof, of the runs named, or of all; `line_at` reads lines of the logs that the tree was made from.

    `personal_of` finds what stands apart from a decision, by its run and number: `salt`, and `members` as JSON.

    Raises `ConfigurationError` where a run is not there, has forgotten what it admitted, or spells the address
    otherwise than another one because of what it redacts, and where the log is not the one of the tree.
    """
    chosen = _chosen(tree.runs, list(runs))
    target, asked, patterns = _spelled(question, chosen)
    digest = digest_of_text(target)
    proofs = []
    for run in chosen:
        if run["forgotten"]:
            raise ConfigurationError(
                f"run {run['run']}: decisions were forgotten, so that what it admitted cannot be proved any more"
            )
        entries = tree.tree(run, TREES[question.kind])
        index = entries.find(digest)
        stated = {name: run["trees"][TREES[question.kind]][name] for name in ("size", "root")}
        head = {"run": run["run"], "tree": TREES[question.kind], **stated}
        if index < entries.size and (entry := entries.entry(index))[:KEY] == digest:
            seq = int.from_bytes(entry[KEY:], "big")
            decision = _decision(tree, run, seq, line_at)
            if (personal := personal_of(run["run"], seq)) is not None:
                decision["personal"] = personal
            elif "personal" in json.loads(decision["line"]):
                place = f"decision {run['run']}-{seq}"
                raise ConfigurationError(f"{place}: what stands beside the log of it is not there (LOG.personal)")
            proofs.append({**head, "outcome": "admitted", "entry": _entry(entries, index), "decision": decision})
        else:
            lower = _entry(entries, index - 1) if index else None
            upper = _entry(entries, index) if index < entries.size else None
            proofs.append({**head, "outcome": "not-admitted", "lower": lower, "upper": upper})
    return {
        "type": TYPE,
        "v": VERSION,
        "asked": asked,
        "kind": question.kind,
        "canonical": target,
        "redact": patterns,
        "rests_on": RESTS_ON + (_REDACTED if patterns else ""),
        "proofs": proofs,
    }


_REDACTED = (
    " Values of the query parameters that `redact` names were left out of the log, and so of what was asked for: "
    "it is about all addresses that differ in these alone."
)


def _chosen(runs: Sequence[Mapping[str, Any]], names: Sequence[str]) -> list[Mapping[str, Any]]:
    known = {str(run["run"]): run for run in runs}
    for name in names:
        if name not in known:
            near = nearest(name, known)
            raise ConfigurationError(
                f"--run: no run {name!r} in these logs" + (f"; did you mean {near!r}?" if near else "")
            )
    if not runs:
        raise ConfigurationError("no line is a record of a compliance log; for example tdm-guard.jsonl")
    chosen = [known[name] for name in dict.fromkeys(names)] if names else list(runs)
    if len(chosen) > MAX_PROOFS:
        raise ConfigurationError(
            f"prove: {len(chosen)} runs, and one proof is about {MAX_PROOFS} at most; name some with --run"
        )
    return chosen


def _spelled(question: Question, runs: Iterable[Mapping[str, Any]]) -> tuple[str, str, list[str]]:
    """The one spelling of what was asked for in these runs, what was asked for, redacted, and by which patterns."""
    if question.kind == "domain":
        return question.asked, question.asked, []
    spellings: dict[str, list[str]] = {}
    named: list[str] = []
    for run in runs:
        hits = [each for each in run["redact"] if redacted(question.asked, [each]) != question.asked]
        spelled = canonical(redacted(question.asked, hits))
        named += [run["run"]] if spelled not in spellings else []
        spellings.setdefault(spelled, hits)
    if len(spellings) > 1:
        raise ConfigurationError(
            f"the runs {named[0]} and {named[1]} redact this address differently: ask for one with --run"
        )
    [(spelled, hits)] = spellings.items()
    return spelled, redacted(question.asked, hits), hits


def _entry(tree: StoredTree, index: int) -> dict[str, Any]:
    path = [node.hex() for node in tree.path(index)]
    return {"digest": tree.entry(index)[:KEY].hex(), "index": index, "path": path}


def _decision(tree: TreeFile, run: Mapping[str, Any], seq: int, line_at: Callable[[Place], bytes]) -> dict[str, Any]:
    digest, place = tree.decision(run, seq)
    line = _line(digest, place, line_at)
    stated = {name: run["trees"]["decisions"][name] for name in ("size", "root")}
    path = [node.hex() for node in tree.tree(run, "decisions").path(seq - 1)]
    found: dict[str, Any] = {"line": line.decode(), "index": seq - 1, "path": path, **stated}
    named = json.loads(line).get("common")
    if isinstance(named, str):
        common = tree.common(run, bytes.fromhex(named))
        if common is None:
            raise _other()
        found["common"] = _line(bytes.fromhex(named), common, line_at).decode()
    return found


def _line(digest: bytes, place: Place, line_at: Callable[[Place], bytes]) -> bytes:
    line = line_at(place).rstrip(b"\r\n")
    if unseal(line) != (digest.hex(), digest.hex()):
        raise _other()
    return line


def _other() -> ConfigurationError:
    return ConfigurationError("the log was changed after it was sealed; tdm-guard verify says where")
