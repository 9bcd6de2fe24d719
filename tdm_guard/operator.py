"""Who collects: the operator's name, class, country, undertakings and, if claimed, its Art. 3 research status."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from tdm_guard.errors import ConfigurationError
from tdm_guard.plain import suggested

_CLASSES = ("commercial", "non-commercial", "education", "government", "personal")  # RSL 1.0 user types
_UNDERTAKINGS = ("attribution", "reporting")
# Directive (EU) 2019/790, Art. 2(1), 2(3), recital 12: who claims Art. 3 is a research organisation (not for profit, or
# of a mission of public interest) or a heritage institution, neither a company or under the influence of one nor a
# private person. Those without profit, of education and of government may be either.
_NO_RESEARCH = {
    "commercial": "a company, or an organisation under the influence of one, is no research organisation (Art. 2(1))",
    "personal": "a private person is neither a research organisation nor a heritage institution (Art. 2(1), 2(3))",
}
_CONTACT = re.compile(r"(?:https?://[^/?#@]+(?:[/?#].*)?|[^@/:]+@[^@/:]+\.[^@/:]+)")
_IN_A_COMMENT = re.compile(r"[!-~]{1,200}")  # of a User-Agent field (RFC 9110 5.6.5), without what would end it


@dataclass(frozen=True, slots=True, kw_only=True)
class Research:
    """A claim to Art. 3 of Directive (EU) 2019/790, as somebody attested it."""

    eligible: bool
    lawful_access: bool
    attested_by: str
    at: str
    reference: str

    def __str__(self) -> str:
        return f"attested by {self.attested_by} on {self.at}, reference {self.reference}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """
    Who collects: name, classes, country (ISO 3166-1 alpha-2), what it undertakes, and an Art. 3 claim.

    `contact`: an address for those whose sites are asked, http(s) or mail; it stands in the User-Agent.
    `complaints_url`: where rightsholders lodge complaints, a page with a form.
    """

    name: str | None = None
    contact: str | None = None
    complaints_url: str | None = None
    classes: tuple[str, ...] = ()
    country: str | None = None
    undertakings: tuple[str, ...] = ()
    research: Research | None = None

    @property
    def exempt(self) -> bool:
        """True if Art. 3 is claimed for an eligible organisation with lawful access."""
        return self.research is not None and self.research.eligible and self.research.lawful_access


def read_operator(value: Any) -> Operator:
    """An operator from a table of its members. Raises `ConfigurationError` with every mistake."""
    if isinstance(value, Operator):
        return _consistent(value)
    good = '{"name": "acme-ai", "classes": ["commercial"], "country": "FR"}'
    if not isinstance(value, Mapping):
        raise ConfigurationError(f"operator: {value!r} is no table; for example {good}")
    members = Operator.__dataclass_fields__
    problems = [
        f"operator.{name}: unknown{suggested(str(name), members)}; for example {good}"
        for name in value
        if name not in members
    ]
    name, country, research = value.get("name"), value.get("country"), value.get("research")
    contact = value.get("contact")
    if name is not None and not (isinstance(name, str) and name.strip()):
        problems.append(f'operator.name: {name!r} is no name; for example "acme-ai"')
    if country is not None and not (isinstance(country, str) and re.fullmatch(r"[A-Za-z]{2}", country)):
        problems.append(f'operator.country: {country!r} is no ISO 3166-1 alpha-2 code; for example "FR"')
    if contact is not None and not _is_contact(contact):
        problems.append(
            f"operator.contact: {contact!r} is no address of a page or a mailbox; "
            'for example "https://acme.example/bot" or "bot@acme.example"'
        )
    complaints = value.get("complaints_url")
    if complaints is not None and not (_is_contact(complaints) and complaints.startswith("http")):
        problems.append(
            f"operator.complaints_url: {complaints!r:.200} is no address of a page; "
            'for example "https://acme.example/complaints"'
        )
    lists = {}
    for member, choices in (("classes", _CLASSES), ("undertakings", _UNDERTAKINGS)):
        try:
            lists[member] = tuple(names_in(f"operator.{member}", value.get(member, ()), f'["{choices[0]}"]'))
        except ConfigurationError as error:
            problems.extend(error.problems)
            continue
        problems.extend(
            f"operator.{member}: {item!r} is not one of {', '.join(choices)}"
            for item in lists[member]
            if item not in choices
        )
    claim = None
    if research is not None:
        try:
            claim = _research(research)
        except ConfigurationError as error:
            problems.extend(error.problems)
    if problems:
        raise ConfigurationError(*problems)
    return _consistent(
        Operator(
            name=name,
            contact=contact,
            complaints_url=complaints,
            country=country.upper() if country else None,
            research=claim,
            **lists,
        )
    )


def _consistent(operator: Operator) -> Operator:
    """The operator. Raises `ConfigurationError` for one that claims Art. 3 as what cannot."""
    problems = [
        f"operator.research: claims Art. 3 of Directive (EU) 2019/790, and classes names {name!r}: {why}; for example "
        f'classes = ["non-commercial"], or no [operator.research]'
        for name, why in _NO_RESEARCH.items()
        if operator.exempt and name in operator.classes
    ]
    if problems:
        raise ConfigurationError(*problems)
    return operator


def _is_contact(value: Any) -> bool:
    return (
        isinstance(value, str)
        and not set(value) & set("()\\")
        and _IN_A_COMMENT.fullmatch(value) is not None
        and _CONTACT.fullmatch(value) is not None
    )


def _research(value: Any) -> Research:
    """All members are required: an exemption that nobody attested is none."""
    good = (
        '{"eligible": true, "lawful_access": true, "attested_by": "legal@example.org", '
        '"at": "2026-01-05", "reference": "research charter 3.2"}'
    )
    if isinstance(value, Research):
        return value
    members = Research.__dataclass_fields__
    if not isinstance(value, Mapping):
        raise ConfigurationError(f"operator.research: {value!r:.80} is no table; for example {good}")
    if set(value) != set(members):
        strange = [name for name in value if name not in members]
        hints = "".join(
            f"; {name} is unknown{suggested(str(name), members)}; for example {good}" for name in strange[:1]
        )
        raise ConfigurationError(f"operator.research: needs exactly {', '.join(members)}{hints}; for example {good}")
    at = value["at"]
    at = at.isoformat() if isinstance(at, date) else at
    problems = [
        f"operator.research.{member}: {value[member]!r} is neither true nor false; without both true nothing is exempt"
        for member in ("eligible", "lawful_access")
        if not isinstance(value[member], bool)
    ]
    problems += [
        f"operator.research.{member}: {text!r} is empty; for example {good}"
        for member, text in (("attested_by", value["attested_by"]), ("reference", value["reference"]))
        if not isinstance(text, str) or not text.strip()
    ]
    try:
        datetime.fromisoformat(at)
    except (TypeError, ValueError):
        problems.append(f'operator.research.at: {at!r} is no date; for example "2026-01-05"')
    if problems:
        raise ConfigurationError(*problems)
    return Research(**{**value, "at": at})


def names_in(option: str, value: Any, good: str) -> list[str]:
    """A list of names, also given as text with commas. Raises `ConfigurationError`, which shows a good one."""
    if isinstance(value, str):
        return [name for part in value.split(",") if (name := part.strip())]
    if isinstance(value, Iterable) and not isinstance(value, (bytes, Mapping)):
        names = list(value)
        if all(isinstance(name, str) for name in names):
            return names
    raise ConfigurationError(f"{option}: {value!r} is no list of names; for example {good}")
