"""
trust.txt (JournalList): one variable of it, `datatrainingallowed`, says for a whole origin whether it may train AI.

strategy: at most one such line is foreseen. A `no` reserves; a `yes` permits if it is the only word. Cautious: any line
that says `no` counts, beside others or not quite in the form (code `trust-txt-any-no`), and so does a line of another
name that begins like a refusal (code `trust-txt-unknown-refusal`). To the letter these are doubts, beside which nothing
is permitted.
"""

from __future__ import annotations

from tdm_guard.formats.site.trust_txt import MAX_BYTES, TrainingLine, parse
from tdm_guard.model import Fault, Fetched, Kind, Reading, Result, Source, Stance, Statement
from tdm_guard.signals.shape import GONE, Document, DocumentReading, Listener, Signal, WideSite
from tdm_guard.signals.shared import refusing_words as _refusing_words
from tdm_guard.signals.shared.refusing_lines import MESSAGE, refusing_lines
from tdm_guard.signals.shared.refusing_vocabulary import begins_like_refusal, says_no
from tdm_guard.signals.shared.site_file import without_file
from tdm_guard.usage import TRAINING, Usage

NAME = "trust-txt"
REPAIR = "trust-txt-any-no"
UNKNOWN = "trust-txt-unknown-refusal"
MAX_FAULTS = 8

_KNOWN = frozenset(
    {"datatrainingallowed", "member", "belongto", "control", "controlledby", "social", "vendor", "customer"}
)


class Everywhere(WideSite):
    """The one word of a trust.txt, the same for every path of its origin."""

    __slots__ = ("_reading", "everywhere")

    def __init__(self, statement: Statement) -> None:
        self._reading = Reading((statement,))
        self.everywhere: tuple[Usage, ...] = TRAINING if statement.stance is Stance.RESERVED else ()

    def says(self, target: str) -> Reading:
        """What is said of any path."""
        return self._reading


def read_document(fetched: Fetched, source: Source, listener: Listener) -> DocumentReading:
    """What became of the file and what it says; of one that was cut, only a refusal."""
    settled = without_file(fetched, source, NAME)
    if settled is not None:
        return settled
    complete = fetched.complete and len(fetched.body) <= MAX_BYTES
    file = parse(fetched.body, complete=complete)
    if not file.has_variables:
        fault = Fault.at(source, "no line of the form name=value, so no trust.txt", signal=NAME)
        return DocumentReading(result=Result.UNREADABLE, faults=(fault,))
    faults = [] if complete else [Fault.at(source, f"longer than was read ({MAX_BYTES} bytes)", signal=NAME)]
    unknown = next(refusing_lines(file.text, listener.agent, _KNOWN), None)
    if unknown is not None:
        locator = f"line {unknown.line}"
        faults.append(Fault.at(source, MESSAGE, signal=NAME, locator=locator, excerpt=unknown.words))
    statement = _choose(file.training, source, listener, faults, complete=complete and unknown is None)
    if unknown is not None and (statement is None or statement.stance is not Stance.RESERVED):
        statement = _repaired(source, TrainingLine(unknown.line, "", unknown.words, exact=False), UNKNOWN, listener)
    site = Everywhere(statement) if statement is not None else None
    return DocumentReading(result=Result.READ, site=site, faults=tuple(faults[:MAX_FAULTS]))


def _choose(
    lines: tuple[TrainingLine, ...], source: Source, listener: Listener, faults: list[Fault], *, complete: bool
) -> Statement | None:
    """The line that counts: a `no` in form that none contradicts, any other `no` (cautious), a lone `yes`."""
    valid = [line for line in lines if line.exact and line.value in ("yes", "no")]
    first = valid[0] if valid else None
    for line in lines:
        if len(faults) >= MAX_FAULTS:
            break
        if not line.exact or line.value not in ("yes", "no"):
            faults.append(_fault(source, line, "datatrainingallowed is neither yes nor no"))
        elif line is not first:
            faults.append(_fault(source, line, "a second datatrainingallowed; one is foreseen"))
    words = {line.value for line in valid}
    if words == {"no"}:
        return _statement(source, valid[0], Stance.RESERVED)
    refusal = next((line for line in lines if says_no(line.value) or begins_like_refusal(line.value)), None)
    if refusal is not None:
        return _repaired(source, refusal, REPAIR, listener)
    if words == {"yes"} and len(valid) == len(lines) and complete:
        return _statement(source, valid[0], Stance.PERMITTED)
    return None


def _statement(source: Source, line: TrainingLine, stance: Stance, repair: str | None = None) -> Statement:
    return Statement.at(
        source,
        kind=Kind.RESERVATION if stance is Stance.RESERVED else Kind.PERMISSION,
        signal=NAME,
        usages=TRAINING,
        stance=stance,
        locator=f"line {line.line}",
        excerpt=line.words,
        repair=repair,
    )


def _repaired(source: Source, line: TrainingLine, repair: str, listener: Listener) -> Statement:
    """A refusal that takes a repair to hear."""
    return _refusing_words.statement(
        source,
        TRAINING,
        signal=NAME,
        cautious=listener.cautious,
        locator=f"line {line.line}",
        excerpt=line.words,
        repair=repair,
    )


def _fault(source: Source, line: TrainingLine, message: str) -> Fault:
    return Fault.at(source, message, signal=NAME, locator=f"line {line.line}", excerpt=line.words)


DOCUMENT = Document(
    path="/trust.txt",
    fallback="/.well-known/trust.txt",
    max_bytes=MAX_BYTES,
    read=read_document,
    signal=NAME,
    usages=TRAINING,
    required=False,
    gone=GONE,
)

SIGNAL = Signal(
    name=NAME,
    title="trust.txt",
    spec="JournalList, draft-org-trust-relationship-protocol-00, 2024-08-06 (variable of 2024-04-04)",
    usages=TRAINING,
    document=DOCUMENT,
)
