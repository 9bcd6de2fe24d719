"""Lists of sites to leave out: what their files may hold, and which hosts a name on them stands for."""

from __future__ import annotations

import pickle
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard import ConfigurationError, Options
from tdm_guard.holdings.exclusions import lint_exclusions, load_exclusions
from tdm_guard.origin import Origin
from tdm_guard.repertoire.excluded import ExcludedList, Exclusions, read_excluded
from tdm_guard.repertoire.problem import Severity

WHOLE: dict[str, Any] = {
    "id": "court-1",
    "issuer": "Ministry",
    "date": "2026-03-03",
    "source": {"url": "https://court.example/list"},
    "domains": ["pirate.example"],
}
HEAD = """
[[excluded_sites]]
id = "{id}"
issuer = "Ministry"
date = 2026-03-03
source = {{ url = "https://court.example/list" }}
"""


def table_of(*names: str) -> Exclusions:
    read, problems = read_excluded({**WHOLE, "domains": list(names)}, "f: x")
    assert read is not None, problems
    return Exclusions([read])


@pytest.mark.parametrize(
    ("entry", "url", "barred"),
    [
        ("pirate.example", "https://pirate.example/", True),
        ("pirate.example", "http://www.pirate.example:8080/a?b", True),
        ("pirate.example", "https://a.b.c.pirate.example/", True),
        ("pirate.example", "https://PIRATE.EXAMPLE./", True),
        ("Pirate.Example.", "https://pirate.example/", True),
        ("pirate.example", "https://user:pirate@pirate.example/", True),
        ("pirate.example", "https://notpirate.example/", False),
        ("pirate.example", "https://not-pirate.example/", False),
        ("pirate.example", "https://pirate.example.org/", False),
        ("pirate.example", "https://example/", False),
        ("pirate.example", "https://other.example/?u=https://pirate.example/", False),
        ("pirate.example", "https://pirate.example@other.example/", False),
        ("www.pirate.example", "https://pirate.example/", False),
        ("www.pirate.example", "https://ftp.pirate.example/", False),
        ("bücher.example", "https://xn--bcher-kva.example/", True),
        ("xn--bcher-kva.example", "https://BÜCHER.example/", True),
        ("bücher.example", "https://bucher.example/", False),
        ("straße.example", "https://xn--strae-oqa.example/", True),
        ("straße.example", "https://strasse.example/", True),
        ("xn--strae-oqa.example", "https://strasse.example/", False),
        ("пример.example", "https://xn--e1afmkfd.example/", True),
        ("192.0.2.7", "https://192.0.2.7/", True),
        ("192.0.2.7", "http://192.0.2.7:81/", True),
        ("192.0.2.7", "http://0xC0000207/", True),
        ("192.0.2.7", "http://3221225991/", True),
        ("192.0.2.7", "http://[::ffff:192.0.2.7]/", True),
        ("192.0.2.7", "https://192.0.2.70/", False),
        ("192.0.2.7", "https://1.192.0.2.7/", False),
        ("192.0.2.7", "https://2.7/", False),
        ("2001:db8::7", "https://[2001:DB8:0::7]:443/", True),
        ("[2001:db8::7]", "https://[2001:db8::7]/", True),
        ("2001:db8::7", "https://[2001:db8::8]/", False),
        ("pirate.example", "https://192.0.2.7/", False),
    ],
)
def test_a_name_stands_for_itself_and_what_is_below_it(entry: str, url: str, barred: bool) -> None:
    assert bool(table_of(entry).find(Origin.parse(url).host)) is barred
    assert bool(table_of(entry).says_of(url)) is barred


@given(labels=st.lists(st.from_regex(r"\A[a-z0-9]{1,8}\Z"), min_size=1, max_size=6), cut=st.integers(0, 5))
@settings(max_examples=100, deadline=None)
def test_whole_labels_only(labels: list[str], cut: int) -> None:
    table = table_of("pirate.example")
    name = ".".join(labels)
    assert table.find(f"{name}.pirate.example")
    assert not table.find(f"{name}pirate.example")
    assert not table.find(f"{name}.example") or name.split(".")[-1] == "pirate"
    assert not table.find(f"pirate.example.{name}x")


def test_a_host_of_any_length_is_looked_up_by_its_end() -> None:
    table = table_of("pirate.example")
    assert table.find("a." * 30_000 + "pirate.example")
    assert not table.find("a." * 30_000 + "xpirate.example")
    for fill in range(230, 260):  # wherever the cut falls
        assert not table.find("a" * fill + "pirate.example")
        assert table.find("a" * fill + ".pirate.example")


def test_of_two_lists_each_speaks_by_its_nearest_entry() -> None:
    def one(name: str) -> ExcludedList:
        read, _ = read_excluded({**WHOLE, "id": name}, "f")
        assert read is not None
        return read[0]

    first, second = one("a"), one("b")
    both = Exclusions([(first, ["pirate.example", "a.pirate.example"]), (second, ["pirate.example"])])
    assert both.find("x.a.pirate.example") == {first: "a.pirate.example", second: "pirate.example"}
    said = both.says("www.pirate.example")
    assert [(statement.source, statement.locator) for statement in said] == [
        ("a", "pirate.example"),
        ("b", "pirate.example"),
    ]
    again = pickle.loads(pickle.dumps(both))
    assert again == both
    assert again.says("pirate.example") == both.says("pirate.example")


@pytest.mark.parametrize(
    ("change", "where", "good"),
    [
        ({"id": None}, "id", "court-of-x"),
        ({"issuer": ""}, "issuer", "Ministry"),
        ({"date": "soon"}, "date", "2026-01-05"),
        ({"date": None}, "date", "2026-01-05"),
        ({"source": {}}, "source.url", "https://"),
        ({"source": None}, "source.url", "https://"),
        ({"source": {"url": "the court"}}, "source.url", "https://"),
        ({"source": {"url": "https://c.example", "sha256": "ab"}}, "source.sha256", "abab"),
        ({"source": {"url": "https://c.example", "retrieved_at": "2026-03-04T09:00:00"}}, "retrieved_at", "Z"),
        ({"court": "X"}, "court", "authority"),
        ({"domains": None}, "domains", "site.example"),
        ({"domains": []}, "domains", "site.example"),
        ({"domains": "# none yet\n"}, "domains", "site.example"),
        ({"domains": 3}, "domains", "site.example"),
        ({"domains": ["ok.example", 3]}, "domains[1]", "site.example"),
        ({"domains": ["com"]}, "domains[0]", "site.example"),
        ({"domains": ["co.uk"]}, "domains[0]", "site.example"),
        ({"domains": ["localhost"]}, "domains[0]", "site.example"),
        ({"domains": ["https://www.pirate.example/films"]}, "domains[0]", '"www.pirate.example"'),
        ({"domains": ["*.pirate.example"]}, "domains[0]", '"pirate.example"'),
        ({"domains": ["pirate.example:8080"]}, "domains[0]", '"pirate.example"'),
        ({"domains": ["pirate.example/films"]}, "domains[0]", '"pirate.example"'),
        ({"domains": ["192.0.2.0/24"]}, "domains[0]", '"192.0.2.0"'),
        ({"domains": ["a b.example"]}, "domains[0]", "site.example"),
        ({"domains": "ok.example\nbad one\n"}, "domains line 2", "site.example"),
    ],
)
def test_a_bad_list_is_named_with_its_entry_and_a_good_one(change: dict[str, Any], where: str, good: str) -> None:
    table = {name: value for name, value in {**WHOLE, **change}.items() if value is not None}
    read, problems = read_excluded(table, "f.toml: excluded_sites[0]")
    assert read is None
    [told] = [str(problem) for problem in problems if problem.severity is Severity.MISTAKE]
    assert told.startswith("f.toml: excluded_sites[0].")
    assert where in told
    assert good in told


def test_text_may_hold_one_domain_a_line(tmp_path: Path) -> None:
    lines = "\n# two films\npirate.example   # since 2024\n\n  Films.Example\n192.0.2.7\n"
    file = tmp_path / "lists.toml"
    file.write_text(f"{HEAD.format(id='a')}domains = '''{lines}'''\n", encoding="utf-8")
    table = load_exclusions([file])
    assert [bool(table.find(name)) for name in ("pirate.example", "films.example", "192.0.2.7", "x.example")] == [
        True, True, True, False
    ]  # fmt: skip
    assert len(table) == 3


def test_a_list_of_something_else_is_not_told_line_by_line() -> None:
    _, problems = read_excluded({**WHOLE, "domains": [f"no domain {n}" for n in range(1000)]}, "f")
    assert len(problems) == 21
    assert "980 more are no domains" in str(problems[-1])


def test_a_hundred_thousand_names_in_one_list(tmp_path: Path) -> None:
    names = [f"site{n}.pirate{n % 7}.example" for n in range(100_000)]
    file = tmp_path / "lists.toml"
    file.write_text(f"{HEAD.format(id='a')}domains = '''\n{chr(10).join(names)}\n'''\n", encoding="utf-8")
    table = load_exclusions([file])
    assert len(table) == 100_000
    assert table.find("www.site99999.pirate4.example")
    assert not table.find("www.site99999.pirate5.example")


def test_files_and_folders_are_read_together(tmp_path: Path) -> None:
    folder = tmp_path / "lists"
    folder.mkdir()
    for name in ("a", "b"):
        (folder / f"{name}.toml").write_text(f'{HEAD.format(id=name)}domains = ["{name}.example"]\n', encoding="utf-8")
    (folder / "notes.txt").write_text("nothing", encoding="utf-8")
    options = Options.read({"excluded_sites": [str(folder), str(folder / "a.toml")]})
    assert [(loaded.id, loaded.version) for loaded in options.exclusions.sources] == [
        ("a", "2026-03-03"),
        ("b", "2026-03-03"),
    ]
    (folder / "c.toml").write_text(f'{HEAD.format(id="a")}domains = ["c.example"]\n', encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"c\.toml: excluded_sites\[0\]\.id: 'a' is also the id at .*a\.toml"):
        load_exclusions([folder])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "holds no list"),
        ("[[declarations]]\nid = 'a'\n", "it belongs to the option repertoire"),
        ("[[excluded]]\nid = 'a'\n", r"unknown member; did you mean excluded_sites\?"),
        ("excluded_sites = 1", "is no list of tables"),
        ("[[excluded_sites", "line 1"),
    ],
)
def test_a_file_of_something_else_is_a_mistake(text: str, told: str, tmp_path: Path) -> None:
    file = tmp_path / "lists.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=told) as caught:
        Options.read({"excluded_sites": str(file)})
    assert str(file) in str(caught.value)


@pytest.mark.parametrize("bad", ["no/such.toml", "bundled:x", 3, [" "], {"a": 1}])
def test_what_is_no_file_is_named(bad: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"for example \[\"court-lists\.toml\"\]"):
        Options.read({"excluded_sites": bad})


def test_what_is_perhaps_not_meant_is_a_warning(tmp_path: Path) -> None:
    file = tmp_path / "lists.toml"
    file.write_text(f'{HEAD.format(id="a")}domains = ["www.pirate.example"]\n', encoding="utf-8")
    [warning] = lint_exclusions([file])
    assert warning.severity is Severity.WARNING
    assert "does not stand for what is above it" in str(warning)
    assert load_exclusions([file]).warnings == (warning,)
    assert "still to come" in str(lint_exclusions([file], today=date(2026, 1, 1))[-1])
