"""Does the outcome of a decision fit together: verdict, `admitted`, `enforced`, address?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tdm_guard.log.bodies import shown
from tdm_guard.model import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

VERDICTS = frozenset(verdict.value for verdict in Verdict)
_WITHHOLDING = frozenset(verdict.value for verdict in Verdict if verdict.withholds)


def verdict_of(record: Mapping[str, Any]) -> str:
    """The verdict, or "unknown"."""
    verdict = record.get("verdict")
    return verdict if isinstance(verdict, str) and verdict in VERDICTS else "unknown"


def outcome_problem(record: Mapping[str, Any]) -> str | None:
    """What is wrong with the outcome itself."""
    verdict, admitted, enforced = record.get("verdict"), record.get("admitted"), record.get("enforced")
    if not isinstance(verdict, str) or verdict not in VERDICTS:
        return f"verdict {shown(verdict)} is unknown"
    if admitted is not (enforced is False or verdict not in _WITHHOLDING):
        return f"admitted is {shown(admitted)} under verdict {verdict} and enforced {shown(enforced)}"
    return None


def addresses_of(record: Mapping[str, Any]) -> tuple[str, ...]:
    """The addresses of the journey, if content was admitted: what the trees of addresses and domains are over."""
    if record.get("admitted") is not True or record.get("content") is not True:
        return ()
    hops = record.get("hops")
    found = [record.get("url"), record.get("final_url"), *(hops if isinstance(hops, list) else ())]
    return tuple(dict.fromkeys(url for url in found if isinstance(url, str)))
