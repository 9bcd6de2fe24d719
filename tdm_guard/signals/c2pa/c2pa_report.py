"""What a report on a C2PA manifest store says of training and data mining: the active manifest, then its parents."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from tdm_guard.model import Fault, Kind, Layer, Reading, Source, Stance, Statement
from tdm_guard.plain import bounded
from tdm_guard.signals.c2pa.c2pa_entries import (
    LABEL,
    OTHER_KEY,
    OTHER_LABEL,
    UNKNOWN_VALUE,
    USAGES,
    AssertionEntry,
    about,
    is_ours,
    read_entries,
    stance_of,
    text_of,
    usage_of,
)
from tdm_guard.signals.c2pa.c2pa_redactions import Redaction, redactions
from tdm_guard.signals.shape import Listener
from tdm_guard.signals.shared.refusing_words import DOUBT
from tdm_guard.usage import EVERY, Usage

NAME = "c2pa"
STORE = "C2PA/active"
MAX_MANIFESTS = 64  # walked from the active one through its parents; edited pictures have a handful
MAX_ASSERTIONS = 1000  # of one manifest that are looked at
MAX_INGREDIENTS = 1000  # of one manifest that are looked at
MAX_ENTRIES = 256  # of one assertion; the specification defines four keys
MAX_FAULTS = 16
MAX_LABEL = 120  # characters of a label that are shown
MAX_FAILURES = 1000  # of validation, that are looked at

FROM_INGREDIENT = "from_ingredient"  # the repair under which a parent's refusal is heard
_MANIFEST = "/c2pa/"
_CONTACT = re.compile(r"https?://[^\s\"'<>()]{1,200}|[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[A-Za-z]{2,24}")


def read_report(report: object, source: Source, listener: Listener, *, sealed: bool = True) -> Reading:
    """
    The statements of a report on a manifest store, never raising whatever it holds.

    `sealed=False`: the store was read without the whole file that it seals, so that validation must fail, no permission
    counts, and a failure says nothing.
    """
    members = report if isinstance(report, Mapping) else {}
    if "error" in members:
        return _failed(members, source)
    manifests = members.get("manifests")
    active = members.get("active_manifest")
    if not isinstance(manifests, Mapping) or not isinstance(active, str) or active not in manifests:
        return undetermined(source, "the report on the manifest store names no active manifest")
    state = members.get("validation_state")
    reader = _Reader(manifests, source, listener, str(state)[:16], sealed=sealed)
    if sealed and state not in ("Valid", "Trusted"):
        reader.fault(f"c2pa_invalid: the manifest does not validate ({state!s:.16})", STORE, _codes(members))
    reader.read(active)
    reader.judge_damage(_failures(members))
    return reader.reading()


def _failed(report: Mapping[str, object], source: Source) -> Reading:
    kind, message = str(report["error"]), str(report.get("message") or report["error"])
    if kind == "ManifestNotFound":
        return Reading()
    if kind == "Remote":
        message = f"remote_manifest: {report.get('url') or message}"
    return undetermined(source, message)


def _failures(report: Mapping[str, object]) -> list[tuple[str, str]]:
    """Code and place of what failed to validate."""
    statuses = report.get("validation_status")
    found = statuses[:MAX_FAILURES] if isinstance(statuses, list) else []
    return [(str(item.get("code"))[:80], str(item.get("url"))) for item in found if isinstance(item, Mapping)]


def _codes(report: Mapping[str, object]) -> str | None:
    return ", ".join(code for code, _ in _failures(report)[:MAX_FAULTS]) or None


def undetermined(source: Source, message: str, locator: str = STORE) -> Reading:
    """
    What stands for a manifest that could not be read, or is not to be fetched.

    It is undetermined for every usage: a manifest may name keys of anybody's making.
    """
    statement = Statement.at(
        source,
        signal=NAME,
        usages=EVERY,
        stance=Stance.UNDETERMINED,
        layer=Layer.LOCATION if source.carrier == "header" else Layer.ASSET,
        locator=locator,
        excerpt=message,
    )
    fault = Fault.at(source, "a C2PA manifest that was not read", signal=NAME, locator=locator, excerpt=message)
    return Reading((statement,), (fault,))


class _Reader:
    """One pass over the manifests of a report."""

    def __init__(
        self, manifests: Mapping[object, object], source: Source, listener: Listener, state: str, *, sealed: bool
    ) -> None:
        self._manifests = manifests
        self._source = source
        self._cautious = listener.cautious
        self._state = state if sealed else "not validated"
        self._relied = sealed and state in ("Valid", "Trusted")
        self._said: dict[tuple[object, ...], Statement] = {}
        self._faults: list[Fault] = []
        self._doubts: list[Statement] = []
        self._problem: str | None = None
        self._walked: list[str] = []

    def reading(self) -> Reading:
        """What was heard; that a manifest was read at all is the first statement."""
        statements = (*self._said.values(), *self._doubts)
        if self._problem is not None:
            problem = undetermined(self._source, self._problem)
            return Reading((*statements, *problem.statements), (*self._faults, *problem.faults))
        read = Statement.at(
            self._source, signal=NAME, usages=USAGES, stance=Stance.UNSTATED, layer=Layer.ASSET, locator=STORE
        )
        return Reading((read, *statements), tuple(self._faults))

    def fault(self, message: str, locator: str, excerpt: str | None = None) -> None:
        """Notes something, within bounds."""
        if len(self._faults) < MAX_FAULTS:
            self._faults.append(Fault.at(self._source, message, signal=NAME, locator=locator, excerpt=excerpt))

    def read(self, active: str) -> None:
        """The active manifest, then its parents: what the asset was made from, and theirs."""
        ahead, seen, components = self._walked, {active}, set[str]()
        gone: list[tuple[str, Redaction]] = []
        ahead.append(active)
        for label in ahead:
            manifest = self._manifests.get(label)
            place = STORE if label == active else f"C2PA/parentOf[{label[:80]}]"
            if not isinstance(manifest, Mapping):
                self._cut("a manifest of the store is not readable")
                continue
            self._assertions(manifest, place, None if label == active else FROM_INGREDIENT)
            gone += ((place, each) for each in redactions(manifest, self._manifests))
            for name, relationship in self._ingredients(manifest):
                if name in seen or name not in self._manifests:
                    continue
                if relationship != "parentOf":
                    if name not in components:
                        components.add(name)
                        self._component(name, relationship)
                elif len(ahead) >= MAX_MANIFESTS:
                    self._cut(f"more than {MAX_MANIFESTS} manifests in a row")
                else:
                    seen.add(name)
                    ahead.append(name)
        self._redacted(gone, components - seen)

    def _redacted(self, gone: list[tuple[str, Redaction]], components: set[str]) -> None:
        """A refusal may have stood where an assertion of ours was taken out; what a component said is noted only."""
        said = False
        for place, each in gone:
            locator = f"{place}/{each.member}"
            self.fault("redacted: an assertion on training and data mining was taken out", locator, each.address[:200])
            if not said and not each.is_of(components):
                said = True
                stance = Stance.UNDETERMINED if self._cautious else Stance.UNSTATED
                self._doubts.append(self._doubt_of(EVERY, locator, each.address, stance))

    def judge_damage(self, failures: list[tuple[str, str]]) -> None:
        """
        An assertion of ours that the claim lists, and that is missing or not as it was sealed, may have said no.

        Places are JUMBF URIs (C2PA 2.x): `self#jumbf=/c2pa/<manifest>/c2pa.assertions/<label>`, or the label alone.
        """
        heard = [s for s in self._said.values() if s.stance is Stance.RESERVED]
        if any(s.repair not in (OTHER_KEY, OTHER_LABEL) for s in heard):  # a word of its own may be what damage left
            return
        for code, url in failures:
            if is_ours(url.rpartition("/")[2]) and (
                _MANIFEST not in url or any(f"/{label}/" in url for label in self._walked)
            ):
                self._cut(f"the assertion on training and data mining is damaged ({code})")

    def _cut(self, why: str) -> None:
        self._problem = self._problem or why

    def _listed(self, manifest: Mapping[object, object], member: str, most: int) -> Iterator[Mapping[object, object]]:
        found = manifest.get(member) or []
        if not isinstance(found, list) or len(found) > most:
            self._cut(f"the {member} of a manifest are no list of at most {most}")
            found = found[:most] if isinstance(found, list) else []
        return (item for item in found if isinstance(item, Mapping))

    def _ingredients(self, manifest: Mapping[object, object]) -> Iterator[tuple[str, str]]:
        for item in self._listed(manifest, "ingredients", MAX_INGREDIENTS):
            name = item.get("active_manifest")
            if isinstance(name, str):
                yield name, str(item.get("relationship"))[:32]

    def _component(self, name: str, relationship: str) -> None:
        """A thing that was put into the asset: what its manifest says is noted only."""
        manifest = self._manifests.get(name)
        if isinstance(manifest, Mapping):
            for label, data in self._training_mining(manifest):
                place = f"C2PA/{relationship}[{name[:80]}]/{label}"
                self.fault("a component's own assertion; noted only", place, _words(data))

    def _training_mining(self, manifest: Mapping[object, object]) -> Iterator[tuple[str, object]]:
        for assertion in self._listed(manifest, "assertions", MAX_ASSERTIONS):
            label = assertion.get("label")
            if isinstance(label, str) and is_ours(label):
                yield label, assertion.get("data")

    def _assertions(self, manifest: Mapping[object, object], place: str, repair: str | None) -> None:
        for label, data in self._training_mining(manifest):
            locator = f"{place}/{label[:MAX_LABEL]}"
            if not LABEL.fullmatch(label):
                self._near(label, data, locator, repair)
                continue
            entries = read_entries(data)
            if entries is None:
                self._cut("the training and data mining assertion has no form that is known")
                self.fault("no map of entries", locator, _words(data))
                continue
            if not entries:
                self.fault("missing_entries: the assertion says nothing", locator, _words(data))
            if len(entries) > MAX_ENTRIES:
                self._cut(f"more than {MAX_ENTRIES} entries in an assertion")
            for entry in entries[:MAX_ENTRIES]:
                self._entry(entry, label[:4], locator, repair)

    def _near(self, label: str, data: object, locator: str, repair: str | None) -> None:
        """
        An assertion whose label is about training or mining and is none that is specified.

        What it refuses is heard; unless it says in a known form that it refuses nothing, it was not understood.
        """
        entries = (read_entries(data) or [])[: MAX_ENTRIES + 1]
        self.fault(f"{OTHER_LABEL}: an assertion that is specified nowhere", locator, _words(data))
        for entry in entries[:MAX_ENTRIES]:
            stance, _ = stance_of(entry.said)
            usage, _ = usage_of(entry.key, label[:4])
            usages = (usage,) if usage else about(entry.key) or about(label) or USAGES
            if stance is not Stance.PERMITTED:
                self._doubt(usages, f"{locator}/{entry.key[:80]}", entry, repair or OTHER_LABEL)
        if not entries or len(entries) > MAX_ENTRIES:
            self._cut("an assertion about training or mining has no form that is known")

    def _doubt(self, usages: tuple[Usage, ...], locator: str, entry: AssertionEntry, repair: str) -> None:
        """A refusal in words that nobody specified: heard with caution, else not understood."""
        if not self._cautious or stance_of(entry.said)[1] == UNKNOWN_VALUE:
            self._cut(f"a word on training or mining that is not understood ({repair})")
        if self._cautious:
            for usage in usages:
                self._keep(usage, Stance.RESERVED, locator, _words({entry.key: entry.said}), entry.said, repair)

    def _doubted(self, usages: tuple[Usage, ...], locator: str, words: str) -> None:
        """A refusal that is heard as none: beside it nothing is permitted."""
        if len(self._doubts) < MAX_FAULTS:
            self._doubts.append(self._doubt_of(usages, locator, words))

    def _doubt_of(
        self, usages: tuple[Usage, ...], locator: str, words: str, stance: Stance = Stance.UNSTATED
    ) -> Statement:
        return Statement.at(
            self._source,
            signal=NAME,
            usages=usages,
            stance=stance,
            layer=Layer.ASSET,
            locator=locator,
            excerpt=words,
            doubt=DOUBT if stance is Stance.UNSTATED else None,
        )

    def _entry(self, entry: AssertionEntry, prefix: str, locator: str, repair: str | None) -> None:
        locator = f"{locator}/{entry.key[:80]}"
        usage, key_repair = usage_of(entry.key, prefix)
        words = _words({entry.key: entry.said})
        if usage is None:
            usages = about(entry.key) if entry.key else USAGES
            if usages and stance_of(entry.said)[0] is not Stance.PERMITTED:
                self.fault(f"{entry.repair or OTHER_KEY}: not written as specified", locator, words)
                self._doubt(usages, locator, entry, repair or entry.repair or OTHER_KEY)
                return
            ours = entry.key.partition(".")[0].lower() in ("cawg", "c2pa")
            if ours and stance_of(entry.said)[0] is not Stance.PERMITTED:
                self._doubted(EVERY, locator, words)
            self.fault("unknown_key: defined nowhere" if ours else "custom: a key of somebody's own", locator, words)
            return
        stance, value_repair = stance_of(entry.said)
        slip = entry.repair or key_repair or value_repair
        if slip and (self._cautious or stance is Stance.PERMITTED):
            self.fault(f"{slip}: not written as specified", locator, words)
        if stance is Stance.PERMITTED:
            if slip or repair or not self._relied:
                self.fault("a permission that is not relied on", locator, words)
                return
        elif (repair or slip) and not self._cautious:
            self.fault(f"{repair or slip}: a refusal that the letter does not know", locator, words)
            self._doubted((usage,), locator, words)
            return
        self._keep(usage, stance, locator, words, entry.said, repair or slip)

    def _keep(self, usage: Usage, stance: Stance, locator: str, words: str, said: object, repair: str | None) -> None:
        """One statement for each usage and stance: the one that needs no repair."""
        other = Stance.RESERVED if stance is Stance.PERMITTED else Stance.PERMITTED
        if (usage, other) in self._said:
            self.fault("conflict: permitted and refused in one file", locator, words)
        known = self._said.get((usage, stance))
        if known is not None and (repair or not known.repair):
            return
        text = text_of(said) if stance is Stance.RESERVED else None
        contact = _CONTACT.search(text) if text else None
        self._said[usage, stance] = Statement.at(
            self._source,
            kind=Kind.PERMISSION if stance is Stance.PERMITTED else Kind.RESERVATION,
            signal=NAME,
            usages=(usage,),
            stance=stance,
            layer=Layer.ASSET,
            locator=locator,
            excerpt=f"{words} (manifest {self._state})",
            terms=bounded(text),
            contact=contact[0] if contact else None,
            repair=repair,
        )


def _words(value: object) -> str:
    """What was said, as JSON, cut to what a record keeps."""
    return bounded(json.dumps(value, ensure_ascii=False, default=str), 200) or ""
