"""
Which documents of an origin have to be read, in which order, and how their answers become its policy.

strategy: `gather` is a generator that yields what it wants fetched, side by side, and takes what came; whoever has a
network, or a mapping of stored documents, drives it. First come the documents that must be read, then those that can
still change the outcome for the usages asked, then second places and what robots.txt declares.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from datetime import datetime, timedelta
from functools import partial

from tdm_guard.decision import Checked
from tdm_guard.model import Declared, Result
from tdm_guard.policies.answers import last_copy, read_answer
from tdm_guard.policies.policy import SILENT, Kept, OriginPolicy
from tdm_guard.policies.task import Answers, Gathering, Wanted
from tdm_guard.signals import robots
from tdm_guard.signals.shape import Document, WideSite
from tdm_guard.usage import Usage

MAX_DECLARED_BYTES = 2**20  # of one licence document
MAX_ROUNDS = 6  # well-known, optional, second places and declared ones come in four; the bound is for safety

Recall = Callable[[Document], Kept | None]  # what somebody else fetched and kept of a document, read for this listener

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
    more: list[Document] = []
    answered = True
    for item in kept.values():
        said = item.said
        if said is not SILENT:
            more += [found for each in said.declared if (found := _declared_document(task, each)) is not None]
        if item.checked.result is _UNREACHABLE and item.checked.status is None:
            answered = False
    if more:
        more = [document for document in more if document.path not in kept]
    if answered and (optional := _optional(task, kept)):
        open_usages = task.asked if task.thorough else task.asked - _reserved_everywhere(kept)
        more += [document for document in optional if not open_usages.isdisjoint(document.usages)]
    return list({document.path: document for document in more}.values()) if more else more


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
        for site in item.said.sites:
            if isinstance(site, WideSite):
                found.update(site.everywhere)
    return found


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


def _recall_round(task: Gathering, batch: list[Document], before: dict[str, Kept], recall: Recall) -> None:
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
