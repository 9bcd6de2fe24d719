"""
What a log leaves out of its records: values of parameters, user and password of addresses, secrets of the run's own.

Names of people are replaced where a key for them is given (`log.pseudonyms`).
"""

from __future__ import annotations

from dataclasses import replace
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Any

from tdm_guard.log.recorded import read_decision
from tdm_guard.plain import in_json, without_secrets
from tdm_guard.secrecy.parameters import REDACTED, SECRETS, may_have_values, redacted, redacted_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tdm_guard.decision import Decision
    from tdm_guard.log.pseudonyms import Pseudonyms

__all__ = ["REDACTED", "SECRETS", "Redaction", "redacted", "redacted_words"]

# Members of a decision that hold words of strangers, and so of addresses: the others are words of ours.
_TELLING = ("because", "said", "faults", "checked", "exemption")
_ADDRESSES = frozenset({"source", "policy_url", "document", "address"})


class Redaction:
    """
    What is left out of the records of one run.

    `patterns` are of names of parameters, beside those of `SECRETS`; `secrets` are texts that appear nowhere; `names`
    has something in the place of names.
    """

    __slots__ = ("_names", "_secrets", "_spelt_secrets", "patterns")

    def __init__(
        self, patterns: Iterable[str] = (), *, secrets: Iterable[str] = (), names: Pseudonyms | None = None
    ) -> None:
        self._names = names
        self.patterns = tuple(dict.fromkeys((*SECRETS, *patterns)))
        self._secrets = tuple(filter(None, secrets))
        self._spelt_secrets = tuple([encode_basestring(secret)[1:-1] for secret in self._secrets])

    @property
    def key_id(self) -> str | None:
        """Which key names are hashed with; None if they stand as they are."""
        return None if self._names is None else self._names.id

    def address(self, url: str) -> str:
        """An address as the log has it; most are as they are."""
        if self._secrets:
            url = self._without(url)
        return redacted(url, self.patterns) if may_have_values(url) else url

    def leaves(self, text: str) -> bool:
        """
        True of JSON text in which `within` changes nothing: it has none of the marks that secrets are told by.

        JSON escapes each character by itself, and none of these. Names are another matter.
        """
        if "@" in text or may_have_values(text):
            return False
        return not self._spelt_secrets or not any(secret in text for secret in self._spelt_secrets)

    def members(self, members: Mapping[str, Any]) -> Mapping[str, Any]:
        """The members of a decision as the log has them."""
        if self._names is not None:
            members = self._names.members(members)
        told = {name: self.within(members[name]) for name in _TELLING if members.get(name)}
        return {**members, **told} if told else members

    def decided(self, decision: Decision) -> Decision:
        """The decision as the log has it, for whoever is told of it beside the log."""
        exchange, outcome = decision.exchange, decision.outcome
        addresses = (decision.url, exchange.final_url, *exchange.hops)
        if decision.stored is not None:
            addresses += (decision.stored.file,)
        if not (outcome.because or outcome.said or decision.faults or outcome.exemption) and all(
            self.address(each) is each for each in (*addresses, *(each.document for each in decision.checked))
        ):
            return decision
        record = decision.to_dict()
        told = {**record, **self.members(record), "hops": [self.address(each) for each in exchange.hops]}
        told |= {name: self.address(record[name]) for name in ("url", "final_url")}
        if "stored" in record:
            told["stored"] = {**record["stored"], "file": self.address(record["stored"]["file"])}
        read = read_decision(told) if told != record else None
        return decision if read is None else read.decision

    def untold(self, decision: Decision) -> Decision:
        """The decision without secrets of the run's own that a server repeated: what is raised of it may be logged."""
        if not self._secrets or not decision.because:
            return decision
        because = tuple(
            replace(said, excerpt=self.within(said.excerpt), terms=self.within(said.terms)) for said in decision.because
        )
        return decision._replace(outcome=replace(decision.outcome, because=because))

    def within(self, value: Any, name: str = "") -> Any:
        """A value with the texts in it as the log has them; `name` is the member's."""
        if value is None:
            return None
        if isinstance(value, str):
            return self._text(str(value), name)
        if isinstance(value, (list, tuple)):
            return [self.within(item, name) for item in value]
        if isinstance(value, dict):
            return {key: self.within(item, key) for key, item in value.items()}
        return in_json(value)

    def _text(self, text: str, name: str) -> str:
        if self._secrets:
            text = self._without(text)
        if "@" in text:
            text = without_secrets(text)
        if may_have_values(text):
            text = redacted(text, self.patterns) if name in _ADDRESSES else redacted_words(text, self.patterns)
        return text

    def _without(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, REDACTED)
        return text
