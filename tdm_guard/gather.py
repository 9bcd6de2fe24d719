"""
Which documents of an origin have to be read, in which order, and how their answers become its policy.

strategy: `gather` is a generator that yields what it wants fetched, side by side, and takes what came; whoever has a
network, or a mapping of stored documents, drives it. First come the documents that must be read, then those that can
still change the outcome for the usages asked, then second places and what robots.txt declares.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from tdm_guard.decision import Checked
from tdm_guard.errors import ConfigurationError
from tdm_guard.model import Declared, Fetched, Result
from tdm_guard.policies.answers import last_copy, read_answer
from tdm_guard.policies.policy import SILENT, Kept, OriginPolicy
from tdm_guard.policies.task import Answers, Gathering, Wanted
from tdm_guard.signals import robots
from tdm_guard.signals.shape import Document, WideSite
from tdm_guard.usage import Usage

MAX_DECLARED_BYTES = 2**20  # of one licence document
MAX_ROUNDS = 6  # well-known, optional, second places and declared ones come in four; the bound is for safety

Recall = Callable[[Document], Kept | None]  # what somebody else fetched and kept of a document, read for this listener
Look = Callable[[str], Fetched | None]  # what the document at a URL answered, of answers that are at hand

_, _ABSENT, _UNREADABLE, _UNREACHABLE, _NOT_ATTEMPTED = Result  # on Python 3.11 a look-up on the class is slow
_NOT_THERE = (_ABSENT, _UNREADABLE)


def gather(
    task: Gathering, previous: OriginPolicy | None = None, recall: Recall | None = None
) -> Generator[tuple[Wanted, ...], Answers, OriginPolicy]:
    """
    Reads an origin's documents: yields those wanted next, side by side, and takes what each URL answered.

    None stands for "never asked". Documents of `previous` that are still fresh are kept as they are, and so are those
    that `recall` has.
    """
    before = {item.path: item for item in previous.kept} if previous else {}
    kept: dict[str, Kept] = {}
    batch = _first_round(task)
    for _ in range(MAX_ROUNDS):
        if not batch:
            break
        yield from _read_round(task, batch, kept, before, recall)
        batch = _next_round(task, kept, batch)
    documents = tuple(kept.values()) or (_nothing_to_read(task),)
    lent = previous.lent if previous else ()
    learned = tuple(item for item in previous.learned if item.is_fresh(task.now)) if previous else ()
    return OriginPolicy.of(task.origin, task.listener, documents, lent, learned)


def gather_known(task: Gathering, look: Look) -> OriginPolicy:
    """
    The same of answers that are at hand: each is looked up by its URL when it is its turn, None for "never asked".

    Raises `ConfigurationError` for one that is no `Fetched`.
    """
    kept: dict[str, Kept] = {}
    batch = _first_round(task)
    for _ in range(MAX_ROUNDS):
        if not batch:
            break
        _read_known(task, batch, kept, look)
        batch = _next_round(task, kept, batch)
    return OriginPolicy.of(task.origin, task.listener, tuple(kept.values()) or (_nothing_to_read(task),))


def not_asked(task: Gathering) -> OriginPolicy:
    """The policy of an origin of which nothing is read, since nothing of it is asked for."""
    return OriginPolicy.of(task.origin, task.listener, (_nothing_to_read(task),))


def read_lent(
    task: Gathering, declared: tuple[Declared, ...], lent: tuple[Kept, ...], recall: Recall | None = None
) -> Generator[tuple[Wanted, ...], Answers, tuple[Kept, ...]]:
    """Reads documents that a response declares; those of `lent` and `recall` that are fresh are kept as they are."""
    kept: dict[str, Kept] = {}
    signals = {item.signal for item in declared}
    before = {item.path: item for item in lent if item.signal in signals}
    yield from _read_round(task, _declared_documents(task, declared), kept, before, recall)
    return tuple(kept.values())


def read_known(task: Gathering, declared: tuple[Declared, ...], look: Look) -> tuple[Kept, ...]:
    """The same of answers that are at hand, as in `gather_known`."""
    kept: dict[str, Kept] = {}
    _read_known(task, _declared_documents(task, declared), kept, look)
    return tuple(kept.values())


def _first_round(task: Gathering) -> Sequence[Document]:
    """The documents that must be read; where there are none, the others."""
    return [document for document in task.wanted if document.required] or _next_round(task, {}, ())


def _next_round(task: Gathering, kept: Mapping[str, Kept], batch: Sequence[Document]) -> Sequence[Document]:
    """What those of the last `batch` declare; optional ones, and second places, that can still change something."""
    more: list[Document] = []
    for document in batch:
        said = kept[document.path].said
        if said is not SILENT and said.declared:
            more += [found for found in _declared_documents(task, said.declared) if found.path not in kept]
    optional = _optional(task, kept)
    if optional and _answers(kept):
        reserved = None if task.thorough else _reserved_everywhere(kept)
        open_usages = task.asked - reserved if reserved else task.asked
        more += [document for document in optional if not open_usages.isdisjoint(document.usages)]
    return tuple({document.path: document for document in more}.values()) if len(more) > 1 else more


def _answers(kept: Mapping[str, Kept]) -> bool:
    """False if one of the documents asked for got no answer: nothing that need not be read is waited for then."""
    for item in kept.values():
        checked = item.checked
        if checked.result is _UNREACHABLE and checked.status is None:
            return False
    return True


def _optional(task: Gathering, kept: Mapping[str, Kept]) -> list[Document]:
    """Optional documents that were not looked for yet, and the second places of those that were not found."""
    found = []
    for document in task.wanted:
        if not document.required:
            first, second = kept.get(document.path), document.second
            if first is None:
                found.append(document)
            elif second is not None and first.checked.result in _NOT_THERE and second.path not in kept:
                found.append(second)
    return found


def _reserved_everywhere(kept: Mapping[str, Kept]) -> set[Usage]:
    """The usages that are reserved for the whole origin already, so that no further document can add to it."""
    found: set[Usage] = set()
    for item in kept.values():
        said = item.said
        if said is not SILENT:
            for site in said.sites:
                if isinstance(site, WideSite):
                    found.update(site.everywhere)
    return found


def _declared_documents(task: Gathering, declared: Iterable[Declared]) -> list[Document]:
    return [found for each in declared if (found := _declared_document(task, each)) is not None]


def _declared_document(task: Gathering, declared: Declared) -> Document | None:
    for signal in task.signals:
        if signal.name == declared.signal and signal.read_declared is not None:
            return Document(
                path=declared.url,
                max_bytes=MAX_DECLARED_BYTES,
                read=partial(signal.read_declared, declared),
                signal=signal.name,
                carrier=signal.name,
                usages=signal.usages,
                required=declared.required,
            )
    return None


def _read_known(task: Gathering, batch: Iterable[Document], kept: dict[str, Kept], look: Look) -> None:
    name = task.name
    for document in batch:
        path = document.path
        url = name + path if path[0] == "/" else path
        answer = look(url)
        if not (answer.__class__ is Fetched or answer is None or isinstance(answer, Fetched)):
            raise ConfigurationError(f"policies: {answer!r} is no Fetched; for example Fetched(status=404)")
        kept[path] = read_answer(task, url, document, answer, None)


def _read_round(
    task: Gathering, batch: Sequence[Document], kept: dict[str, Kept], before: dict[str, Kept], recall: Recall | None
) -> Generator[tuple[Wanted, ...], Answers, None]:
    if recall is not None:
        _recall_round(task, batch, before, recall)
    due: list[tuple[str, Document, Kept | None]] = []
    now, name = task.now, task.name
    for document in batch:
        path = document.path
        old = before.get(path) if before else None
        if old is not None and _fresh(old, now):
            kept[path] = old
        else:
            due.append((name + path if path[0] == "/" else path, document, old))
    if due:
        answers = yield tuple([_want(task, *one) for one in due])
        for url, document, old in due:
            kept[document.path] = read_answer(task, url, document, answers.get(url), old)
        if len(due) < len(batch):  # in the order in which they are looked for
            for document in batch:
                kept[document.path] = kept.pop(document.path)


def _recall_round(task: Gathering, batch: Sequence[Document], before: dict[str, Kept], recall: Recall) -> None:
    """Puts what was fetched elsewhere in the place of what is not fresh here, if it lasts longer."""
    for document in batch:
        ours = before.get(document.path)
        if ours is not None and _fresh(ours, task.now):
            continue
        theirs = recall(document)
        if theirs is not None and (ours is None or theirs.is_fresh(task.now) or theirs.expires_at >= ours.expires_at):
            before[document.path] = theirs


def _lacks(task: Gathering, sha256: str | None) -> bool:
    """True if there should be a copy of a document and is none, so that "not modified" would not do for an answer."""
    return task.keeper is not None and sha256 is not None and not task.keeper.holds(sha256)


def _nothing_to_read(task: Gathering) -> Kept:
    checked = Checked(document=task.name + robots.DOCUMENT.path, result=_NOT_ATTEMPTED)
    return Kept(path=robots.DOCUMENT.path, checked=checked, expires_at=task.now + timedelta(hours=24))


def _fresh(kept: Kept, now: datetime) -> bool:
    return kept.is_fresh(now) and not kept.said.unasked


def _want(task: Gathering, url: str, document: Document, old: Kept | None) -> Wanted:
    copy = None if old is None else last_copy(old)
    if copy is None or _lacks(task, copy.checked.sha256):
        return Wanted.anew(url, document.max_bytes)
    return Wanted(url, document.max_bytes, etag=copy.said.etag, last_modified=copy.said.last_modified)
