"""Logs in which every record is in the chain: what `verify` says of whole ones, altered ones, cut ones, and parts."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard import ConfigurationError
from tdm_guard.log.checks.finding import Finding, LogSeverity
from tdm_guard.log.reader import read_log
from tdm_guard.log.trees import Trees
from tdm_guard.log.verify import Verification
from tests.log.test_docs import blocks
from tests.support.chains import Chain, joined, spelt

Lines = list[bytes]
SILENT = {"origin": "https://r1.example", "verdict": "unreserved", "admitted": True, "enforced": True, "content": True}


def found(*paths: Path, heads: tuple[str, ...] = (), trees: bool = False) -> list[Finding]:
    """
    The findings of both ways through the files, which agree: the swift one, and by the records that were read.

    The script of the docs agrees, too, on what the chain alone can tell.
    """
    make = (lambda told: Trees()) if trees else None
    swift, slow = (Verification(heads=heads, trees=make) for _ in range(2))
    findings = list(swift.files(paths))
    assert list(slow.findings(read_log(paths))) == findings
    assert (slow.decisions, slow.runs, slow.errors) == (swift.decisions, swift.runs, swift.errors)
    assert [run.to_dict() for run in slow.each_run()] == [run.to_dict() for run in swift.each_run()]
    if len(paths) == 1 and independent()(paths[0], heads):
        assert swift.errors
    return findings


def errors(*paths: Path, **given: tuple[str, ...]) -> list[tuple[int, str]]:
    return [(each.line, each.message) for each in found(*paths, **given) if each.severity is LogSeverity.ERROR]


def compact(chain: Chain, seq: int) -> Chain:
    """A decision of the compact form, which refers to the record before it that has the rest."""
    chain.seq, chain.totals["unreserved"] = seq, chain.totals.get("unreserved", 0) + 1
    return chain.add(
        "decision", seq=seq, url=f"https://r1.example/{seq}", common=chain.heads[-1], bytes=None, content_sha256=None,
        cached=False,
    )  # fmt: skip


def whole() -> Chain:
    """A run with a record of every type that a run writes."""
    chain = Chain().decision().decision(verdict="reserved").decision().body(3).body(1)
    compact(chain.add("common", members=SILENT), 4)
    return chain.decision(content_sha256="d" * 64).end()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return whole().write(tmp_path / "tdm.jsonl")


def test_a_whole_log_has_no_findings(log: Path) -> None:
    assert found(log) == []


def test_the_head_is_the_hash_of_the_last_record(log: Path) -> None:
    verification = Verification()
    assert list(verification.files([log])) == []
    [run] = verification.each_run()
    assert run.to_dict() == {
        "name": "r1", "file": str(log), "agent": "ExampleBot", "decisions": 5, "ended": True, "whole": True,
        "forgotten": 0, "head": whole().head, "roots": {"stated": None, "recomputed": None},
    }  # fmt: skip
    assert json.loads(log.read_bytes().splitlines()[-1])["hash"] == run.head


def test_an_older_log_has_its_decisions_in_the_chain_alone(tmp_path: Path) -> None:
    chain = Chain(records=False).decision().body(1).decision().end()
    assert found(chain.write(tmp_path / "old")) == []
    chain.lines[2] = chain.lines[2].replace(b'"bytes":10', b'"bytes":11')
    assert found(chain.write(tmp_path / "old")) == []
    assert found(tmp_path / "old", heads=(chain.head,)) == []
    chain.lines[3] = chain.lines[3].replace(b"r1.example", b"r2.example")
    assert errors(chain.write(tmp_path / "old"))[0][0] == 4


@pytest.mark.parametrize("number", range(len(whole().lines)))
@pytest.mark.parametrize("kind", ["edited", "removed", "repeated", "swapped", "glued"])
def test_the_first_bad_record_is_named_with_what_is_wrong(tmp_path: Path, kind: str, number: int) -> None:
    lines = whole().lines
    last = number == len(lines) - 1
    first = number == 0
    if kind == "edited":
        lines[number] = lines[number].replace(b'"ts":"2026', b'"ts":"2025')
        line, said = (2, "prev is not its hash") if first else (number + 1, "changed after it was written")
    elif kind == "removed":
        del lines[number]
        line, said = (1, "no run record before it") if first else (number + 1, "")
        if last:
            assert [(each.line, each.severity) for each in found(write(tmp_path, lines))] == [(0, "remark")]
            return
    elif kind == "repeated":
        lines.insert(number, lines[number])
        line, said = number + 2, "begins a second time" if first else "after its end" if last else "repeated"
    elif kind == "swapped":
        if last:
            return
        lines[number : number + 2] = reversed(lines[number : number + 2])
        line, said = number + 1, ""
    else:
        if last:
            return
        lines[number : number + 2] = [lines[number] + lines[number + 1]]
        line, said = number + 1, "two records in one line"
    path = write(tmp_path, lines)
    got = errors(path)
    assert independent()(path)
    assert (got[0][0], said in got[0][1]) == (line, True), got


def write(folder: Path, lines: Lines) -> Path:
    path = folder / "altered.jsonl"
    path.write_bytes(joined(lines))
    return path


UNENDED = 2


def several() -> tuple[Lines, list[str]]:
    """A file of four runs whose lines are mixed, and the heads of all: one of them is nothing but a run record."""
    runs = [whole(), Chain("r2").decision().body(1).decision(), Chain("r3").end(), Chain("r4", records=True)]
    lines = [chain.lines[0] for chain in runs]
    rest = [chain.lines[1:] for chain in runs]
    for place in range(max(map(len, rest))):
        lines += [each[place] for each in rest if place < len(each)]
    return lines, [chain.head for chain in runs]


def test_a_cut_after_any_line_is_seen_when_the_heads_are_given(tmp_path: Path) -> None:
    lines, heads = several()
    assert errors(write(tmp_path, lines), heads=tuple(heads)) == []
    for number in range(len(lines)):
        cut = write(tmp_path, lines[:number])
        wrong = [message for _, message in errors(cut, heads=tuple(heads))]
        assert any("the log was cut before it, or altered" in message for message in wrong), number
        assert set(independent()(cut, heads)) & set(heads)


def test_a_head_that_more_records_follow_is_a_remark(tmp_path: Path) -> None:
    chain = whole()
    path = chain.write(tmp_path / "a")
    for number, head in enumerate(chain.heads):
        remarks = found(path, heads=(head,))
        after = len(chain.lines) - 1 - number
        assert [each.severity for each in remarks] == [LogSeverity.REMARK] * bool(after)
        if after:
            assert remarks[0].line == number + 1
            assert f"{after} more record" in remarks[0].message


def test_a_head_before_which_the_log_was_altered_is_none(tmp_path: Path) -> None:
    chain = whole()
    chain.lines[1] = chain.lines[1].replace(b"r1.example/1", b"r1.example/9")
    assert any("altered before" in message for _, message in errors(chain.write(tmp_path / "a"), heads=(chain.head,)))


def test_what_is_no_hash_is_a_wrong_call() -> None:
    with pytest.raises(ValueError, match="'12' is no hash"):
        Verification(heads=["12"])


# ---- parts --------------------------------------------------------------------------------------------------------


def parts(folder: Path) -> tuple[list[Path], Chain]:
    chain = Chain().decision().body(1)
    cuts = [len(chain.lines)]
    cuts.append(len(chain.part(2).decision().decision(verdict="reserved").lines))
    chain.part(3).decision().body(4).body(2).end()
    files = []
    for number, (start, end) in enumerate(zip([0, *cuts], [*cuts, None], strict=True), 1):
        files.append(folder / f"p{number}")
        files[-1].write_bytes(joined(chain.lines[start:end]))
    return files, chain


def test_a_run_goes_on_in_its_parts_in_whatever_order_they_are_given(tmp_path: Path) -> None:
    files, chain = parts(tmp_path)
    for order in (files, files[::-1], [files[1], files[2], files[0]]):
        assert found(*order, heads=(chain.head,)) == []


def test_a_part_without_those_before_it_is_a_remark(tmp_path: Path) -> None:
    files, chain = parts(tmp_path)
    for some in (files[1:], files[2:]):
        remark, *rest = [each for each in found(*some, heads=(chain.head,)) if each.severity is LogSeverity.REMARK]
        assert (remark.line, remark.explained, rest) == (1, False, [])
        assert "what stood before was not given" in remark.message


def test_a_part_that_is_missing_in_between_is_an_error(tmp_path: Path) -> None:
    files, _ = parts(tmp_path)
    assert errors(files[0], files[2])[0] == (1, "part 3 of run 'r1' comes after part 1")


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"part": 3, "of": {}}, "comes after part 1"),
        ({"part": 1, "of": {}}, "does not say"),
        ({"part": "2", "of": {}}, "does not say"),
        ({"part": True, "of": {}}, "does not say"),
        ({"part": 2}, "does not say"),
        ({"part": 2, "of": {"agent": "OtherBot"}}, "says otherwise"),
    ],
)
def test_a_part_that_does_not_fit_is_an_error(tmp_path: Path, members: dict[str, object], said: str) -> None:
    path = Chain().decision().add("part", **members).end().write(tmp_path / "a")
    assert any(said in message for _, message in errors(path))


def test_a_part_that_was_changed_is_an_error(tmp_path: Path) -> None:
    files, _ = parts(tmp_path)
    files[1].write_bytes(files[1].read_bytes().replace(b"ExampleBot", b"ExampleBat"))
    for some in (files[1:2], files[:2]):
        assert errors(*some)[0][0] == 1


# ---- later versions ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda line: line.replace(b'"v":1', b'"v":2'), "version 2 of a run record"),
        (lambda line: line.replace(b'"chain":"records"', b'"chain":"tree"'), "a chain over 'tree'"),
        (lambda line: line.replace(b'"chain":"records"', b'"chain":["records"]'), "a chain over ['records']"),
    ],
)
def test_a_log_of_a_later_version_is_refused_in_one_sentence(
    tmp_path: Path, change: Callable[[bytes], bytes], said: str
) -> None:
    chain = whole()
    chain.lines[0] = change(chain.lines[0])
    verification = Verification()
    [finding] = verification.files([chain.write(tmp_path / "a")])
    assert verification.refused == finding
    assert said in finding.message
    assert "later tdm_guard" in finding.message


def test_a_record_of_an_unknown_type_is_in_the_chain_all_the_same(tmp_path: Path) -> None:
    path = Chain().decision().add("novelty", x=1).decision().end().write(tmp_path / "a")
    [remark] = found(path)
    assert (remark.line, remark.severity) == (3, LogSeverity.REMARK)
    path.write_bytes(path.read_bytes().replace(b'"x":1', b'"x":2'))
    assert errors(path)[0][0] == 3


# ---- the compact form ----------------------------------------------------------------------------------------------


def test_a_decision_refers_to_what_its_run_said_before(tmp_path: Path) -> None:
    chain = Chain().add("common", members=SILENT)
    compact(chain, 1)
    lines = chain.lines
    path = write(tmp_path, [lines[0], lines[2]])
    assert any("stands in no record before it" in message for _, message in errors(path))
    assert errors(write(tmp_path, lines)) == []
    odd = Chain().add("common", members={**SILENT, "verdict": "fine"})
    assert any("verdict 'fine'" in message for _, message in errors(odd.write(tmp_path / "a")))


# ---- what was forgotten ---------------------------------------------------------------------------------------------


def forgetting(*numbers: int, list_them: bool = True, records: bool = True) -> Chain:
    chain = Chain(records=records).decision().decision(verdict="reserved").decision().body(3).end()
    hashes = [chain.forget(number) for number in numbers]
    listed = {"hashes": hashes} if list_them else {}
    return chain.add("deletion", by="me", why="asked", rule="request", decisions=len(numbers), **listed)


@pytest.mark.parametrize("records", [True, False])
def test_a_tombstone_that_a_deletion_record_lists_is_said(tmp_path: Path, *, records: bool) -> None:
    chain = forgetting(1, 2, records=records)
    [remark] = found(chain.write(tmp_path / "a"), heads=(chain.head,))
    assert (remark.severity, remark.explained) == (LogSeverity.REMARK, True)
    assert "2 forgotten, content not checkable" in remark.message


def test_a_tombstone_that_none_lists_is_an_error(tmp_path: Path) -> None:
    for chain in (forgetting(1, 2, list_them=False), forgetting(1)):
        chain.forget(3)
        wrong = errors(chain.write(tmp_path / "a"))
        assert (wrong[-1][0], "no deletion record" in wrong[-1][1]) == (4, True)
    chain = forgetting(1)
    chain.lines[-1] = chain.lines[-1].replace(b'"why":"asked"', b'"why":"other"')
    assert errors(chain.write(tmp_path / "a"))[0][0] == 7


def test_a_tombstone_stays_in_the_chain(tmp_path: Path) -> None:
    chain = forgetting(2)
    chain.lines[2] = chain.lines[2].replace(chain.heads[2].encode(), b"0" * 64)
    assert errors(chain.write(tmp_path / "a"))[0][0] == 4


@pytest.mark.parametrize(
    "members",
    [{"decisions": "1", "hashes": []}, {"decisions": 1, "hashes": 7}, {"decisions": 2, "hashes": ["a"]}, {}],
)
def test_a_deletion_record_that_says_nothing_is_an_error(tmp_path: Path, members: dict[str, object]) -> None:
    assert [line for line, _ in errors(Chain().end().add("deletion", **members).write(tmp_path / "a"))] == [3]


def test_records_that_follow_a_head_because_of_a_deletion_are_explained(tmp_path: Path) -> None:
    chain = Chain().decision().end().add("deletion", decisions=1)
    [remark] = found(chain.write(tmp_path / "a"), heads=(chain.heads[2],))
    assert remark.explained


# ---- trees ----------------------------------------------------------------------------------------------------------


def planted(**other: dict[str, object]) -> Chain:
    """A run with the trees that its records come to, but for those given."""
    chain = Chain().decision().decision(verdict="reserved").decision("https://b.example/x").decision(content=False)
    trees = Trees()
    for number, addresses in enumerate((["https://r1.example/1"], [], ["https://b.example/x"], []), 1):
        trees.decided(chain.heads[number], addresses)
    return chain.end(trees={**trees.stated(), **other})


def test_the_stated_trees_are_those_of_the_records(tmp_path: Path) -> None:
    assert found(planted().write(tmp_path / "a"), trees=True) == []


@pytest.mark.parametrize("name", ["decisions", "addresses", "domains"])
def test_another_root_or_size_is_an_error(tmp_path: Path, name: str) -> None:
    stated = json.loads(planted().lines[-1])["trees"][name]
    for wrong in ({**stated, "size": 9}, {**stated, "root": "0" * 64}, {}, None, {"size": "1", "root": "x"}):
        [finding] = found(planted(**{name: wrong}).write(tmp_path / "a"), trees=True)
        assert (finding.line, finding.severity, name in finding.message) == (6, LogSeverity.ERROR, True)


def test_domains_of_another_suffix_list_are_not_recomputed_which_is_a_doubt(tmp_path: Path) -> None:
    stated = json.loads(planted().lines[-1])["trees"]["domains"]
    other = planted(domains={**stated, "suffixes": "0" * 64, "root": "1" * 64})
    [finding] = found(other.write(tmp_path / "a"), trees=True)
    assert (finding.severity, finding.explained) == (LogSeverity.REMARK, False)


ROOT = "0" * 64
SHAPES: list[Any] = [
    "xx", 5, None, {}, {"size": "a"}, {"size": 2, "root": None}, {"size": 2, "root": "zz"}, {"size": -1, "root": ROOT},
    {"size": True, "root": ROOT}, {"size": 2**63, "root": ROOT}, {"size": 2, "root": "A" * 64},
    {"size": 2, "root": ROOT, "more": []},
]  # fmt: skip


@pytest.mark.parametrize("forgotten", [False, True])
@pytest.mark.parametrize("name", ["decisions", "addresses", "domains"])
def test_what_is_stated_of_a_tree_has_a_shape(tmp_path: Path, name: str, *, forgotten: bool) -> None:
    """Also where the roots are not recomputed."""
    own = {"suffixes": ROOT} if name == "domains" else {}
    for shape in SHAPES:
        chain = planted(**{name: {**shape, **own} if isinstance(shape, dict) else shape})
        if forgotten:
            hashes = [chain.forget(1)]
            chain.add("deletion", by="me", why="asked", rule="request", decisions=1, hashes=hashes)
        path = chain.write(tmp_path / "a")
        for trees in (True, False):
            told = [each.message for each in found(path, trees=trees) if each.severity is LogSeverity.ERROR]
            assert [f"the tree of {name} is stated as" in each for each in told] == [True], shape


@pytest.mark.parametrize("suffixes", [None, 7, "", "0" * 63, "F" * 64, "0" * 64 + "\n", []])
def test_the_suffix_list_is_named_by_a_digest(tmp_path: Path, suffixes: object) -> None:
    stated = json.loads(planted().lines[-1])["trees"]["domains"]
    [(_, words)] = errors(planted(domains={**stated, "suffixes": suffixes}).write(tmp_path / "a"))
    assert "no digest of a public suffix list" in words
    del stated["suffixes"]
    [(_, words)] = errors(planted(domains=stated).write(tmp_path / "a"))
    assert "its members are not root, size, suffixes" in words


@pytest.mark.parametrize("trees", [None, [], "none", 0])
def test_trees_that_are_none_are_an_error(tmp_path: Path, trees: object) -> None:
    [(_, words)] = errors(Chain().decision().end(trees=trees).write(tmp_path / "a"))
    assert words.endswith("of an end record are none")


def test_of_what_was_forgotten_the_tree_of_decisions_is_recomputed(tmp_path: Path) -> None:
    chain = planted()
    hashes = [chain.forget(1)]
    chain.add("deletion", by="me", why="asked", rule="request", decisions=1, hashes=hashes)
    findings = found(chain.write(tmp_path / "a"), trees=True)
    assert [(each.severity, each.explained) for each in findings] == [(LogSeverity.REMARK, True)] * 3


def test_members_that_should_stand_beside_the_log_are_an_error_unless_they_were_deleted(tmp_path: Path) -> None:
    chain = Chain()
    members = {"verdict": "unreserved", "admitted": True, "content": True, "content_sha256": None}
    chain.add("decision", seq=1, id="r1-1", **members, personal="a" * 64).end(totals={"unreserved": 1})
    [error] = found(chain.write(tmp_path / "a"))
    assert (error.severity, "no deletion record says why" in error.message) == (LogSeverity.ERROR, True)
    [remark] = found(chain.add("deletion", decisions=1).write(tmp_path / "a"))
    assert (remark.explained, "1 forgotten, content not checkable" in remark.message) == (True, True)


@pytest.mark.parametrize("more", [{"url": "https://r1.example/"}, {"verdict": "unreserved", "admitted": True}])
def test_a_tombstone_has_no_other_members(tmp_path: Path, more: dict[str, Any]) -> None:
    chain = Chain().decision().decision().end()
    hashes = [chain.forget(1)]
    chain.add("deletion", decisions=1, hashes=hashes)
    assert not errors(chain.write(tmp_path / "a"))
    record = json.loads(chain.lines[1])
    digest = record.pop("hash")
    chain.lines[1] = spelt({**record, **more, "hash": digest})
    [(line, words)] = errors(chain.write(tmp_path / "a"))
    assert (line, all(repr(name) in words or name in words for name in more)) == (2, True)


# ---- anything at all ------------------------------------------------------------------------------------------------


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_no_edit_of_a_log_goes_unseen(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    lines, heads = several()
    altered = list(lines)
    for _ in range(data.draw(st.integers(1, 3), label="edits")):
        alter(altered, data)
    path = write(tmp_path_factory.getbasetemp(), altered)
    verification = Verification(heads=heads)
    try:
        list(verification.files([path]))
    except ConfigurationError:  # no record is left
        assert independent()(path, heads)
        return
    slow = Verification(heads=heads)
    list(slow.findings(read_log([path])))
    assert bool(slow.errors) == bool(verification.errors) == bool(independent()(path, heads))
    seen = verification.errors or verification.count.doubts > UNENDED  # as a strict view counts
    assert bool(seen) == (by_run(altered) != by_run(lines))


@cache
def independent() -> Callable[..., list[object]]:
    """The script of docs/log.md, which knows nothing of us."""
    names: dict[str, Any] = {}
    exec(compile(blocks("log.md", "python")[0], "docs/log.md", "exec"), names)
    found: Callable[..., list[object]] = names["broken"]
    return found


def alter(lines: Lines, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(lines) - 1), label="place")
    other = data.draw(st.integers(0, len(lines) - 1), label="other")
    match data.draw(st.sampled_from(["edit", "swap", "remove", "repeat", "cut", "move"]), label="kind"):
        case "edit":
            line = lines[place]
            at = data.draw(st.integers(0, len(line) - 1), label="at")
            lines[place] = line[:at] + data.draw(st.sampled_from([b"0", b"a", b"}", b"\\", b""])) + line[at + 1 :]
        case "swap":
            lines[place], lines[other] = lines[other], lines[place]
        case "remove" if len(lines) > 1:
            del lines[place]
        case "repeat":
            lines.insert(other, lines[place])
        case "cut" if place:
            del lines[place:]
        case "move":
            lines.insert(other, lines.pop(place))


def by_run(lines: Lines) -> dict[bytes, Lines]:
    """The lines of each run in their order: all that an order of lines is about."""
    found: dict[bytes, Lines] = {}
    for line in lines:
        found.setdefault(line.partition(b'"run":"')[2][:2], []).append(line)
    return found


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(["decision", "body", "common", "part", "end", "deletion", "forgotten", "run"]).flatmap(
            lambda kind: st.fixed_dictionaries(
                {"type": st.just(kind), "v": st.sampled_from([1, 2, None]), "run": st.sampled_from(["r", "s", 7])},
                optional={
                    name: st.none() | st.integers(-1, 3) | st.text(max_size=3) | st.just({}) | st.just([])
                    for name in (
                        "seq",
                        "id",
                        "part",
                        "of",
                        "chain",
                        "members",
                        "common",
                        "hashes",
                        "decisions",
                        "trees",
                        "totals",
                        "prev",
                        "hash",
                        "url",
                        "hops",
                        "decision",
                    )
                },
            )
        ),
        max_size=6,
    )
)
def test_no_records_make_a_verification_raise(
    tmp_path_factory: pytest.TempPathFactory, records: list[dict[str, object]]
) -> None:
    path = write(tmp_path_factory.getbasetemp(), [spelt(record) for record in records])
    verification = Verification(heads=["0" * 64], trees=lambda told: Trees())
    list(verification.files([path]))
    list(Verification(trees=lambda told: Trees()).findings(read_log([path])))
