"""`review`: many answers in one call, a table that goes out and comes back, and what is left."""

from __future__ import annotations

import csv
import io
import json
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from tdm_guard import matched
from tdm_guard.cli import app
from tdm_guard.reports import review_table
from tdm_guard.reports.reviews import Question, questions

WHO = ("--by", "legal@acme.example", "--why", "another person")
TO = ("--to", "reviews.toml")
RUN = {"type": "run", "v": 1, "run": "r"}


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    # Questions 1 and 4 ask the same of two addresses; 3 is about a licence of the declaration of question 1.
    log("tdm.jsonl", doubt("a", "marie"), doubt("b", "paul"), doubt("c", licence="lic-1"), doubt("d", "marie"),
        doubt("e", "anna", source="other-1"))  # fmt: skip


def doubt(
    page: str, value: str = "", *, source: str = "music-1", licence: str | None = None, why: str = "no evidence"
) -> dict[str, Any]:
    entry: dict[str, Any] = {"layer": "repertoire", "source": source, "excerpt": "=tdm", "rightsholder": "Société"}
    if licence:
        entry["authorisations"] = [{"id": licence, "outcome": "review", "why": why}]
    else:
        entry |= {"match": {"key": "creator_name", "value": value, "strength": "name"}, "doubt": "only a name"}
    url = f"https://{page}.example/"
    return {"type": "decision", "verdict": "review", "url": url, "final_url": url, "because": [entry]}


def log(name: str, *records: dict[str, Any]) -> None:
    numbered = [
        {"run": "r", "id": f"r-{n}", "ts": f"2026-01-01T00:00:0{n}Z", **each} for n, each in enumerate(records, 1)
    ]
    Path(name).write_text("".join(json.dumps(each) + "\n" for each in (RUN, *numbered)), encoding="utf-8")


def run(*arguments: str, paths: tuple[str, ...] = ("tdm.jsonl",)) -> Result:
    result = CliRunner().invoke(app, ["review", *paths, *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def good(*arguments: str) -> str:
    result = run(*arguments)
    assert result.exit_code == 0, result.stderr
    return result.stdout


def bad(*arguments: str, paths: tuple[str, ...] = ("tdm.jsonl",)) -> str:
    before = Path("reviews.toml").read_bytes() if Path("reviews.toml").exists() else None
    result = run(*arguments, paths=paths)
    assert (result.exit_code, result.stdout) == (2, "")
    assert (Path("reviews.toml").read_bytes() if Path("reviews.toml").exists() else None) == before
    return result.stderr


def answers(name: str = "reviews.toml") -> list[tuple[str, str]]:
    """Outcome and subject of each review in the file."""
    tables = tomllib.loads(Path(name).read_text(encoding="utf-8"))["reviews"]
    return [(each["outcome"], each.get("authorisation") or each["value"]) for each in tables]


def left(*arguments: str) -> list[int]:
    return [json.loads(line)["number"] for line in good("--format", "json", *arguments).splitlines()]


def table() -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(good("--format", "csv"))))


def back(rows: list[dict[str, str]], *, columns: list[str] | None = None, sign: str = ",") -> None:
    """Writes a table as a spreadsheet would that was told to save it."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns or list(rows[0]), delimiter=sign, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    Path("back.csv").write_bytes(text.getvalue().encode())


# ---- many answers in one call -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ["--release", "1", "--release", "2"],
        ["--release", "1,2"],
        ["--release", "2", "--release", "1, 2,"],
        ["--release", "r-1,r-2"],
        ["--release", "4", "--release", "2"],  # 4 asks what 1 asks
    ],
    ids=" ".join,
)
def test_all_numbers_named_are_recorded(arguments: list[str]) -> None:
    said = good(*arguments, *WHO, *TO)
    assert sorted(answers()) == [("released", "marie"), ("released", "paul")]
    assert "This answers 3 questions of these logs." in said
    assert "Left: 2 questions.\n" in said


def test_names_of_questions_are_taken_too_and_are_those_of_the_list() -> None:
    names = re.findall(r"question (q-[0-9a-f]{16}),", good())
    assert len(set(names)) == 5
    good("--confirm", f"{names[1]},{names[4]}", *WHO, *TO)
    assert answers() == [("confirmed", "paul"), ("confirmed", "anna")]


def test_some_are_released_and_others_confirmed_in_one_call() -> None:
    said = good("--release", "1", "--confirm", "2,5", *WHO, *TO)
    assert sorted(answers()) == [("confirmed", "anna"), ("confirmed", "paul"), ("released", "marie")]
    assert "released: music-1 does not reserve" in said
    assert "confirmed: other-1 reserves" in said


@pytest.mark.parametrize(("one", "other"), [("1", "1"), ("1", "4"), ("r-1", "1"), ("1,2", "5,4")])
def test_one_question_has_one_outcome(one: str, other: str) -> None:
    assert "one outcome for a question" in bad("--release", one, "--confirm", other, *WHO, *TO)


def test_the_same_asked_of_two_addresses_may_differ_by_address() -> None:
    said = good("--release", "1", "--confirm", "4", "--url-only", *WHO, *TO)
    assert answers() == [("released", "marie"), ("confirmed", "marie")]
    assert "This answers 2 questions" in said


@pytest.mark.parametrize("flags", [["--release", "--all-of", "music-1"], ["--all-of", "music-1", "--release"]])
def test_all_of_a_declaration_is_answered_but_no_licence_of_it(flags: list[str]) -> None:
    assert "This answers 3 questions" in good(*flags, *WHO, *TO)
    assert answers() == [("released", "marie"), ("released", "paul")]
    assert left("--reviews", "reviews.toml") == [3, 5]


def test_all_of_several_and_of_a_licence() -> None:
    good("--confirm", "--all-of", "lic-1", "--all-of", "other-1", *WHO, *TO)
    assert answers() == [("confirmed", "lic-1"), ("confirmed", "anna")]


def test_all_of_narrows_a_list_without_changing_its_numbers() -> None:
    assert left("--all-of", "music-1") == [1, 2, 4]
    assert left("--all-of", "lic-1", "--all-of", "other-1") == [3, 5]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--release", *WHO, *TO], "--release: which questions?"),
        (["--release", "all", *WHO, *TO], "--release: which questions?"),
        (["--release", ",", *WHO, *TO], "--release: which questions?"),
        (["--release", "1", "--all-of", "music-1", *WHO, *TO], "--release: which questions?"),
        (["--release", "--confirm", "--all-of", "music-1", *WHO, *TO], "one outcome for a question"),
        (["--release", "--all-of", "musik-1", *WHO, *TO], "no question is about 'musik-1'; for example music-1"),
        (["--all-of", "musik-1"], "no question is about 'musik-1'; for example music-1"),
        (["--all-of", "musik-1", "--format", "csv"], "no question is about 'musik-1'; for example music-1"),
        (["--release", "1,9", *WHO, *TO], "there is no question 9"),
        (["--release", "1", "--release", "q-0000000000000000", *WHO, *TO], "does not wait in these logs"),
        (["--release", "1", "--from", "back.csv", *WHO, *TO], "either lists, or takes one"),
        (["--from", "back.csv"], "--to: is needed"),
        (["--from", "back.csv", "--format", "csv", *TO], "either lists, or takes one"),
        (["--format", "html"], "'html' is not one of text, csv, json"),
        (["--format", "csv", "--json"], "--json: the same as --format json"),
        (["--reviews", "none.toml"], "there is no 'none.toml'"),
        (["--from", "none.csv", *TO], "'none.csv' cannot be read"),
        (["-o", "tdm.jsonl"], "is one of the logs"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_a_wrong_call_writes_nothing(arguments: list[str], said: str) -> None:
    assert said in bad(*arguments)


# ---- licences that list only a name -------------------------------------------------------------------------------

OF_ONE_URL = f"only creator_name marie in works.csv, {matched.OF_ONE_URL}"


@pytest.fixture
def _by_name() -> None:
    """Questions 1 and 2: a licence that lists only a name, of two addresses; 3: the same one, without evidence."""
    log("tdm.jsonl", doubt("a", licence="lic-1", why=OF_ONE_URL), doubt("b", licence="lic-1", why=OF_ONE_URL),
        doubt("c", licence="lic-1"), doubt("d", "marie"))  # fmt: skip


@pytest.mark.usefixtures("_by_name")
@pytest.mark.parametrize("flags", [["1"], ["1,4"], ["3,2"], ["--all-of", "lic-1"]], ids=" ".join)
def test_a_licence_that_lists_a_name_is_released_for_one_address_only(flags: list[str]) -> None:
    said = bad("--release", *flags, *WHO, *TO)
    assert said.count("--url-only: is needed to release lic-1") == 1
    assert not Path("reviews.toml").exists()
    good("--release", *flags, "--url-only", *WHO, *TO)
    assert all("url" in each for each in tomllib.loads(Path("reviews.toml").read_text(encoding="utf-8"))["reviews"])
    assert "what releases it holds for this address alone: --url-only" in good()


@pytest.mark.usefixtures("_by_name")
def test_a_release_for_all_addresses_does_not_answer_it() -> None:
    said = good("--release", "3,4", *WHO, *TO)
    assert "This answers 2 questions" in said
    assert "Left: 2 questions." in said
    assert left("--reviews", "reviews.toml") == [1, 2]
    good("--release", "2", "--url-only", *WHO, *TO)
    assert left("--reviews", "reviews.toml") == [1]


@pytest.mark.usefixtures("_by_name")
def test_that_the_licence_lifts_nothing_is_said_for_all_addresses() -> None:
    assert "This answers 3 questions" in good("--confirm", "1", *WHO, *TO)
    assert left("--reviews", "reviews.toml") == [4]


@pytest.mark.usefixtures("_by_name")
def test_a_table_adds_the_url_where_a_name_is_listed() -> None:
    rows = table()
    for row, outcome in zip(rows, ("released", "confirmed", "confirmed", "released"), strict=True):
        row |= {"outcome": outcome, "by": "ann", "why": "x"}
    back(rows)
    assert "This answers 4 questions" in good("--from", "back.csv", *TO)
    tables = tomllib.loads(Path("reviews.toml").read_text(encoding="utf-8"))["reviews"]
    assert [(each["outcome"], each.get("url")) for each in tables] == [
        ("confirmed", None), ("released", None), ("released", "https://a.example/"), ("confirmed", "https://b.example/")
    ]  # fmt: skip
    assert "Recorded in reviews.toml before: 4 answers." in good("--from", "back.csv", *TO)
    log("tdm.jsonl", doubt("z", "paul"))
    assert "Recorded in reviews.toml before: 4 answers." in good("--from", "back.csv", *TO)


# ---- what is left -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("flag", ["--reviews", "--authorisations", "--to"])
def test_given_the_reviews_only_what_is_left_is_listed_under_its_number(flag: str) -> None:
    good("--release", "1", *WHO, *TO)
    assert left(flag, "reviews.toml") == [2, 3, 5]
    page = good(flag, "reviews.toml")
    assert "3 questions for a person.\nAnswered in reviews.toml: 2 questions.\n" in page
    assert left() == [1, 2, 3, 4, 5]


def test_an_answer_for_one_address_leaves_the_others() -> None:
    good("--release", "1", "--url-only", *WHO, *TO)
    assert left(*TO) == [2, 3, 4, 5]


def test_what_has_run_out_is_asked_again() -> None:
    table = {"outcome": "released", "declaration": "music-1", "key": "creator_name", "value": "Paul", "by": "x",
             "at": "2025-01-01T00:00:00Z", "why": "x", "until": "2025-06-30"}  # fmt: skip
    lines = "".join(f"{name} = {json.dumps(value)}\n" for name, value in table.items())
    Path("reviews.toml").write_text(f"[[reviews]]\n{lines}")
    assert left("--reviews", "reviews.toml") == [1, 2, 3, 4, 5]
    Path("reviews.toml").write_text(f"[[reviews]]\n{lines}".replace("2025-06-30", "2999-06-30"))
    assert left("--reviews", "reviews.toml") == [1, 3, 4, 5]


def test_a_folder_is_read_as_the_option_reads_it_and_a_wrong_file_is_told() -> None:
    Path("held/more").mkdir(parents=True)
    good("--release", "2", *WHO, "--to", "held/more/reviews.toml")
    assert left("--reviews", "held") == [1, 3, 4, 5]
    Path("held/wrong.toml").write_text('[[reviews]]\noutcome = "maybe"\n')
    assert "held/wrong.toml: reviews[0].outcome" in bad("--reviews", "held")


def test_a_file_that_is_not_there_yet_holds_no_answer() -> None:
    assert left(*TO) == [1, 2, 3, 4, 5]


# ---- the table that goes out and comes back -----------------------------------------------------------------------


def test_the_table_has_a_row_for_each_question_and_columns_to_fill() -> None:
    rows = table()
    assert [row["number"] for row in rows] == ["1", "2", "3", "4", "5"]
    assert all(not row[name] for row in rows for name in ("outcome", "by", "why", "until"))
    assert (rows[0]["url"], rows[0]["value"], rows[0]["doubt"]) == ("https://a.example/", "marie", "only a name")
    assert rows[0]["words"] == "'=tdm"  # no formula
    good("--format", "csv", "-o", "out.csv")
    assert Path("out.csv").read_bytes().count(b"\n") == 6


def test_what_comes_back_is_recorded_and_rows_without_an_outcome_stay_open() -> None:
    rows = table()
    rows[0] |= {"outcome": "released", "by": "ann", "why": 'another; "Marie", of course', "until": "2999-12-31"}
    rows[2] |= {"outcome": "Confirm", "why": "=1+1"}
    rows[4] |= {"by": "nobody"}
    back(rows)
    said = good("--from", "back.csv", "--by", "legal@acme.example", *TO)
    assert "This answers 3 questions of these logs." in said
    first, second = tomllib.loads(Path("reviews.toml").read_text(encoding="utf-8"))["reviews"]
    assert (first["by"], first["why"], first["until"]) == ("ann", 'another; "Marie", of course', "2999-12-31")
    assert (second["outcome"], second["by"], second["why"]) == ("confirmed", "legal@acme.example", "=1+1")
    assert left(*TO) == [2, 5]


def test_read_a_second_time_with_more_answers_only_these_are_added() -> None:
    rows = table()
    rows[1] |= {"outcome": "released", "by": "ann", "why": "x"}
    back(rows)
    good("--from", "back.csv", *TO)
    assert "Recorded in reviews.toml before: 1 answer.\nNothing new" in good("--from", "back.csv", *TO)
    rows[4] |= {"outcome": "confirmed", "by": "ann", "why": "y"}
    back(rows)
    assert "Recorded in reviews.toml before: 1 answer." in good("--from", "back.csv", *TO)
    assert answers() == [("released", "paul"), ("confirmed", "anna")]
    rows[1] |= {"outcome": "confirmed"}  # another mind
    back(rows)
    good("--from", "back.csv", *TO)
    assert answers()[2:] == [("confirmed", "paul")]
    rows[1] |= {"outcome": "released"}  # and back again: the last one holds, so it is written
    back(rows)
    good("--from", "back.csv", *TO)
    assert answers()[3:] == [("released", "paul")]


def _excel(text: str) -> bytes:
    rows = list(csv.reader(io.StringIO(text)))
    out = io.StringIO()
    csv.writer(out, delimiter=";", lineterminator="\r\n", quoting=csv.QUOTE_ALL).writerows(rows)
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _unicode_text(text: str) -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter="\t", lineterminator="\r\n").writerows(csv.reader(io.StringIO(text)))
    return out.getvalue().encode("utf-16")


SAVED: dict[str, Callable[[str], bytes]] = {
    "as it was": str.encode,
    "semicolons, BOM, CRLF, all quoted": _excel,
    "Unicode text": _unicode_text,
    "a line for the separator": lambda text: b"sep=,\r\n" + text.encode(),
    "blank lines and empty columns": lambda text: text.replace("\n", ",,\n").encode() + b",,,\n\n",
    "names of columns in capitals": lambda text: text.replace("question,outcome", "Question, OUTCOME").encode(),
    "no last newline": lambda text: text.rstrip("\n").encode(),
}


@pytest.mark.parametrize("saved", SAVED.values(), ids=SAVED)
def test_a_spreadsheet_may_have_written_it(saved: Callable[[str], bytes]) -> None:
    rows = table()
    rows[1] |= {"outcome": "released", "by": "Ann Müller; légal", "why": "two\nlines, and ; more"}
    back(list(reversed(rows)))
    Path("back.csv").write_bytes(saved(Path("back.csv").read_bytes().decode()))
    good("--from", "back.csv", *TO)
    assert answers() == [("released", "paul")]


def test_the_url_shows_that_no_column_was_sorted_by_itself() -> None:
    rows = table()
    for row in rows:
        row |= {"outcome": "released", "by": "ann", "why": "x"}
    back(rows, columns=["question", "outcome", "by", "why"])
    assert "there is no column 'url'" in bad("--from", "back.csv", *TO)
    back([{**row, "url": ""} for row in rows])
    assert "is about another url than this row" in bad("--from", "back.csv", *TO)


def test_columns_may_move_and_go() -> None:
    rows = table()
    rows[1] |= {"outcome": "released", "by": "ann", "why": "x"}
    back(rows, columns=["why", "url", "value", "by", "outcome", "question"], sign=";")
    good("--from", "back.csv", *TO)
    assert answers() == [("released", "paul")]


@pytest.mark.parametrize(
    ("row", "cells", "said"),
    [
        (
            1,
            {"outcome": "relaesed"},
            "back.csv:3: outcome 'relaesed' is not released or confirmed; for example released",
        ),
        (1, {"by": ""}, "back.csv:3: the column by is empty; or give --by for all"),
        (1, {"why": " "}, "back.csv:3: the column why is empty; or give --why for all"),
        (1, {"until": "31/12/2027"}, "back.csv:3: review.until"),
        (1, {"until": "2001-01-01"}, "back.csv:3: review.until"),
        (1, {"question": ""}, "back.csv:3: the column question is empty"),
        (1, {"question": "q-0123456789abcdef"}, "back.csv:3: 'q-0123456789abcdef' does not wait in these logs"),
        (1, {"value": "marie"}, "is about another value than this row; was a column sorted by itself?"),
        (1, {"url": "https://a.example/"}, "is about another url than this row"),
        (3, {"outcome": "confirmed"}, "back.csv:3: "),
    ],
    ids=str,
)
def test_a_wrong_row_is_told_with_its_line_and_nothing_is_written(row: int, cells: dict[str, str], said: str) -> None:
    good("--confirm", "5", *WHO, *TO)
    rows = table()
    rows[0] |= {"outcome": "released", "by": "ann", "why": "good"}
    rows[row] |= {"outcome": "released", "by": "ann", "why": "x", **cells}
    if row == 3:  # asks what row 0 asks
        said = "back.csv:2 is released and back.csv:5 confirmed"
    back(rows)
    assert said in bad("--from", "back.csv", *TO)


def test_every_wrong_row_is_told() -> None:
    rows = table()
    for row in rows:
        row |= {"outcome": "perhaps"}
    back(rows)
    assert [line.split(": ")[1] for line in bad("--from", "back.csv", *TO).splitlines()] == [
        f"back.csv:{number}" for number in (2, 3, 4, 5, 6)
    ]


@pytest.mark.parametrize(
    ("octets", "said"),
    [
        (b"", "back.csv:1: no line names the columns"),
        (b"question;by\n", "back.csv:1: there is no column 'outcome'"),
        (b"outcome,by\n", "back.csv:1: there is no column 'question'"),
        (b"question,outcome,url\nq-1,released\n", "back.csv:2"),
        (b"question,outcome\n", "back.csv:1: there is no column 'url'"),
        (b"question,url,outcome,outcome\n", "back.csv:1: there are two columns 'outcome'"),
        (b"question,url,outcome\nq-1,,\xe9\n", "back.csv:2: not UTF-8"),
        (b'question,url,outcome\nq-1,,"released\n', "no CSV"),
        (b"question,url,outcome\nq-1,,released,surplus\n", "back.csv:2: 4 cells under 3 columns"),
    ],
    ids=repr,
)
def test_what_is_no_such_table_is_told(octets: bytes, said: str) -> None:
    Path("back.csv").write_bytes(octets)
    assert said in bad("--from", "back.csv", *TO)


def test_a_table_without_an_outcome_records_nothing() -> None:
    back(table())
    assert good("--from", "back.csv", *TO).startswith("Nothing to record: no row has an outcome.\n")
    assert not Path("reviews.toml").exists()


def test_a_table_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(review_table, "MAX_BYTES", 10)
    back(table())
    assert "larger than 10 bytes" in bad("--from", "back.csv", *TO)


def test_a_spreadsheet_takes_the_zeros_from_a_number() -> None:
    log("tdm.jsonl", doubt("a", "00000000199"))
    rows = table()
    rows[0] |= {"value": "199", "outcome": "released", "by": "ann", "why": "x"}
    back(rows)
    good("--from", "back.csv", *TO)
    assert answers() == [("released", "00000000199")]


def test_a_table_of_an_older_state_answers_no_other_question() -> None:
    rows = table()
    for row in rows:
        row |= {"outcome": "released", "by": "ann", "why": "x"}
    # Since then one was decided, others came: what was number 2 is number 1 now.
    log(
        "tdm.jsonl", doubt("a", "marie"), doubt("b", "paul"), doubt("z", "zoe"), {**doubt("a"), "verdict": "unreserved"}
    )
    back(rows[:1])
    assert "does not wait in these logs" in bad("--from", "back.csv", *TO)
    back(rows[1:2])
    good("--from", "back.csv", *TO)
    assert answers() == [("released", "paul")]
    assert left(*TO) == [2]


def test_what_was_recorded_and_decided_since_is_no_mistake() -> None:
    rows = table()
    rows[0] |= {"outcome": "released", "by": "ann", "why": "x"}
    back(rows)
    good("--from", "back.csv", *TO)
    log("tdm.jsonl", {**doubt("a"), "verdict": "unreserved"}, doubt("b", "paul"))
    assert "Recorded in reviews.toml before: 1 answer." in good("--from", "back.csv", *TO)


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)


@settings(max_examples=100)
@given(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=5))
@example([("0", " =")])
@example([("0", "'\u3000=")])
def test_any_table_comes_back_as_it_went(
    tmp_path_factory: pytest.TempPathFactory, asked: list[tuple[str, str]]
) -> None:
    found: list[Question] = list(questions([doubt("a", value, source=source) for source, value in asked]))
    path = tmp_path_factory.mktemp("table") / "t.csv"
    rows = list(csv.reader(io.StringIO("".join(review_table.written(found)))))
    for row in rows[1:]:
        row[2] = "released"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=";").writerows(rows)
    for question, row in zip(found, review_table.rows_in(path), strict=True):
        assert (row.question, row.differs(question)) == (question.ident, None)


def test_the_numbers_do_not_depend_on_the_order_of_the_logs() -> None:
    later = [{"ts": f"2026-02-01T00:00:0{n}Z", "id": f"s-{n}"} for n in (1, 2)]
    log("more.jsonl", *[doubt(page, "zoe") | each for page, each in zip("xy", later, strict=True)])
    orders = (("tdm.jsonl", "more.jsonl"), ("more.jsonl", "tdm.jsonl"))
    first, second = (run("--format", "csv", paths=paths).stdout for paths in orders)
    assert first == second
    old = {row["question"]: row["number"] for row in table()}
    assert old.items() <= {row["question"]: row["number"] for row in csv.DictReader(io.StringIO(first))}.items()
