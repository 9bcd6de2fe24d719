"""
How the shared procedures reach a client: they are generators that yield steps, performed by its wire.

strategy: `exchange` and `read_document` are written once; a `Wire` performs their steps with one request and what sends
it, `drive` runs them (in an event loop, `tasks.drive_async`). Whatever happens to a step is thrown into the generator,
so that its `except` clauses decide, in one place, what is closed. What the exchange wants to know of a request and a
response, it asks of the wire too: each client has a subclass, and nothing else here knows whose classes they are.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, MutableMapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple, Self

from tdm_guard._clients.asked import Asked
from tdm_guard._clients.fields import Picker
from tdm_guard._clients.tally import Tally
from tdm_guard.decision import Decision
from tdm_guard.drive import LongWork
from tdm_guard.judging.case import Case
from tdm_guard.model import Headers
from tdm_guard.origin import Origin
from tdm_guard.repertoire.callers_item import ITEM


class Step(Enum):
    """What a procedure asks of its wire."""

    SEND = "send"  # the request; brings the response
    FILL = "fill"  # the body as received, up to the wire's goal; True at its end: the connection was given back
    READ = "read"  # the next piece of the body as received; None at its end
    CLOSE = "close"  # the response is not wanted


SEND, FILL, READ, CLOSE = Step  # by these names: on Python 3.11 looking a member up on its class is slow


@dataclass(frozen=True, slots=True)
class Load:
    """Asks for the policy of an origin, fetched under a User-Agent."""

    origin: Origin
    user_agent: str


@dataclass(frozen=True, slots=True)
class LoadDeclared:
    """
    Asks for the documents that the response of a case declared, under a User-Agent.

    `held`: the response keeps its connection meanwhile, so that others may be waiting for it.
    """

    case: Case
    user_agent: str
    held: bool


class Hear(NamedTuple):
    """Reading of a body that `may_last`: then it is called off the event loop, if there is one."""

    call: Callable[[], Any]
    may_last: Callable[[], bool]


Asking = Step | Load | LoadDeclared | LongWork | Hear
Steps = Generator[Asking, Any, Any]


class Head(NamedTuple):
    """
    What came before the body: the status, the header fields that are heard, whether a cache kept the answer.

    `in_memory`: its body was received by somebody else, and is whole.
    """

    status: int
    headers: Headers
    cached: bool
    in_memory: bool

    @classmethod
    def of(cls, status: int, headers: Headers, *, cached: bool, in_memory: bool) -> Self:
        """The same in half the time, for every page."""
        return tuple.__new__(cls, (status, headers, cached, in_memory))


class Wire:
    """
    One request, its response and the body as it comes; each client has a subclass.

    `heard` are the pieces that `FILL` received, `size` bytes together; it stops when they are `goal` or more.
    """

    __slots__ = ("goal", "heard", "request", "response", "size")
    copies = False  # True where an answer to a challenge is sent as a copy of the request, with its trail

    def __init__(self, request: Any) -> None:
        self.request = request
        self.response: Any = None
        self.heard: list[bytes] = []
        self.size = 0
        self.goal = 0

    # What is done.

    def perform(self, step: Asking) -> Any:
        """Performs a step in the calling thread. `CLOSE` raises nothing: what led to it is the news."""
        raise NotImplementedError

    async def perform_async(self, step: Asking) -> Any:
        """Performs a step in an event loop; closing goes on when the task is cancelled."""
        raise NotImplementedError

    # What the request says.

    def asked(self) -> Asked:
        """What the request asks for, as it would be sent. Raises `UnsupportedURL`, `ConfigurationError`."""
        raise NotImplementedError

    @property
    def dialled(self) -> str:
        """The address that is connected to, as a URL: what a Host field says is not in it."""
        raise NotImplementedError

    @property
    def fields(self) -> MutableMapping[str, str]:
        """The header fields of the request, to be changed."""
        headers: MutableMapping[str, str] = self.request.headers
        return headers

    @property
    def item(self) -> object:
        """What the caller knows of the work, as it was given; None if nothing. `check_request_keys` is for its name."""
        return None

    @property
    def item_name(self) -> str:
        """What the caller gave the item by, for messages of mistakes in it."""
        return ITEM

    @property
    def trail(self) -> Any:
        """The `journey.Trail` that the request carries, for those that are made from it; None without."""
        return None

    @trail.setter
    def trail(self, trail: Any) -> None:
        raise NotImplementedError

    # What the response says, once there is one.

    def head(self, picker: Picker) -> Head:
        """Its head, with the fields that `picker` picks."""
        raise NotImplementedError

    @property
    def announced(self) -> str:
        """The size that is announced of the body as received, in digits; nothing if there is none."""
        length: str = self.response.headers.get("content-length", "")
        return length

    @property
    def redirects(self) -> bool:
        """True if a client that follows redirects would follow this one."""
        raise NotImplementedError

    def target(self) -> str | None:
        """Where it redirects to, as `dialled` would be there; None if that is no address."""
        raise NotImplementedError

    def document_head(self) -> tuple[int, Headers]:
        """The status and all header lines, of an answer that is read as a document."""
        raise NotImplementedError

    @property
    def stale(self) -> bool:
        """True for an answer that a cache kept and did not ask the server about."""
        return False

    @property
    def peer(self) -> str | None:
        """The IP address that answered, while the response has its connection; None where it cannot be known."""
        return None

    # What becomes of it.

    def decided(self, decision: Decision) -> None:
        """Puts the decision where `decision_of` finds it."""
        raise NotImplementedError

    def hand_on(self, *, ended: bool, tally: Tally | None) -> None:
        """
        Makes of the pieces heard, and of what is still to come unless it `ended`, the body of the response.

        What is still to come is counted in the `tally`.
        """
        raise NotImplementedError

    def _full(self, chunk: bytes) -> bool:
        self.heard.append(chunk)
        self.size += len(chunk)
        return self.size >= self.goal


def drive(steps: Steps, wire: Any, ask: Callable[[Load | LoadDeclared], Any] | None = None) -> Any:
    """Runs a procedure in the calling thread; `ask` answers what is not the wire's to answer."""
    try:
        step = next(steps)
        while True:
            try:
                if isinstance(step, Step) or ask is None:
                    result = wire.perform(step)
                else:
                    result = step.call() if isinstance(step, (LongWork, Hear)) else ask(step)
            except BaseException as error:  # noqa: BLE001 - the procedure closes what it opened, then raises it again
                step = steps.throw(error)
            else:
                step = steps.send(result)
    except StopIteration as finished:
        return finished.value
