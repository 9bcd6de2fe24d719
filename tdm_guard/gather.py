"""
Which documents of an origin have to be read, in which order, and how their answers become its policy.

strategy: `gather` is a generator that yields what it wants fetched, side by side, and takes what came; whoever has a
network, or a mapping of stored documents, drives it. First come the documents that must be read, then those that can
still change the outcome for the usages asked, then second places and what robots.txt declares.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from tdm_guard.decision import Checked
from tdm_guard.model import Declared, Result
from tdm_guard.policies.answers import last_copy, read_answer
from tdm_guard.policies.policy import Kept, OriginPolicy
from tdm_guard.policies.task import Answers, Gathering, Wanted
from tdm_guard.signals import robots
from tdm_guard.signals.shape import Document, WideSite
from tdm_guard.usage import Usage

MAX_DECLARED_BYTES = 2**20  # of one licence document
MAX_ROUNDS = 6  # well-known, optional, second places and declared ones come in four; the bound is for safety

Recall = Callable[[Document], Kept | None]  # what somebody else fetched and kept of a document, read for this listener

_, _ABSENT, _UNREADABLE, _UNREACHABLE, _NOT_ATTEMPTED = Result  # on Python 3.11 a look-up on the class is slow


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
    for _ in range(MAX_ROUNDS):
        batch = _next_round(task, kept)
        if not batch:
            break
        yield from _read_round(task, batch, kept, before, recall)
    documents = tuple(kept.values()) or (_nothing_to_read(task),)
    lent = previous.lent if previous else ()
    learned = tuple(item for item in previous.learned if item.is_fresh(task.now)) if previous else ()
    return OriginPolicy.of(task.origin, task.listener, documents, lent, learned)


def not_asked(task: Gathering) -> OriginPolicy:
    """The policy of an origin of which nothing is read, since nothing of it is asked for."""
    return OriginPolicy.of(task.origin, task.listener, (_nothing_to_read(task),))


def read_lent(
    task: Gathering, declared: tuple[Declared, ...], lent: tuple[Kept, ...], recall: Recall | None = None
) -> Generator[tuple[Wanted, ...], Answers, tuple[Kept, ...]]:
    """Reads documents that a response declares; those of `lent` and `recall` that are fresh are kept as they are."""
    kept: dict[str, Kept] = {}
    batch = [_declared_document(task, item) for item in declared]
    signals = {item.signal for item in declared}
    before = {item.path: item for item in lent if item.signal in signals}
    yield from _read_round(task, [d for d in batch if d is not None], kept, before, recall)
    return tuple(kept.values())


def _next_round(task: Gathering, kept: Mapping[str, Kept]) -> list[Document]:
    """Required ones; then optional ones that can still change something; then second places and declared ones."""
    if not kept:
        required = [document for document in task.wanted if document.required]
        if required:
            return required
    found = [_declared_document(task, item) for document in kept.values() for item in document.said.declared]
    more = [document for document in found if document is not None and document.path not in kept]
    optional = _optional(task, kept)
    if optional and not any(_gave_no_answer(item.checked) for item in kept.values()):
        open_usages = task.asked if task.thorough else task.asked - _reserved_everywhere(kept)
        more += [document for document in optional if not open_usages.isdisjoint(document.usages)]
    return list({document.path: document for document in more}.values()) if more else more


def _optional(task: Gathering, kept: Mapping[str, Kept]) -> list[Document]:
    """Optional documents that were not looked for yet, and the second places of those that were not found."""
    found = []
    for document in task.wanted:
        if document.required:
            continue
        first = kept.get(document.path)
        if first is None:
            found.append(document)
        elif document.fallback and document.fallback not in kept and first.checked.result in (_ABSENT, _UNREADABLE):
            found.append(replace(document, path=document.fallback, fallback=None))
    return found


def _reserved_everywhere(kept: Mapping[str, Kept]) -> set[Usage]:
    """The usages that are reserved for the whole origin already, so that no further document can add to it."""
    found: set[Usage] = set()
    for item in kept.values():
        for site in item.said.sites:
            if isinstance(site, WideSite):
                found.update(site.everywhere)
    return found


def _gave_no_answer(checked: Checked) -> bool:
    return checked.result is _UNREACHABLE and checked.status is None


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


def _read_round(
    task: Gathering, batch: list[Document], kept: dict[str, Kept], before: dict[str, Kept], recall: Recall | None
) -> Generator[tuple[Wanted, ...], Answers, None]:
    if recall is not None:
        _recall_round(task, batch, before, recall)
    due: list[tuple[str, Document, Kept | None]] = [
        (task.url(document), document, before.get(document.path) if before else None)
        for document in batch
        if not (before and _fresh(before.get(document.path), task.now))
    ]
    read: dict[str, Kept] = {}
    if due:
        answers = yield tuple([_want(task, *one) for one in due])
        for url, document, old in due:
            read[document.path] = read_answer(task, url, document, answers.get(url), old)
    for document in batch:
        kept[document.path] = read.get(document.path) or before[document.path]


def _recall_round(task: Gathering, batch: list[Document], before: dict[str, Kept], recall: Recall) -> None:
    """Puts what was fetched elsewhere in the place of what is not fresh here, if it lasts longer."""
    for document in batch:
        ours = before.get(document.path)
        if _fresh(ours, task.now):
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


def _fresh(kept: Kept | None, now: datetime) -> bool:
    return kept is not None and kept.is_fresh(now) and not kept.said.unasked


def _want(task: Gathering, url: str, document: Document, old: Kept | None) -> Wanted:
    copy = None if old is None else last_copy(old)
    if copy is None or _lacks(task, copy.checked.sha256):
        return Wanted(url, document.max_bytes)
    return Wanted(url, document.max_bytes, etag=copy.said.etag, last_modified=copy.said.last_modified)
