"""
Judging without a network: options checked once, then any number of URLs, bodies and policies.

For archives and the engines that process them; the guard uses the same judge.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Unpack

from tdm_guard.decision import Decision
from tdm_guard.errors import ConfigurationError, PolicyMismatch
from tdm_guard.gather import gather_known, read_known
from tdm_guard.judging.arguments import UNREAD, content, number, pairs, places
from tdm_guard.judging.bench import Bench
from tdm_guard.judging.case import Case
from tdm_guard.judging.plain_answer import PlainAnswers
from tdm_guard.judging.plainly import plainly_silent
from tdm_guard.model import Declared, Fetched, Statement
from tdm_guard.options import OPTION_NAMES, Options
from tdm_guard.options.keywords import JudgeOptions
from tdm_guard.options.misspelt import keywords
from tdm_guard.options.remembered import Remembered
from tdm_guard.origin import Origin, trimmed
from tdm_guard.policies.policy import Kept, OriginPolicy
from tdm_guard.policies.task import Answers, Gathering, Keeper
from tdm_guard.repertoire.matching import Repertoire
from tdm_guard.secrecy.parameters import SECRETS

OFFLINE_OPTIONS = frozenset(JudgeOptions.__annotations__)
MAYBE = 200  # a response may be content, as long as nobody says that it is none
Policies = Mapping[str, Fetched] | OriginPolicy


class Judge:
    """
    Judges URLs under one set of options (`docs/options.md`), without network or clock; picklable.

    Raises `ConfigurationError` for an unknown option or a bad value.
    """

    keeper: Keeper | None = None  # who keeps what documents answered, if anybody does
    library: Callable[[str, datetime], Fetched | None] | None = None  # who knows what responses declare, by its URL

    def __init__(self, **options: Unpack[JudgeOptions]) -> None:
        networked = sorted(set(options) & set(OPTION_NAMES) - OFFLINE_OPTIONS)
        if networked:
            raise ConfigurationError(
                *(
                    f"{name}: has no meaning without a network; known here are {', '.join(sorted(OFFLINE_OPTIONS))}"
                    for name in networked
                )
            )
        self._prepare(Options.read(options))

    @classmethod
    def of(cls, options: Options) -> Judge:
        """A judge for options that were checked before."""
        judge = cls.__new__(cls)
        judge._prepare(options)
        return judge

    def _prepare(self, options: Options) -> None:
        self.options = options
        held = options.holdings
        self.bench = Bench(
            options.signals,
            options.listener,
            options.terms,
            max_asset_bytes=options.max_asset_bytes,
            declared=Repertoire(held.declarations, held.lists, held.licensed) if held.declarations else None,
            excluded=options.exclusions or None,
            machine_readable_only=options.repertoire_forms == "machine-readable",
            keeps=(*SECRETS, *options.redact) if options.evidence is not None else (),
        )
        self.plain = PlainAnswers(self.bench)  # of whole answers that say nothing

    def __reduce__(self) -> tuple[Any, ...]:
        return Judge.of, (self.options,)

    def needed_documents(self, origin: str | Origin) -> tuple[str, ...]:
        """
        The URLs of the documents that `read_policies` wants of an origin (scheme, host and port, such as
        `https://site.example`); none of one on a list of `excluded_sites`. Raises `UnsupportedURL`.
        """
        origin = Origin.parse(origin) if isinstance(origin, str) else origin
        if self.bench.bars(origin):
            return ()
        return tuple(f"{origin}{document.path}" for document in self.bench.documents)

    def read_policies(
        self, origin: str | Origin, documents: Mapping[str, Fetched | None], *, now: datetime
    ) -> OriginPolicy:
        """
        Reads an origin's documents once. `documents` maps paths on the origin, or absolute URLs, to their answers.

        `now` is aware of its time zone. One that is missing, or None, counts as never asked for. Raises
        `ConfigurationError` for what is given in another shape, `UnsupportedURL` for the origin.
        """
        origin = Origin.parse(origin) if isinstance(origin, str) else origin
        by_url = places(str(origin), documents)
        now = aware(now)
        policy = gather_known(self._gathering(origin, now), by_url.get)
        rest = by_url.keys() - {checked.document for checked in policy.checked}
        return self._with_lent(policy, {url: by_url[url] for url in by_url if url in rest}, now) if rest else policy

    def policies_from(self, origin: Origin, look: Callable[[str], Fetched | None], *, now: datetime) -> OriginPolicy:
        """The same of documents that are looked up by their URLs, those only that can change something."""
        return gather_known(self._gathering(origin, aware(now)), look)

    def _with_lent(self, policy: OriginPolicy, rest: Answers, now: datetime) -> OriginPolicy:
        """Documents that nothing on the origin asked for are kept for the responses that declare them."""
        task = self._gathering(policy.origin, now)
        for name in (signal.name for signal in self.bench.signals if signal.read_declared):
            declared = tuple(Declared(source=policy.name, carrier=name, url=url, signal=name) for url in rest)
            policy = policy.lending(read_known(task, declared, rest.get))
        return policy

    def policy_for(self, url: str, policies: Policies, now: datetime) -> OriginPolicy:
        """The policy of the URL's origin. Raises `PolicyMismatch` if `policies` was read for something else."""
        if not isinstance(policies, OriginPolicy):
            return self.read_policies(Origin.parse(url), policies, now=now)
        listener = self.bench.listener
        if policies.listener is not listener and policies.listener != listener:
            raise PolicyMismatch(f"this policy was read for {policies.listener}, not for {listener}: read it again")
        if not policies.covers(url):
            raise PolicyMismatch(f"this policy is of {policies.name} and says nothing of {url[:200]}")
        return policies

    def evaluate(
        self,
        url: str,
        *,
        status: int | None = None,
        headers: Iterable[tuple[str, str]] = (),
        body: bytes | None = None,
        body_complete: bool = True,
        policies: Policies | None = None,
        hops: Sequence[Fetched] = (),
        item: object = None,
        unread: str = "undetermined",
        now: datetime,
    ) -> Decision:
        """
        The decision for one URL and what is known of its response; see the module's function of the same name.

        Of `url` alone the decision is whether it may be requested.
        """
        if (
            policies.__class__ is OriginPolicy
            and body is None
            and item is None
            and not hops
            and (unread == "undetermined" or unread == "ignore")  # noqa: PLR1714 - nothing need be made for it
        ):
            if now.tzinfo is not UTC:
                now = aware(now)
            headers = () if headers == () else pairs(headers)
            decision = plainly_silent(self.bench, policies, url, now, status, headers)
            if decision is not None:
                return decision
        return self.hear(
            url,
            status=status,
            headers=headers,
            body=body,
            body_complete=body_complete,
            policies=policies,
            hops=hops,
            item=item,
            unread=unread,
            now=now,
        ).decision()

    def hear(
        self,
        url: str,
        *,
        status: int | None,
        headers: Iterable[tuple[str, str]],
        body: bytes | None,
        body_complete: bool,
        policies: Policies | None,
        hops: Sequence[Fetched],
        item: object,
        unread: str,
        now: datetime,
        before: tuple[Statement, ...] = (),
    ) -> Case:
        """The case that `evaluate` decides, when all was heard; `before`: what was said of the URL elsewhere."""
        if now.tzinfo is not UTC:  # here and below: what is nearly always so is asked without a call
            now = aware(now)
        if url < "!" or url[-1] <= " ":  # it begins with a blank, or ends with one
            url = trimmed(url)
        policy = self.policy_for(url, {} if policies is None else policies, now)
        ignores = False
        if unread != "undetermined":
            ignores = checked_unread(unread) == "ignore"
            policy = policy if ignores else policy.beside_robots()
        case = Case(self.bench, url, policy, now, item=item, ignore_unasked=ignores)
        if before:
            case.hear_before(before)
        if hops:
            for hop in hops:
                case.hear_hop(hop.url or url, pairs(hop.headers))
        fields = pairs(headers)
        whole = body_complete and body.__class__ is bytes and status.__class__ is int
        if whole and status == 200 and not (before or hops) and case.hear_plain(self.plain, fields, body):  # type: ignore[arg-type]
            pass
        elif status is not None or fields or body is not None:
            case.hear_headers(MAYBE if status is None else number(status), fields)
            case.status = status
            if body is not None:
                case.hear_body(content(body), complete=body_complete)
        if declared := case.declared:
            case.hear_declared(self._declared(policy, declared, policies, now))
        return case

    def _declared(
        self, policy: OriginPolicy, declared: tuple[Declared, ...], policies: Policies | None, now: datetime
    ) -> tuple[Kept, ...]:
        """What is known of the documents that a response declared."""
        if policies is None or isinstance(policies, OriginPolicy):
            lent = policy.lent_for(declared, now)
            if self.library is None:
                return lent
            looked = {item.url: self.library(item.url, now) for item in declared}
            named = tuple(item for item in declared if looked[item.url] is not None)
            return (*lent, *read_known(self._gathering(policy.origin, now), named, looked.get))
        answers = places(policy.name, policies)
        known = tuple(item for item in declared if item.url in answers)
        return read_known(self._gathering(policy.origin, now), known, answers.get)

    def _gathering(self, origin: Origin, now: datetime) -> Gathering:
        task = self.bench.gathering(origin, now)
        task.keeper = self.keeper
        return task


def evaluate(
    url: str,
    *,
    status: int | None = None,
    headers: Iterable[tuple[str, str]] = (),
    body: bytes | None = None,
    body_complete: bool = True,
    policies: Policies | None = None,
    hops: Sequence[Fetched] = (),
    item: object = None,
    unread: str = "undetermined",
    now: datetime,
    **options: Unpack[JudgeOptions],
) -> Decision:
    """
    The decision for one URL, from what is known: pure, without network or clock.

    `status`, `headers` (pairs, repeated lines kept) and `body` (bytes) are the response's; `body_complete=False` says
    that `body` is a prefix. Without `status` they are taken for content's; without any of the three the decision is
    whether the URL may be requested. `policies` maps paths on the URL's origin, or absolute URLs, to a `Fetched`, or
    is an `OriginPolicy`. A document that must be read and was never asked for makes the verdict undetermined, unless
    `unread="ignore"`, or `"ignore-beside-robots"` and the origin's robots.txt is known. `hops` are the answers of
    earlier redirect hops. `item` is what is known of the work at the URL: a mapping, or several in a list
    (`docs/repertoires.md`). `now`, aware of its time zone, is when the copy was made: declarations and licences count
    as of then. `options` are those that need no network (`docs/options.md`).

    Raises `ConfigurationError` (options, and what is given in another shape), `UnsupportedURL` (not http or https),
    `PolicyMismatch`.
    """
    judge = _judges.known(options)
    if judge is None:
        if not OFFLINE_OPTIONS.issuperset(options):
            own = inspect.signature(evaluate).parameters.keys()
            if problems := tuple(keywords(options, own, OPTION_NAMES)):
                raise ConfigurationError(*problems)
        judge = _judges.made(options)
    return judge.evaluate(
        url,
        status=status,
        headers=headers,
        body=body,
        body_complete=body_complete,
        policies=policies,
        hops=hops,
        item=item,
        unread=unread,
        now=now,
    )


def read_policies(
    origin: str | Origin, documents: Mapping[str, Fetched | None], *, now: datetime, **options: Unpack[JudgeOptions]
) -> OriginPolicy:
    """
    Reads an origin's documents once, for judging many of its URLs; see `Judge.read_policies`.

    Raises `ConfigurationError` (options too), `UnsupportedURL`.
    """
    return (_judges.known(options) or _judges.made(options)).read_policies(origin, documents, now=now)


def needed_documents(origin: str | Origin, **options: Unpack[JudgeOptions]) -> tuple[str, ...]:
    """
    The URLs of the documents that bear on an origin's URLs under these options.

    Raises `ConfigurationError` for an option, `UnsupportedURL` for the origin.
    """
    return (_judges.known(options) or _judges.made(options)).needed_documents(origin)


_judges = Remembered(lambda options: Judge(**options))  # of the functions; whoever keeps a `Judge` has his own


def aware(moment: datetime) -> datetime:
    """`moment` in UTC. Raises `ConfigurationError` for a time without a zone: evidence needs a definite one."""
    if moment.tzinfo is UTC:
        return moment
    if moment.tzinfo is None:
        raise ConfigurationError(f"now: {moment!r} has no time zone; for example datetime.now(UTC)")
    return moment.astimezone(UTC)


def checked_unread(unread: str) -> str:
    """A way to take documents that were never asked for. Raises `ConfigurationError` for none."""
    if unread in UNREAD:
        return unread
    raise ConfigurationError(f"unread: {unread!r} is none of {', '.join(UNREAD)}")
