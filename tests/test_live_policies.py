"""What the processes of a scan ask the one that asks the sites, and what they are told when it cannot."""

from __future__ import annotations

import pickle
import threading
from pathlib import Path

import pytest

from tdm_guard.cli.live_policies import AskedPolicies, LivePolicies
from tdm_guard.errors import TdmGuardError
from tdm_guard.testing import Answer, PretendWeb, Site


@pytest.fixture
def policies() -> LivePolicies:
    return LivePolicies({"agent": "ExampleBot"})


def test_what_is_being_asked_is_waited_for(policies: LivePolicies) -> None:
    with PretendWeb(
        [Site("a.example", {"/robots.txt": Answer.text("User-agent: *\n", ("cache-control", "no-store"))})]
    ) as web:
        origin = web.origin("a.example")
        others = [pickle.loads(pickle.dumps(policies)) for _ in range(4)]
        found = {}

        def ask(number: int, source: LivePolicies | AskedPolicies) -> None:
            found[number] = source.documents(origin, None)

        threads = [threading.Thread(target=ask, args=each) for each in enumerate((policies, *others))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert web.asked("a.example", "/robots.txt") == 1
        assert len(found) == 5
        assert all(each == found[0] for each in found.values())
        assert found[0][f"{origin}/robots.txt"].status == 200
        for other in others:
            other.close()
        policies.close()


def test_who_asks_is_told_what_went_wrong_and_others_go_on(policies: LivePolicies) -> None:
    asked = pickle.loads(pickle.dumps(policies))
    with pytest.raises(TdmGuardError, match="its documents could not be asked for"):
        asked.documents("nonsense", None)
    with PretendWeb([Site("a.example", {})]) as web:
        origin = web.origin("a.example")
        assert asked.documents(origin, None)[f"{origin}/robots.txt"].status == 404
    policies.close()
    with pytest.raises(TdmGuardError, match="the process that asks the sites is gone"):
        asked.documents("http://other.example", None)
    asked.close()


def test_what_does_not_know_the_key_is_not_answered(policies: LivePolicies, tmp_path: Path) -> None:
    from multiprocessing.connection import AuthenticationError, Client

    _, (address,) = policies.__reduce__()
    with pytest.raises(AuthenticationError):
        Client(address, authkey=b"another").close()
    asked = AskedPolicies(address)
    with PretendWeb([Site("a.example", {})]) as web:
        assert asked.documents(web.origin("a.example"), None)
    asked.close()
    policies.close()
