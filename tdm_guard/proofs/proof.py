"""
Does a proof hold? Read from whoever sends it, checked without the log (`docs/proofs.md` has the format byte by byte).

strategy: what is no proof at all cannot be read (`UnreadableProofError`); in one that can be, the first thing that is
not as it must be is told in one sentence, for each run by itself.
"""

from __future__ import annotations

import ipaddress
import json
import re
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from tdm_guard.errors import ConfigurationError, UnsupportedURL
from tdm_guard.log.canonical import canonical, digest_of_text, domain_of, host_of, is_suffix
from tdm_guard.log.merkle import EMPTY, leads, leaf_hash
from tdm_guard.log.record import unseal
from tdm_guard.log.trees import admitted_addresses
from tdm_guard.origin import Origin, ip_text
from tdm_guard.plain import bounded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

TYPE, VERSION = "tdm-guard-proof", 1
TREES = {"url": "addresses", "domain": "domains"}
RESTS_ON = (
    "It rests on roots that were published or time-stamped before anybody asked, and on an honest builder: the root "
    "does not show that the list below it was sorted, complete and without duplicates; whoever has the log can verify "
    "that. It is about one spelling of an address: with http or https, with or without www., a slash or a query, it is "
    "another. The root does not show which values of query parameters were left out of addresses (`redact`): the seal "
    "says which, and an address that is asked for must be spelt so. It says nothing of what was collected otherwise."
)
MAX_BYTES = 16 * 2**20  # of a proof: a run takes some 6 KB, so that there is room for 2,500 and more
MAX_VALUES = 500_000  # in a proof, or a record in it: some 90 a run; read, they take 50 MB
MAX_PROOFS = 10_000  # runs in one proof
MAX_PATH = 64  # nodes on the way to a root: no tree has 2**64 leaves
MAX_ADDRESS = 65_536  # characters of the address asked for, as elsewhere
MAX_PATTERNS = 100  # of query parameters that are redacted
MAX_SIZE = 2**53  # beyond that JSON's numbers are not exact everywhere
_DIGEST = re.compile(r"[0-9a-f]{64}")
_ROOT = re.compile(r"(?:(decisions|addresses|domains)[ :=])?(\d{1,16}):([0-9a-fA-F]{64})")
_SPELT = "the seal says which values of parameters it left out"
_HOST = re.compile(r"(?=.{1,253}\Z)[0-9a-z_-]{1,63}(?:\.[0-9a-z_-]{1,63})*")
_plainly = re.compile(r"(?i)https?://[^/?#%]+(?:[/?#]|\Z)[!-~]*").fullmatch


class UnreadableProofError(ConfigurationError):
    """It is no proof, or one of a later version."""


class Known(NamedTuple):
    """
    A root that the reader brings, and of which tree, if he says so.

    Without that a dishonest proof could pass off one tree as another: decisions are in no order, so that something can
    be found to be missing between any two of them.
    """

    size: int
    root: str
    tree: str | None = None

    def __str__(self) -> str:
        return f"{self.size}:{self.root}"


class Answer(NamedTuple):
    """What a proof comes to for one run: whether it holds, and what was shown, or the reason why it does not."""

    holds: bool
    message: str


class _No(Exception):
    """Why a proof does not hold."""


def read_root(text: str) -> Known:
    """`SIZE:HEX`, or the whole line of `seal`, `addresses SIZE:HEX`. Raises `ConfigurationError`."""
    found = _ROOT.fullmatch(text.strip())
    if found is None or int(found[2]) >= MAX_SIZE:
        raise ConfigurationError(f"--root: {text!r} is no SIZE:HEX; for example 0:{EMPTY.hex()}")
    return Known(int(found[2]), found[3].lower(), found[1])


def read_proof(data: bytes) -> Mapping[str, Any]:
    """The proof in a file. Raises `UnreadableProofError`."""
    if len(data) > MAX_BYTES:
        raise UnreadableProofError(f"longer than {MAX_BYTES} bytes, as no proof is")
    try:
        found = parsed(data, MAX_VALUES)
    except (ValueError, RecursionError) as error:
        raise UnreadableProofError(f"no JSON: {error}") from None
    if not isinstance(found, dict) or found.get("type") != TYPE:
        raise UnreadableProofError(f"JSON, but no proof: its type is not {TYPE}")
    if found.get("v") != VERSION or found.get("v") is True:
        raise UnreadableProofError(
            f"version {_shown(found.get('v'))} of a proof cannot be checked here, only {VERSION}"
        )
    return found


def is_plain(asked: str) -> bool:
    """True of an address that a proof can be about as it is: its host needs no IDNA, of which there are versions."""
    return asked.isascii() and _plainly(asked) is not None


def check(proof: Mapping[str, Any], roots: Sequence[Known]) -> Iterator[Answer]:
    """Whether it holds under these roots: one answer for each run, or one for all."""
    try:
        kind, target = _question(proof)
        proofs = _list(proof, "proofs", MAX_PROOFS)
        if not proofs:
            raise _No("it has no proof of any run")
        runs = [_text(_table(each, "an entry of proofs"), "run", 240) for each in proofs]
        if len(set(runs)) != len(runs):
            raise _No("a run is in it twice")
    except _No as error:
        yield Answer(holds=False, message=str(error))
        return
    used: list[object] = []
    for name, each in zip(runs, proofs, strict=True):
        used.append((each.get("size"), each.get("root")))
        try:
            yield Answer(holds=True, message=f"run {name}: {_run(each, name, kind, target, roots)}")
        except _No as error:
            yield Answer(holds=False, message=f"run {bounded(name, 80)}: {error}")
    for known in roots:
        if known[:2] not in used and known.tree == TREES[kind]:
            yield Answer(holds=True, message=f"nothing here is about the root {known}")


def _question(proof: Mapping[str, Any]) -> tuple[str, str]:
    """Of which kind it is, and the one spelling of what was asked for."""
    kind = proof.get("kind")
    if not isinstance(kind, str) or kind not in TREES:
        raise _No(f"its kind is {_shown(kind)}, neither url nor domain")
    asked, stated = _text(proof, "asked", MAX_ADDRESS), _text(proof, "canonical", 3 * MAX_ADDRESS)
    patterns = _list(proof, "redact", MAX_PATTERNS)
    if not all(isinstance(pattern, str) and len(pattern) <= 200 for pattern in patterns):
        raise _No("a pattern of redact is no short text")
    if kind == "url":
        own = canonical(asked)
        if not is_plain(asked) or not _is_host(host_of(own)) or not _has_origin(own):
            raise _No("what was asked for is no http(s) address in ASCII, its host without escapes")
    else:
        own = asked
        if not _is_host(asked):
            raise _No("what was asked for is no domain in lower case and ASCII")
        if (domain := domain_of(asked)) != asked:
            raise _No(f"{asked} is not registrable by the public suffix list here, but {domain}: ask for that")
        if is_suffix(asked):
            raise _No(f"{asked} is a name under which others have theirs, and of them this proof says nothing")
    if own != stated:
        raise _No(f"the one spelling of what was asked for is {bounded(own, 200)}, and it says {_shown(stated)}")
    return kind, own


def _is_host(name: str | None) -> bool:
    """True of a name of the domain name system in its one spelling, and of an IP address."""
    if name is None:
        return False
    if ":" in name or re.fullmatch(r"\d+|0x[0-9a-f]*", name.rpartition(".")[2]):
        try:
            return name == ip_text(ipaddress.ip_address(name))
        except ValueError:
            return False
    return _HOST.fullmatch(name) is not None


def _has_origin(address: str) -> bool:
    try:
        Origin.parse(address)
    except UnsupportedURL:
        return False
    return True


def _run(each: Mapping[str, Any], name: str, kind: str, target: str, roots: Sequence[Known]) -> str:
    """What is shown of one run."""
    if each.get("tree") != TREES[kind]:
        raise _No(f"its tree is {_shown(each.get('tree'))}, and a proof of that kind is about {TREES[kind]}")
    tree = _tree(each)
    if not _is_known(tree, TREES[kind], roots):
        raise _No(f"it is for the root {tree} of {TREES[kind]}, which is not among those given")
    digest, outcome = digest_of_text(target), each.get("outcome")
    if outcome == "not-admitted":
        _absent(each, tree, digest)
        if kind == "url" and "=" in target:
            return f"not admitted: {target} (of {tree.size} {TREES[kind]}), if this is how its run spells it: {_SPELT}"
        return f"not admitted: {target} (of {tree.size} {TREES[kind]})"
    if outcome != "admitted":
        raise _No(f"its outcome is {_shown(outcome)}, neither admitted nor not-admitted")
    if _entry(each, "entry", tree)[0] != digest:
        raise _No("its entry has another digest than what was asked for")
    return f"admitted: {target} (of {tree.size} {TREES[kind]}), {_decision(each, name, kind, target, roots)}"


def _absent(each: Mapping[str, Any], tree: Known, digest: bytes) -> None:
    """Both neighbours stand side by side and the digest belongs between them; or one is the first or the last."""
    lower, upper = (None if each.get(side) is None else _entry(each, side, tree) for side in ("lower", "upper"))
    if each.get("entry") is not None or each.get("decision") is not None:
        raise _No("not admitted, but with an entry or a decision of it")
    if tree.size == 0:
        if lower or upper or bytes.fromhex(tree.root) != EMPTY:
            raise _No("an empty tree has no entries, and the root of nothing")
        return
    if lower is None and upper is None:
        raise _No("it shows no neighbour")
    if lower is not None and not lower[0] < digest:
        raise _No("its lower neighbour is not below what was asked for")
    if upper is not None and not digest < upper[0]:
        raise _No("its upper neighbour is not above what was asked for")
    if (lower[1] + 1 if lower else 0) != (upper[1] if upper else tree.size):
        raise _No("there is room for another entry between its neighbours")


def _decision(each: Mapping[str, Any], name: str, kind: str, target: str, roots: Sequence[Known]) -> str:
    """The decision under which it was admitted: its words, its place, and whether the root it is under is known."""
    decision = _table(each.get("decision"), "its decision")
    record, seal = _line(decision, "line", "decision", name)
    tree, index = _tree(decision), _number(decision, "index")
    if record.get("seq") != index + 1 or not leads(
        leaf_hash(seal), index, tree.size, _path(decision), bytes.fromhex(tree.root)
    ):
        raise _No("its decision is not at its place in the tree of decisions")
    addresses = admitted_addresses(_whole(record, decision, name))
    if not any(_is_of(canonical(address), kind, target) for address in addresses):
        raise _No("its decision did not admit the content of what was asked for")
    said = f"decision {name}-{index + 1} of {bounded(str(record.get('ts')), 40)}"
    if not _is_known(tree, "decisions", roots):
        if any(root.tree == "decisions" or root.root == tree.root for root in roots):
            raise _No(f"its decision is under the root {tree} of decisions, which is not among those given")
        return f"{said}, which is not checked: its root {tree} is not among those given"
    return said


def _is_known(tree: Known, name: str, roots: Sequence[Known]) -> bool:
    return any(root[:2] == tree[:2] and root.tree in (None, name) for root in roots)


def _is_of(address: str, kind: str, target: str) -> bool:
    if kind == "url":
        return address == target
    host = host_of(address) or ""
    return host == target or host.endswith(f".{target}")


def _line(table: Mapping[str, Any], member: str, kind: str, run: str) -> tuple[Mapping[str, Any], bytes]:
    """A line of the log as it stands there, whose hash is that of its bytes."""
    try:
        raw = _text(table, member, MAX_BYTES).encode()
        record = parsed(raw, MAX_VALUES)
    except (ValueError, RecursionError):
        raise _No(f"the {kind} record in it is no JSON") from None
    sealed = unseal(raw)
    if not isinstance(record, dict) or record.get("type") != kind or record.get("run") != run:
        raise _No(f"what it shows is no {kind} record of its run")
    if sealed is None or sealed[0] != sealed[1] or record.get("hash") != sealed[0]:
        raise _No(f"the {kind} record in it was changed after it was written")
    return record, bytes.fromhex(sealed[0])


def _whole(record: Mapping[str, Any], decision: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The record with what stands elsewhere: members it has in common with others, and personal ones."""
    whole = dict(record)
    if "common" in record:
        common, seal = _line(decision, "common", "common", name)
        if record["common"] != seal.hex():
            raise _No("the decision refers to another common record than the one it shows")
        whole = {**_table(common.get("members"), "the members of its common record"), **record}
    if "personal" in record:
        personal = _table(decision.get("personal"), "its personal members")
        salt, text = _text(personal, "salt", 64), _text(personal, "members", MAX_BYTES)
        try:
            digest = sha256(bytes.fromhex(salt) + text.encode()).hexdigest()
            members = parsed(text.encode(), MAX_VALUES)
        except (ValueError, RecursionError):
            raise _No("its personal members are no JSON, or their salt is no number in hexadecimal") from None
        if record["personal"] != digest or not isinstance(members, dict):
            raise _No("the personal members in it are not those of the decision")
        whole = {**members, **whole}
    return whole


def _entry(each: Mapping[str, Any], member: str, tree: Known) -> tuple[bytes, int]:
    """An entry of the tree that its path leads from."""
    entry = _table(each.get(member), f"its {member}")
    digest, index = bytes.fromhex(_hex(entry, "digest")), _number(entry, "index")
    if not leads(leaf_hash(digest), index, tree.size, _path(entry), bytes.fromhex(tree.root)):
        raise _No(f"the path of its {member} does not lead to the root")
    return digest, index


def _tree(table: Mapping[str, Any]) -> Known:
    return Known(_number(table, "size"), _hex(table, "root"))


def _path(table: Mapping[str, Any]) -> list[bytes]:
    path = _list(table, "path", MAX_PATH)
    if not all(isinstance(node, str) and _DIGEST.fullmatch(node) for node in path):
        raise _No("a node of a path is no SHA-256 in hexadecimal")
    return [bytes.fromhex(node) for node in path]


def _table(value: object, what: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _No(f"{what} is no table")
    return value


def _list(table: Mapping[str, Any], member: str, limit: int) -> list[Any]:
    value = table.get(member)
    if not isinstance(value, list) or len(value) > limit:
        raise _No(f"{member} is no list of up to {limit}")
    return value


def _text(table: Mapping[str, Any], member: str, limit: int) -> str:
    value = table.get(member)
    if not isinstance(value, str) or not value or len(value) > limit:
        raise _No(f"{member} is no text of up to {limit} characters")
    return value


def _hex(table: Mapping[str, Any], member: str) -> str:
    value = table.get(member)
    if not isinstance(value, str) or not _DIGEST.fullmatch(value):
        raise _No(f"{member} is no SHA-256 in hexadecimal")
    return value


def _number(table: Mapping[str, Any], member: str) -> int:
    value = table.get(member)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < MAX_SIZE:
        raise _No(f"{member} is no number")
    return value


def parsed(data: bytes, limit: int) -> Any:
    """What JSON says, each member once. Raises `ValueError`, `RecursionError`; for too much of it before it is read."""
    if len(data) > limit and _values_in(data, limit) > limit:  # each has a character at least
        raise ValueError(f"more than {limit} values")
    return json.loads(data.decode("utf-8"), parse_constant=_no_number, object_pairs_hook=_once)


def _values_in(data: bytes, limit: int) -> int:
    """How many values JSON has, or a few more; of what is none some number. As many strings are not looked between."""
    plain = data.replace(b"\\\\", b"").replace(b'\\"', b"")
    strings = plain.count(b'"') // 2
    if strings > limit:
        return strings
    between = b"".join(plain.split(b'"')[::2])
    return strings + sum(map(between.count, (b"[", b"{", b",")))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The members of an object. Raises `ValueError` if there are two of a name: readers differ in which they take."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a member stands there twice")
    return found


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no number of JSON")


def _shown(value: object) -> str:
    try:
        return bounded(json.dumps(value), 200) or ""
    except (ValueError, RecursionError):
        return "something long"
