"""The robots.txt reader: lines, groups, selection."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard.formats.site.robots_txt import (
    MAX_BYTES,
    Record,
    access_values,
    differ_in_tags,
    is_everyone,
    names,
    parse,
    read_rule,
)

CORPUS = sorted((Path(__file__).parents[1] / "corpus" / "robots").glob("*.txt"))
LINES = st.sampled_from(
    [
        b"User-agent: *",
        b"User-agent: ExampleMiner",
        b"user agent GPTBot # x",
        b"Disallow: /a",
        b"Dissallow /b",
        b"allow:/c#d",
        b"Content-Signal: ai-train=no",
        b"Content-Usage train-ai=n",
        b"License: https://site.example/l.xml",
        b"License https://site.example/l.xml",
        b"# comment",
        b"",
        b"\xff\xfa\x00:",
        b"\xef\xbb\xbfUser-agent: *",
    ]
)
FILES = st.lists(LINES).map(b"\n".join)


def rules(body: bytes, token: str = "ExampleMiner") -> list[tuple[int, str, str]]:
    group = parse(body).group_for(token)
    return [] if group is None else [record[:3] for record in group.rules]


def test_records_know_their_line_name_value_and_words() -> None:
    body = b"# top\nSitemap: https://s.example/s.xml # map\n\nUser-agent: *  # all\n"
    body += b"  Disallow : /a  # why\nContent-Signal: a=b\n"
    robots = parse(body)
    assert robots.outside == (
        Record(2, "sitemap", "https://s.example/s.xml", "Sitemap: https://s.example/s.xml # map"),
    )
    (group,) = robots.groups
    assert group.agents == ((4, "*"),)
    assert group.rules == (Record(5, "disallow", "/a", "Disallow : /a  # why"),)
    assert group.others == (Record(6, "content-signal", "a=b", "Content-Signal: a=b"),)
    assert group.records == (*group.rules, *group.others)


ENDS = ["\n", "\r", "\r\n", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029"]


@pytest.mark.parametrize("end", ENDS, ids=ascii)
def test_every_line_end_counts(end: str) -> None:
    assert rules(end.join(["User-agent: *", "", "Disallow: /x", ""]).encode()) == [(3, "disallow", "/x")]


@given(st.lists(st.sampled_from([*ENDS, "User-agent: *", "Disallow: /a", "# é", "x"])).map("".join))
def test_lines_are_those_that_python_sees(text: str) -> None:
    assert parse(text.encode()).text.split("\n") == (text.splitlines() or [""])


@pytest.mark.parametrize("name", ["disallow", "Dissallow", "dissalow", "DISALOW", "diasllow", "disallaw"])
@pytest.mark.parametrize("colon", [":", " :", " ", "\t", " : "])
def test_misspelt_refusals_are_read(name: str, colon: str) -> None:
    assert rules(f"User-agent: *\n{name}{colon}/x:y".encode()) == [(2, "disallow", "/x:y")]


@pytest.mark.parametrize("name", ["alow", "disallows", "dis-allow", "noindex", "allowed"])
def test_other_names_are_no_rules(name: str) -> None:
    assert rules(f"User-agent: *\n{name}: /x".encode()) == []


@pytest.mark.parametrize("name", ["user-agent", "User-Agent", "useragent", "user agent", "USER  AGENT"])
def test_misspelt_user_agents_are_read(name: str) -> None:
    assert rules(f"{name} : *\nDisallow: /x".encode()) == [(2, "disallow", "/x")]


@pytest.mark.parametrize("name", ["user-agents", "agent", "xuser-agent", "user_agent"])
def test_other_names_open_no_group(name: str) -> None:
    assert parse(f"{name}: *\nDisallow: /x".encode()).groups == ()


def test_a_bom_where_two_files_were_joined() -> None:
    body = b"\xef\xbb\xbfUser-agent: *\nAllow: /\n\xef\xbb\xbfUser-agent: *\nDisallow: /x"
    assert rules(body) == [(2, "allow", "/"), (4, "disallow", "/x")]


def test_latin_1_is_read_where_it_is_no_utf_8() -> None:
    robots = parse("User-agent: *\nDisallow: /é\n".encode() + b"Disallow: /\xe9")
    assert not robots.utf8
    group = robots.group_for("A")
    assert group is not None
    assert [record.value for record in group.rules] == ["/é", "/é"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_marked_encodings(encoding: str) -> None:
    assert rules("User-agent: *\nDisallow: /é".encode(encoding)) == [(2, "disallow", "/é")]


def test_marks_of_utf_16_before_eight_bit_text_hide_nothing() -> None:
    assert rules(b"\xff\xfe\nUser-agent: *\nDisallow: /x") == [(3, "disallow", "/x")]


def test_the_last_line_of_a_cut_file_is_dropped() -> None:
    body = b"User-agent: *\nDisallow: /a\nDisallow: /b"
    assert rules(body)[-1] == (3, "disallow", "/b")
    assert parse(body, complete=False).group_for("A").rules[-1][2] == "/a"  # type: ignore[union-attr]


def test_size_is_bounded_at_a_line_end() -> None:
    body = b"User-agent: *\n" + b"Disallow: /some/path\n" * 40_000
    found = rules(body)
    assert len(found) == (MAX_BYTES - 14) // 21
    assert {value for _, _, value in found} == {"/some/path"}


def test_unknown_records_and_blank_lines_end_no_group() -> None:
    body = (
        b"User-agent: A\nLicense: https://x.example/\n\nUser-agent: B\nSitemap: s\nDisallow: /\nUser-agent: C\nAllow: /"
    )
    first, second = parse(body).groups
    assert [agent.value for agent in first.agents] == ["A", "B"]
    assert [agent.value for agent in second.agents] == ["C"]
    assert [(record.line, record.name) for record in first.others] == [(2, "license"), (5, "sitemap")]


def test_a_signal_may_say_that_its_record_ends_a_group() -> None:
    robots = parse(b"User-agent: *\nContent-Usage: train-ai=n\n\nUser-agent: ExampleMiner\nAllow: /\n")
    plain, closed = (
        robots.group_for("ExampleMiner", closing) for closing in (frozenset(), frozenset({"content-usage"}))
    )
    assert plain is not None
    assert closed is not None
    assert [record.name for record in plain.records] == ["content-usage", "allow"]
    assert [record.name for record in closed.records] == ["allow"]


def test_a_blank_for_the_colon_is_told_apart_in_other_records() -> None:
    (group,) = parse(
        b"User-agent: *\nContent-Signal ai-train=no\nLicense https://x.example/l\n<p>no record\nword"
    ).groups
    assert [(r.name, r.value, r.colon) for r in group.others] == [
        ("content-signal", "ai-train=no", False),
        ("license", "https://x.example/l", False),
    ]


def test_named_groups_are_merged_and_replace_those_for_everyone() -> None:
    body = b"User-agent: *\nDisallow: /s\nUser-agent: A\nDisallow: /1\nUser-agent: B\nDisallow: /2\n"
    body += b"User-agent: a/1\nAllow: /3"
    assert [value for _, _, value in rules(body, "A")] == ["/1", "/3"]
    assert [value for _, _, value in rules(body, "C")] == ["/s"]
    assert [value for _, _, value in rules(body, "*")] == ["/s"]
    assert parse(b"User-agent: A\nDisallow: /").group_for("C") is None


@pytest.mark.parametrize("value", ["Miner", "MINER", "miner/2.0", "Miner (x)", "Miner2", "Miner;", "Miner*"])
def test_values_that_name_us(value: str) -> None:
    assert names(value, "Miner")
    assert parse(f"User-agent: {value}\n".encode()).named("Miner")


@pytest.mark.parametrize(
    "value", ["", "*", "Min", "Minero", "Miner-X", "Miner_", "Example Miner", "*Miner", "GPTBot, Miner"]
)
def test_values_that_do_not_name_us(value: str) -> None:
    assert not names(value, "Miner")
    assert not parse(f"User-agent: {value}\n".encode()).named("Miner")


def test_digits_in_our_own_token() -> None:
    assert names("Miner2000", "Miner2000")
    assert names("Miner2000/1.0", "Miner2000")
    assert not names("Miner20001", "Miner2000")
    assert not names("Miner", "Miner2000")


@pytest.mark.parametrize(
    ("value", "expected"), [("*", True), ("* all", True), ("*\tx", True), ("*bot*", False), ("", False), ("*/*", False)]
)
def test_everyone(value: str, expected: bool) -> None:
    assert is_everyone(value) is expected


def test_an_empty_user_agent_ends_a_group_and_names_nobody() -> None:
    body = b"User-agent: *\nDisallow: /a\nUser-agent:\nDisallow: /b"
    assert rules(body) == [(2, "disallow", "/a")]


def test_mentions() -> None:
    robots = parse(b"User-agent: *\nCONTENT-SIGNAL: x")
    assert robots.mentions("content-signal")
    assert not robots.mentions("content-usage")


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name)
def test_corpus_lines_are_where_the_records_say(path: Path) -> None:
    body = path.read_bytes()
    robots = parse(body)
    lines = body.decode("utf-16" if body[:2] == b"\xff\xfe" else "latin-1").splitlines()
    for record in (*robots.outside, *(record for group in robots.groups for record in group.records)):
        if record.words.isascii():
            assert record.words in lines[record.line - 1]


@given(st.binary(max_size=400) | FILES)
@settings(max_examples=200)
def test_no_bytes_raise(body: bytes) -> None:
    robots = parse(body)
    for group in robots.groups:
        assert all(record.line > group.agents[0].line for record in group.records)
    assert isinstance(robots.outside, tuple)
    robots.group_for("ExampleMiner", frozenset({"content-usage"}))


@given(FILES, FILES)
@settings(max_examples=200)
def test_what_is_read_of_a_file_is_read_of_the_longer_one_too(first: bytes, second: bytes) -> None:
    def flat(body: bytes) -> list[tuple[object, ...]]:
        robots = parse(body)
        return [*robots.outside, *sorted(x for group in robots.groups for x in (*group.records, *group.agents))]

    whole = flat(first + b"\n" + second)
    assert whole[: len(flat(first))] == flat(first)
    assert len(whole) == len(flat(first)) + len(flat(second))


# ---- short ways beside the long ones --------------------------------------------------------------------------------


@given(
    st.lists(st.sampled_from(["Allow", "DISALLOW", "disallow", "Dissallow", ":", " ", "\t", "#", "/a", "*", "\xa0"]))
)
def test_a_rule_is_read_as_its_file_is(words: list[str]) -> None:
    line = "".join(words).strip()
    for misspelt, value in access_values(f"\n{line}"):
        assert read_rule(line) == ("disallow" if misspelt else "allow", value.strip())


@given(
    st.lists(
        st.sampled_from(
            [" ", "\t", "\n", "\r", "\xa0", "\u2003", "License", "licENSE", ":", " x", "<", "User-agent: *"]
        )
    )
)
def test_where_no_line_begins_with_a_name_no_record_has_it(pieces: list[str]) -> None:
    robots = parse("".join(pieces).encode())
    records = [*robots.outside, *(record for group in robots.groups for record in group.others)]
    if any(record.name == "license" for record in records):
        assert robots.begins("license")


@pytest.mark.parametrize(
    ("body", "other"),
    [
        ("<p>a\xa0b\nDisallow: /\n", "<p>a b\nDisallow: /\n"),
        ("a\r\n\t<p title='\xad'>\r\n", "a\r\n\t<p title=''>\r\n"),
        ("\ufeff<p>\n\ufeff\n", "<p>\n\ufeff\n"),
    ],
)
def test_lines_that_differ_may_be_tags(body: str, other: str) -> None:
    assert differ_in_tags(body.encode(), other.encode())


@pytest.mark.parametrize(
    ("body", "other"),
    [
        (b"\xc2\xa0Disallow: /\n", b" Disallow: /\n"),
        (b"\xc2\xad<p>\n", b"<p>\n"),  # what stands before a tag
        (b"<p>\xc2\xa0\rDisallow: /\n", b"<p> \rDisallow: /\n"),  # another line for who reads it
        (b"<p>\xe2\x80\xa8Disallow: /\n", b"<p> Disallow: /\n"),
        (b"<p>\xc3\xc2\xad\xa9\n", b"<p>\xc3\xa9\n"),  # not UTF-8, and then it is
        (b"<p>\n", b"<p>\n<p>\n"),
        (b"<p>\xc2\xad\n" + b"a\n" * (MAX_BYTES // 2), b"<p>\n" + b"a\n" * (MAX_BYTES // 2)),
    ],
    ids=["record", "before", "return", "separator", "octets", "more", "long"],
)
def test_other_lines_that_differ_are_read(body: bytes, other: bytes) -> None:
    assert not differ_in_tags(body, other)
