"""Questions for a person, and the file of answers: what is asked, and that an answer is written whole or not at all."""

from __future__ import annotations

import stat
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard import ConfigurationError
from tdm_guard.reports import review_file
from tdm_guard.reports.review_file import append, quoted
from tdm_guard.reports.reviews import Question, is_waiting, questions

MATCH = {"key": "creator_name", "value": "exemple marie", "strength": "name"}
ANSWER = {"outcome": "released", "by": "legal@acme.example", "why": "another person"}


def doubted(**members: Any) -> dict[str, Any]:
    return {
        "kind": "reservation", "signal": "repertoire", "layer": "repertoire", "source": "musique-1", "match": MATCH,
        "doubt": "only a name", "rightsholder": "Société", "contact": "ai@society.example", "excerpt": "tdm",
        "policy_url": "https://society.example/ai", "declaration": {"form": "letter", "mandate_status": "asserted"},
        **members,
    }  # fmt: skip


def record(*because: Any, **members: Any) -> dict[str, Any]:
    url = "https://a.example/1"
    return {"verdict": "review", "id": "run-1", "ts": "2026", "final_url": url, "because": list(because), **members}


def asked(*because: Any) -> list[Question]:
    return list(questions([record(*because)]))


def test_a_match_in_doubt_is_a_question() -> None:
    assert asked(doubted()) == [
        Question(
            number=1, decision="run-1", ts="2026", url="https://a.example/1", why="only a name",
            declaration="musique-1", key="creator_name", value="exemple marie", strength="name", words="tdm",
            rightsholder="Société", contact="ai@society.example", policy_url="https://society.example/ai",
            form="letter", mandate="asserted",
        )
    ]  # fmt: skip


def test_a_licence_in_doubt_is_a_question_about_the_licence() -> None:
    marks = [
        {"id": "lic-1", "outcome": "review", "why": "it has no evidence"},
        {"id": "lic-2", "outcome": "not-lifted"},
    ]
    site = {"layer": "location", "source": "https://a.example/robots.txt", "authorisations": marks}
    [question] = asked(site)
    assert (question.authorisation, question.why) == ("lic-1", "it has no evidence")
    assert (question.declaration, question.key, question.answerable) == (None, None, True)


def test_a_match_that_is_confirmed_leaves_the_question_of_the_licence() -> None:
    marks = [{"id": "lic-1", "outcome": "review", "why": "it has no evidence"}]
    [question] = asked(doubted(authorisations=marks, reviewed={"outcome": "confirmed"}))
    assert question.authorisation == "lic-1"
    assert not asked(doubted(authorisations=marks, reviewed={"outcome": "released"}))[0].answerable


def test_each_doubt_has_a_number_over_all_records() -> None:
    licence = {"authorisations": [{"id": "lic-1", "outcome": "review", "why": "no evidence"}]}
    found = list(questions([record(doubted(), doubted(source="b-2")), record(doubted(**licence), id="run-2")]))
    assert [(q.number, q.decision, q.declaration, q.authorisation) for q in found] == [
        (1, "run-1", "musique-1", None), (2, "run-1", "b-2", None),
        (3, "run-2", "musique-1", None), (4, "run-2", "musique-1", "lic-1"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "entry", [doubted(reviewed={"outcome": "released"}), doubted(doubt=None), {}, {"match": 7, "doubt": 7}], ids=str
)
def test_what_is_settled_is_no_question_and_a_record_without_reason_is_one_without_answer(
    entry: dict[str, Any],
) -> None:
    [question] = asked(entry)
    assert (question.why, question.answerable) == ("the record does not say why", False)
    assert len(asked(entry, doubted())) == 1


@pytest.mark.parametrize(
    ("members", "same"),
    [
        ({}, True),
        ({"match": {**MATCH, "value": "exemple paul"}}, False),
        ({"match": {**MATCH, "key": "publisher"}}, False),
        ({"source": "other"}, False),
        ({"authorisations": [{"id": "lic-1", "outcome": "review"}], "doubt": None}, False),
    ],
    ids=str,
)
def test_one_answer_answers_all_questions_about_the_same(members: dict[str, Any], same: bool) -> None:
    one, other = questions([record(doubted()), record(doubted(**members), final_url="https://b.example/")])
    assert one.same(other) is same
    assert other.same(one) is same


@pytest.mark.parametrize(
    ("verdict", "waits"), [("review", True), ("reserved", False), (None, False), (["review"], False)]
)
def test_only_a_review_waits(verdict: Any, waits: bool) -> None:
    assert is_waiting({"verdict": verdict}) is waits


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just("review"),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
MEMBERS = ("doubt", "match", "source", "layer", "authorisations", "reviewed", "declaration", "excerpt", "contact")


@settings(max_examples=100)
@given(
    st.fixed_dictionaries(
        {"because": ANY | st.lists(st.fixed_dictionaries({}, optional=dict.fromkeys(MEMBERS, ANY)), max_size=3)},
        optional=dict.fromkeys(("id", "ts", "url", "final_url", "hops"), ANY),
    )
)
def test_no_record_makes_it_raise(given_record: dict[str, Any]) -> None:
    assert list(questions([given_record]))


# ---- the file -----------------------------------------------------------------------------------------------------


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "reviews.toml"


def files(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def written(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tomllib.loads(path.read_text(encoding="utf-8"))["reviews"]
    return found


@settings(max_examples=200)
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_comes_back(text: str) -> None:
    assert tomllib.loads(f"a = {quoted(text)}")["a"] == text


@pytest.mark.parametrize(
    "text", ['"', "\\", "\x00", "\x7f", "\r\n", '"""', "\x1b[31m", "\u2028", "]]\n[[x]]", "𝄞"], ids=ascii
)
def test_no_text_leaves_its_string(path: Path, text: str) -> None:
    append(path, [{**ANSWER, "why": text}])
    assert written(path) == [{**ANSWER, "why": text}]


def test_a_lone_surrogate_is_shown(path: Path) -> None:
    append(path, [{"why": "a\udc80"}])
    assert written(path) == [{"why": "a\\udc80"}]


@pytest.mark.parametrize(
    "before", ["", "# ours\n", "# ours", "a = 1\r\n", "\n\n", "[[reviews]]\nby = 'x'\n[[authorisations]]\n"]
)
def test_what_people_wrote_stays_as_it_is(path: Path, before: str) -> None:
    path.write_bytes(before.encode())
    earlier = tomllib.loads(before).get("reviews", [])
    append(path, [ANSWER])
    append(path, [ANSWER, {**ANSWER, "outcome": "confirmed"}])
    assert path.read_bytes().startswith(before.encode())
    assert written(path) == [*earlier, ANSWER, ANSWER, {**ANSWER, "outcome": "confirmed"}]
    assert files(path.parent) == [path.name]


def test_a_new_file_is_for_owner_and_group_and_an_old_one_keeps_its_mode(path: Path) -> None:
    append(path, [ANSWER])
    assert path.stat().st_mode & 0o007 == 0
    path.chmod(0o604)
    append(path, [ANSWER])
    assert stat.S_IMODE(path.stat().st_mode) == 0o604


def test_a_link_stays_a_link(path: Path, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    path.symlink_to(tmp_path / "there" / "real.toml")
    append(path, [ANSWER])
    assert path.is_symlink()
    assert written(tmp_path / "there" / "real.toml") == [ANSWER]


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (b"= 3", "is no TOML"),
        (b"\xff", "is no TOML"),
        (b"a = " + b"[" * 5000, "is no TOML"),
        (b"reviews = []\n", r"cannot take a \[\[reviews\]\] table"),
        (b"reviews = 1\n", r"cannot take a \[\[reviews\]\] table"),
    ],
    ids=lambda value: repr(value[:20]),
)
def test_a_file_that_cannot_take_it_is_left_as_it_was(path: Path, before: bytes, said: str) -> None:
    path.write_bytes(before)
    with pytest.raises(ConfigurationError, match=said):
        append(path, [ANSWER])
    assert path.read_bytes() == before
    assert files(path.parent) == [path.name]


def test_a_file_of_more_than_a_run_loads_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(review_file, "MAX_BYTES", 100)
    path.write_bytes(b"# " + b"x" * 50 + b"\n")
    with pytest.raises(ConfigurationError, match="larger than 100 bytes"):
        append(path, [ANSWER])
    path.write_bytes(b"# " + b"x" * 500 + b"\n")  # not read to its end, so never written back in part
    with pytest.raises(ConfigurationError, match="larger than 100 bytes"):
        append(path, [ANSWER])
    assert len(path.read_bytes()) == 503


def test_two_writers_do_not_lose_an_answer(path: Path) -> None:
    beside = path.with_name(f".{path.name}.new")
    beside.write_text("another's")
    with pytest.raises(ConfigurationError, match="another review is being written"):
        append(path, [ANSWER])
    assert beside.read_text() == "another's"
    beside.unlink()
    append(path, [ANSWER])
    assert written(path) == [ANSWER]


def test_a_disk_that_takes_no_more_leaves_the_file_as_it_was(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    append(path, [ANSWER])

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tdm_guard.reports.review_file.os.fsync", full)
    with pytest.raises(ConfigurationError, match="No space left"):
        append(path, [{**ANSWER, "outcome": "confirmed"}])
    assert written(path) == [ANSWER]
    assert files(path.parent) == [path.name]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    for path in (tmp_path / "none" / "reviews.toml", tmp_path):
        with pytest.raises(ConfigurationError, match="cannot be written"):
            append(path, [ANSWER])
    assert files(tmp_path) == []
