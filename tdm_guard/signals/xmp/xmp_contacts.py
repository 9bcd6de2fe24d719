"""What stands beside a data-mining property in an XMP packet: whom to ask, under which terms."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from tdm_guard.formats.files.xmp import Property
from tdm_guard.formats.site.tdmrep_value import read_policy
from tdm_guard.plain import bounded

PLUS = "http://ns.useplus.org/ldf/xmp/1.0/"
RIGHTS = "http://ns.adobe.com/xap/1.0/rights/"
IPTC_CORE = "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/"
IPTC_EXTENSION = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"

_CONSTRAINTS = (PLUS, "OtherConstraints")
_EMBEDDED = (IPTC_EXTENSION, "EmbdEncRightsExpr")
_LINKED = (IPTC_EXTENSION, "LinkedEncRightsExpr")
_USAGE_TERMS = (RIGHTS, "UsageTerms")
_STATEMENT = (RIGHTS, "WebStatement")
_OWNER = (PLUS, "CopyrightOwner")
_LICENSOR = (PLUS, "Licensor")
_CREATOR = (IPTC_CORE, "CreatorContactInfo")
_NAMED = frozenset(
    name for _, name in (_CONSTRAINTS, _EMBEDDED, _LINKED, _USAGE_TERMS, _STATEMENT, _OWNER, _LICENSOR, _CREATOR)
)
BESIDE = frozenset(map(str.lower, _NAMED))
# The fields of the two structures that say how somebody is reached, in the order in which they are shown
_REACHED = (
    "LicensorName", "LicensorEmail", "LicensorURL", "LicensorTelephone1", "LicensorTelephone2",
    "CiEmailWork", "CiUrlWork", "CiTelWork",
)  # fmt: skip


class Companions(NamedTuple):
    """The properties beside a reservation; all are evidence, none is a signal."""

    constraints: str | None = None
    policy_url: str | None = None
    contact: str | None = None
    terms: str | None = None
    rightsholder: str | None = None


_NONE = Companions()


def companions(properties: Iterable[Property]) -> Companions:
    """What the properties of one packet say of terms and contact. A URL counts if it is absolute and http(s)."""
    found: dict[tuple[str, str], list[Property]] = {}
    for each in properties:
        if each.name in _NAMED:
            found.setdefault((each.namespace, each.name), []).append(each)
    if not found:
        return _NONE
    linked = [value for each in found.get(_LINKED, ()) for value in _parts(each, "LinkedRightsExpr")]
    embedded = [value for each in found.get(_EMBEDDED, ()) for value in _parts(each, "EncRightsExpr")]
    constraints = _first(found, _CONSTRAINTS)
    urls = [*linked, *(each.value for each in found.get(_STATEMENT, ()))]
    owners = [value for each in found.get(_OWNER, ()) for value in _parts(each, "CopyrightOwnerName")]
    return Companions(
        constraints=constraints,
        policy_url=next((url for url in map(_absolute, urls) if url), None),
        contact=_contact([*found.get(_LICENSOR, ()), *found.get(_CREATOR, ())]),
        terms=bounded(constraints or next(iter(embedded), None) or _first(found, _USAGE_TERMS)),
        rightsholder=bounded(next(iter(owners), None)),
    )


def _first(found: dict[tuple[str, str], list[Property]], name: tuple[str, str]) -> str | None:
    return next((each.value.strip() for each in found.get(name, ()) if each.value.strip()), None)


def _parts(each: Property, field: str) -> list[str]:
    """The values of a structure's field; a plain value where a writer left out the structure."""
    values = [value for name, value in each.fields if name == field and value]
    return values or [each.value.strip()] * bool(each.value.strip())


def _absolute(url: str) -> str | None:
    """The URL if it needs no base to be one."""
    text = url.strip()
    return read_policy(text, text) if text[:8].lower().startswith(("http://", "https://")) else None


def _contact(structures: list[Property]) -> str | None:
    """How the licensor is reached, else the creator."""
    for each in structures:
        parts = [value for name in _REACHED for field, value in each.fields if field == name and value]
        if parts:
            return bounded(", ".join(dict.fromkeys(parts)))
    return None
