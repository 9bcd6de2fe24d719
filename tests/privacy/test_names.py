"""Names of creators and rightsholders are hashed with a key, wherever in a record they stand."""

from __future__ import annotations

import hashlib
import hmac
import json
import pickle
import unicodedata
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from tdm_guard import ConfigurationError
from tdm_guard.cli import app
from tdm_guard.guard import Guard
from tdm_guard.log.pseudonyms import Pseudonyms, is_hashed, read_key
from tdm_guard.log.recall import item_of, said_then
from tdm_guard.log.redaction import Redaction
from tdm_guard.matched import MatchedBy
from tdm_guard.model import Fault, Layer, Verdict
from tdm_guard.options import Options
from tests.support.split_logs import decision, records, statement, written

KEY = b"0123456789abcdef"
NAMES = Pseudonyms(KEY)
MATCH = MatchedBy(key="creator_name", value="exemple marie", strength="name", written="Marie  Exemple")
NAMED = statement(
    layer=Layer.REPERTOIRE, carrier="declaration", source="musique-2023", rightsholder="Société d'Essai", match=MATCH,
    excerpt="the works of MARIE EXEMPLE, of Marie Exemplet and of the société  d'essai",
    contact="marie exemple <a@b.example>", doubt="only the name Marie Exemple matches",
)  # fmt: skip
FAULT = Fault(source="https://a.example/", carrier="html", message="odd", excerpt="by Marie Exemple")
ITEM = Fault(
    source="https://a.example/", carrier="item", locator="contains[0].creator_ipi", message="no IPI", excerpt="J. Doe"
)


def test_a_name_is_hashed_wherever_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "tdm.jsonl"
    decided = decision(verdict=Verdict.RESERVED, because=(NAMED,), faults=(FAULT, ITEM))
    written(path, [decided], until=None, redaction=Redaction(names=NAMES))
    run = json.loads(path.read_bytes().splitlines()[0])
    assert run["name_key"] == hashlib.sha256(KEY).hexdigest()[:16]
    [record] = records(path)
    [said], [fault, item] = record["because"], record["faults"]
    creator, holder = NAMES.creator("Marie Exemple"), NAMES.rightsholder("Société d'Essai")
    assert (said["match"]["value"], said["match"]["written"], said["rightsholder"]) == (creator, creator, holder)
    assert said["excerpt"] == f"the works of {creator}, of Marie Exemplet and of the {holder}"
    assert said["contact"] == f"{creator} <a@b.example>"
    assert said["doubt"] == f"only the name {creator} matches"
    assert (fault["excerpt"], item["excerpt"]) == (f"by {creator}", NAMES.creator("J. Doe"))
    assert said["source"] == "musique-2023"
    assert all(is_hashed(each) for each in (creator, holder))


def test_a_sink_is_told_what_the_log_has(tmp_path: Path) -> None:
    hidden = Redaction(names=NAMES, secrets=["tok-1"])
    asked = "https://a.example/p?sid=1&t=tok-1"
    decided = decision(asked, Verdict.RESERVED, because=(NAMED,), faults=(FAULT,), hops=("https://a.example/?key=1",))
    written(tmp_path / "a", [decided], until=None, redaction=hidden)
    [record] = records(tmp_path / "a")
    told = hidden.decided(decided).to_dict()
    assert {name: told[name] for name in record if name not in ("run", "seq", "id")} == {
        name: value for name, value in record.items() if name not in ("run", "seq", "id")
    }
    assert told["url"] == "https://a.example/p?sid=REDACTED&t=REDACTED"
    assert hidden.decided(plain := decision()) is plain


def test_one_name_has_one_hash_for_each_purpose_and_key() -> None:
    assert NAMES.creator("EXEMPLE, Marie") == NAMES.creator("Marie Exemple") == Pseudonyms(KEY).creator("marie exemple")
    assert NAMES.creator("Marie Exemple") != NAMES.rightsholder("Marie Exemple")
    assert NAMES.creator("Marie Exemple") != Pseudonyms(KEY + b"x").creator("Marie Exemple")
    derived = hmac.digest(KEY, b"tdm_guard names v1\nrightsholder", "sha256")
    stated = "hmac-sha256:" + hmac.digest(derived, b"marie exemple", "sha256").hex()
    assert NAMES.rightsholder(" Marie   Exemple") == stated
    assert NAMES.rightsholder(stated) == stated


@given(st.text(max_size=12), st.text(max_size=12))
def test_any_words_can_be_names(holder: str, excerpt: str) -> None:
    entry = {"rightsholder": holder, "excerpt": excerpt, "usages": ["tdm"]}
    [told] = NAMES.members({"because": [entry]})["because"]
    assert not holder or is_hashed(told["rightsholder"])
    assert told["usages"] == ["tdm"]
    assert NAMES.members({"because": [told]})["because"] == [told]


HOLDER = "Société Müller & Straße"
SPELLINGS = [
    "SOCIÉTÉ MÜLLER & STRASSE", unicodedata.normalize("NFD", HOLDER),
    "Soci&eacute;t&eacute; M&uuml;ller &amp; Stra&szlig;e",
    "Soci&#233;t&#xE9;  M&#252ller\n\t&amp;&nbsp;Straße", "Soci&eacutet&eacute Müller & Straße",
    r"Soci\u00e9t\u00e9 M\u00FCller & Straße",
    "Soci&amp;eacute;t&amp;eacute; Müller &amp;amp; Straße", "Soci%C3%A9t%c3%a9%20M%C3%BCller%20%26%20Stra%C3%9Fe",
    "Soc\u00adiété Mü\u200bller & Straße", "\uff33\uff4fciété Müller & Straße",
]  # fmt: skip


@pytest.mark.parametrize("spelt", SPELLINGS)
def test_a_name_is_found_in_quoted_words_in_whatever_spelling(spelt: str) -> None:
    entry = {"rightsholder": HOLDER, "excerpt": f"all rights: {spelt}, “{spelt}”; no mining", "terms": spelt}
    [told] = NAMES.members({"because": [entry]})["because"]
    stands = NAMES.rightsholder(HOLDER)
    assert told["excerpt"] == f"all rights: {stands}, “{stands}”; no mining"
    assert told["terms"] == told["rightsholder"] == stands


@pytest.mark.parametrize(
    "words",
    [
        "Societe Muller & Strasse", "Société Müller & Straßen", "xSociété Müller & Straße", "Société Müller and Straße",
        "Société Müller & Straße\u0301", "Soci&foo;té &eacute %zz %C3 \\u00 & &; &#; &amp;", "Müller",
    ],
)  # fmt: skip
def test_words_that_are_not_the_name_stay_as_they_are(words: str) -> None:
    [told] = NAMES.members({"because": [{"rightsholder": HOLDER, "excerpt": f"by {words}"}]})["because"]
    assert told["excerpt"] == f"by {words}"


def test_a_rightsholder_has_one_hash_however_its_accents_are_composed() -> None:
    composed = unicodedata.normalize("NFC", HOLDER)
    assert NAMES.rightsholder(unicodedata.normalize("NFD", HOLDER)) == NAMES.rightsholder(composed)


_SPELL = st.sampled_from([
    str.upper, str.lower, lambda each: unicodedata.normalize("NFD", each), lambda each: f"&#{ord(each)};",
    lambda each: f"&#x{ord(each):x};", lambda each: f"\\u{ord(each):04x}", lambda each: each + "\u00ad", str,
])  # fmt: skip


@settings(max_examples=60)
@given(st.data(), st.text("aeébçñøΣß", min_size=2, max_size=6))
def test_each_letter_may_be_spelt_in_its_own_way(data: st.DataObject, name: str) -> None:
    spelt = "".join(data.draw(_SPELL)(letter) for letter in name)
    [told] = NAMES.members({"because": [{"rightsholder": name, "excerpt": f"«{spelt}» says no"}]})["because"]
    assert told["excerpt"] == f"«{NAMES.rightsholder(name)}» says no"


def test_other_records_stay_as_they_are(tmp_path: Path) -> None:
    made = [decision(), decision("https://a.example/b", Verdict.RESERVED, because=(statement(),))]
    written(tmp_path / "a", made, until=None, redaction=Redaction(names=NAMES))
    written(tmp_path / "b", made, until=None)
    assert records(tmp_path / "a") == records(tmp_path / "b")


def test_a_hashed_name_matches_nothing_again_and_what_was_said_of_it_stands() -> None:
    entry = {**NAMED.to_dict(), "match": {"key": "creator_name", "value": NAMES.creator("Marie Exemple")}}
    record = {"because": [entry]}
    assert item_of(record) == {}
    assert item_of({"because": [NAMED.to_dict()]}) == {"creator_name": ["exemple marie"]}
    assert [said.source for said in said_then(record, read=(), declarations=("musique-2023",))] == ["musique-2023"]
    assert said_then(record, read=(), declarations=()) == ()
    assert said_then({"because": [NAMED.to_dict()]}, read=(), declarations=("musique-2023",)) == ()


def test_whom_to_ask_is_grouped_by_what_stands_for_the_name(tmp_path: Path) -> None:
    path = tmp_path / "tdm.jsonl"
    for number, name in enumerate(("Société d'Essai", "SOCIÉTÉ  D'ESSAI", "Autre")):
        said = statement(rightsholder=name, policy_url="https://a.example/p")
        made = [decision(f"https://a.example/{number}", Verdict.RESERVED, because=(said,))]
        written(path, made, until=None, run_id=f"r{number}", redaction=Redaction(names=NAMES))
    done = CliRunner().invoke(app, ["licences", "--format", "json", str(path)])
    asks = {ask["name"]: ask["items"] for ask in json.loads(done.stdout)["asks"]}
    assert asks == {NAMES.rightsholder("Société d'Essai"): 2, NAMES.rightsholder("Autre"): 1}


@pytest.mark.parametrize("held", [b"", b"x" * 15, b"x" * 5000, None])
def test_a_key_that_is_none_is_an_error_that_names_the_file(tmp_path: Path, held: bytes | None) -> None:
    path = tmp_path / "names.key"
    if held is not None:
        path.write_bytes(held)
    with pytest.raises(ConfigurationError, match=r"name_key: .*names\.key.*openssl rand"):
        Options.read({"name_key": path})


def test_a_key_is_nowhere_but_in_its_file(tmp_path: Path) -> None:
    path = tmp_path / "names.key"
    path.write_bytes(KEY)
    assert read_key(str(path)) == KEY
    options = Options.read({"name_key": path, "log": str(tmp_path / "tdm.jsonl")})
    guard = Guard(options)
    guard.end()
    assert KEY not in (tmp_path / "tdm.jsonl").read_bytes()
    assert KEY.decode() not in repr((NAMES, options, options.describe()))
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(NAMES)


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"redact": "a b"}, r"redact: 'a b' is no name"), ({"redact": ["x"] * 101}, "at most 100"),
        ({"redact": 5}, "redact"), ({"redact": "x" * 101}, "is no name"), ({"redact": "a=b"}, "is no name"),
        ({"retain_until": "tomorrow"}, "is no date"), ({"retain_until": "2020-01-01"}, "is past"),
        ({"retain_until": datetime(2999, 1, 1, tzinfo=UTC)}, "is no date"), ({"name_key": 5}, "is no file"),
    ],
)  # fmt: skip
def test_a_bad_value_is_named_with_a_good_one(given: dict[str, Any], wrong: str) -> None:
    with pytest.raises(ConfigurationError, match=wrong):
        Options.read(given)


def test_good_values_are_in_the_run_record(tmp_path: Path) -> None:
    day = datetime.now(UTC).date()
    options = Options.read({"redact": "mail,utm_*", "retain_until": day, "log": str(tmp_path / "tdm.jsonl")})
    guard = Guard(options)
    guard.end()
    run = json.loads((tmp_path / "tdm.jsonl").read_bytes().splitlines()[0])
    assert run["retain_until"] == day.isoformat()
    assert {"token", "x-amz-signature", "mail", "utm_*"} <= set(run["redact"])
    assert run["name_key"] is None
