"""
Policies in ODRL 2.2, in the profile that TDMRep makes of it (sec-odrl-profile): offers of terms for mining.

    policy     = uid, assigner, 1*permission           prohibitions and obligations are read, though not foreseen
    permission = action, [target], *duty, *constraint

Much is written looser than the profile has it: one object where a list is due, duties and constraints at the policy in
the place of the permission. Both are read; what breaks the profile is a problem with its place.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from tdm_guard.formats.json_members import Members
from tdm_guard.formats.page.json_ld import ODRL_CONTEXT, TDM, TDM_CONTEXT, Node, Vocabulary, items, loads, text
from tdm_guard.signals.tdmrep.vcard import Assigner, read_party

MAX_BYTES = 256 * 1024  # the examples of the report have 1 KB
MAX_RULES = 200  # permissions, prohibitions, duties, constraints: of each kind at one place
PROFILE = "http://www.w3.org/ns/tdmrep"
MINE = "tdm:mine"

_RULES = ("permission", "prohibition", "obligation")
_LOGIC = ("and", "andSequence", "or", "xone")


class ProfileProblem(NamedTuple):
    """Something that breaks the profile, and the JSON pointer (RFC 6901) to its place."""

    message: str
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint:
    """A condition, its names in the one spelling of `json_ld`; `and`, `or` as operand for several in one."""

    operand: str
    operator: str
    values: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.operand} {self.operator} {', '.join(self.values)}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class OdrlRule:
    """A permission or a prohibition: actions, the collections it is about, duties to fulfil, constraints to meet."""

    actions: tuple[str, ...]
    targets: tuple[str, ...] = ()
    duties: tuple[str, ...] = ()
    constraints: tuple[Constraint, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """
    One policy. Duties and constraints of the whole policy are in each of its rules.

    `problem` says why its terms cannot be relied on; who offers them may be known all the same.
    """

    uid: str | None = None
    assigner: Assigner | None = None
    permissions: tuple[OdrlRule, ...] = ()
    prohibitions: tuple[OdrlRule, ...] = ()
    problems: tuple[ProfileProblem, ...] = ()
    problem: str | None = None


def parse(body: bytes) -> Policy:
    """Reads a policy. Nothing in `body` raises."""
    try:
        root = loads(body)
    except ValueError as error:
        return Policy(problem=f"not JSON: {error}")
    found = [item for item in items(root) if isinstance(item, Members)]
    if not found:
        return Policy(problem="the root is no object")
    contexts = [value for item in found for key, value in item if key == "@context"]
    graph = [inner for item in found for key, value in item if key == "@graph" for inner in items(value)]
    reader = _Reader(Vocabulary(contexts))
    if not isinstance(root, Members) or graph:
        reader.note("the root is to be the policy itself", "#")
    policies = [item for item in (*graph, *found) if isinstance(item, Members) and reader.is_policy(item)]
    if not policies:
        return Policy(problem="no policy in the vocabulary of ODRL", problems=tuple(reader.problems))
    policy = reader.policy(policies[0], contexts)
    if len(policies) > 1:
        return replace(policy, problem=f"{len(policies)} policies, and no word which applies")
    return policy


class _Reader:
    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.problems: list[ProfileProblem] = []
        self.overflow = False

    def note(self, message: str, place: str) -> None:
        if len(self.problems) < MAX_RULES:
            self.problems.append(ProfileProblem(message, place))

    def is_policy(self, members: Members) -> bool:
        node = self.vocabulary.node(members)
        return any(name in node for name in (*_RULES, "assigner", "profile"))

    def policy(self, members: Members, contexts: list[Any]) -> Policy:
        node = self.vocabulary.node(members)
        self._check(node, contexts)
        duties = self._duties(node, "#")
        shared = OdrlRule(
            actions=self.vocabulary.names(node.get("action", ())),
            targets=self._targets(node),
            duties=duties,
            constraints=self._constraints(node, "#"),
        )
        permissions = tuple(self._rules(node, "permission", shared))
        prohibitions = tuple(self._rules(node, "prohibition", replace(shared, duties=(), constraints=())))
        problem = None
        if not self.vocabulary.known and not any("/ns/odrl/2/" in key for key, _ in members):
            problem = "no context of ODRL"
        elif self.overflow:
            problem = f"more than {MAX_RULES} rules, duties or constraints"
        return Policy(
            uid=text(node.get("uid", ())),
            assigner=self._assigner(node),
            permissions=permissions,
            prohibitions=prohibitions,
            problems=tuple(self.problems),
            problem=problem,
        )

    def _check(self, node: Node, contexts: list[Any]) -> None:
        """The profile's own demands on a policy; none of them changes what its words say."""
        if [item for context in contexts for item in items(context)] != [ODRL_CONTEXT, TDM_CONTEXT]:
            self.note("@context is not that of the profile", "#/@context")
        if self.vocabulary.names(node.get("@type", ())) != ("Offer",):
            self.note("@type is not Offer", "#/@type")
        if [text([value]) for value in node.get("profile", ())] not in ([PROFILE], [TDM]):
            self.note("profile is not that of TDMRep", "#/profile")
        for name in ("uid", "assigner", "permission"):
            if not node.get(name):
                self.note(f"{name} is missing", f"#/{name}")
        for name in ("prohibition", "obligation"):
            if name in node:
                self.note(f"{name} is not foreseen", f"#/{name}")

    def _assigner(self, node: Node) -> Assigner | None:
        written = list(node.get("assigner", ()))
        for item in node.get("permission", ()):
            if isinstance(item, Members):
                written += self.vocabulary.node(item).get("assigner", ())
        return read_party(written[0], self.vocabulary) if written else None

    def _rules(self, node: Node, kind: str, shared: OdrlRule) -> Iterable[OdrlRule]:
        for number, item in enumerate(self._bounded(node.get(kind, ()))):
            place = f"#/{kind}/{number}"
            if not isinstance(item, Members):
                self.note(f"the {kind} is no object", place)
                if kind == "prohibition":
                    yield OdrlRule(actions=())
                continue
            inner = self.vocabulary.node(item)
            yield OdrlRule(
                actions=self.vocabulary.names(inner.get("action", ())) or shared.actions,
                targets=self._targets(inner) or shared.targets,
                duties=tuple(dict.fromkeys((*self._duties(inner, place), *shared.duties))),
                constraints=(*self._constraints(inner, place), *shared.constraints),
            )

    def _targets(self, node: Node) -> tuple[str, ...]:
        found = (text([value]) for value in self._bounded(node.get("target", ())))
        return tuple(target for target in found if target is not None)

    def _duties(self, node: Node, place: str) -> tuple[str, ...]:
        """The actions of duties and, at the policy, obligations; one that names none is `unknown`."""
        found: list[str] = []
        for kind in ("duty", "obligation"):
            for number, item in enumerate(self._bounded(node.get(kind, ()))):
                actions: tuple[str, ...]
                if isinstance(item, Members):
                    actions = self.vocabulary.names(self.vocabulary.node(item).get("action", ()))
                else:
                    actions = self.vocabulary.names([item])
                    self.note(f"the {kind} is no object", f"{place}/{kind}/{number}")
                found += actions or ("unknown",)
        return tuple(dict.fromkeys(found))

    def _constraints(self, node: Node, place: str) -> tuple[Constraint, ...]:
        """Those of the rule, and the refinements of its action and its targets."""
        found = [self._constraint(item, f"{place}/constraint") for item in self._bounded(node.get("constraint", ()))]
        for name in ("action", "target"):
            for item in node.get(name, ()):
                if isinstance(item, Members):
                    refinements = self.vocabulary.node(item).get("refinement", ())
                    found += [self._constraint(inner, f"{place}/{name}") for inner in self._bounded(refinements)]
        return tuple(found)

    def _constraint(self, item: Any, place: str) -> Constraint:
        node = self.vocabulary.node(item) if isinstance(item, Members) else {}
        names = self.vocabulary.names
        operand = next(iter(names(node.get("leftOperand", ()))), None)
        if operand is None:
            operand = next((name for name in _LOGIC if name in node), "unknown")
            self.note("a constraint without leftOperand", place)
        return Constraint(
            operand=operand,
            operator=next(iter(names(node.get("operator", ()))), "unknown"),
            values=names(self._bounded(node.get("rightOperand", ()))),
        )

    def _bounded(self, values: Iterable[Any]) -> list[Any]:
        kept = list(values)
        self.overflow = self.overflow or len(kept) > MAX_RULES
        return kept[:MAX_RULES]
