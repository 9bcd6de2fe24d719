"""
RSL terms for one operator: what the elements of a licence document come to once we know who asks.

strategy: each content element is compiled once into `ContentTerms`: its bans, and its licences as offers of which all
that depends on the operator is already settled. Repairs (`rsl-token`, `rsl-token-case`, `rsl-unknown-refusal`) read
bans only; where they are not applied, and wherever a refusal may be about more than they read, nothing is granted all
the same (`ContentTerms.doubts`). Which entries speak of a URL, and what they come to together, is `rsl_answer`'s.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from tdm_guard.formats.countries import EU, alpha_3
from tdm_guard.formats.rsl.rsl_vocabulary import Content, Demand, RslLicence, Stray, TokenList, is_token
from tdm_guard.formats.rsl.rsl_words import is_about_ai, takes_back, words
from tdm_guard.operator import Operator
from tdm_guard.signals.shared.refusing_vocabulary import AI
from tdm_guard.usage import EVERY, TRAINING, Usage

TOKEN_CASE = "rsl-token-case"
TOKEN = "rsl-token"
RELATIVE = "rsl-relative"
UNKNOWN = "rsl-unknown-refusal"

# 3.4.1.1; there is no token for analysis or archive, which only "all" reaches
_COVERED = {
    "all": EVERY,
    "ai-all": AI,
    "ai-train": TRAINING,
    "ai-input": (Usage.AI_INPUT,),
    "ai-index": (Usage.AI_INDEX,),
    "search": (Usage.SEARCH,),
}
NAMED = (*AI, Usage.SEARCH)  # usages with a token of their own: a licence without a list of permits grants these
_EVERYTHING = frozenset({"all", "any", "every", "everything", "anything", "everyone", "anyone", "everybody"})
# AIPREF's label; and the two country codes that the EU itself writes otherwise than ISO 3166-1
_MEANT = {"usage": {"train-ai": "ai-train"}, "geo": {"UK": "GB", "EL": "GR"}}


class Words(NamedTuple):
    """
    Where something stands, how it reads, and who is to be asked about it.

    The place is relative to the content element, and empty, as the words are, for that element itself: so contents
    under the same terms share them.
    """

    locator: str
    excerpt: str
    rightsholder: str | None = None
    contact: str | None = None


class Ban(NamedTuple):
    """A prohibition that reaches us. `personal`: it is of our class or country, so of every usage."""

    usages: tuple[Usage, ...]
    words: Words
    personal: bool = False
    repair: str | None = None


class Doubt(NamedTuple):
    """Words that may refuse `usages`, so that nobody can be said to have permitted them."""

    usages: tuple[Usage, ...]
    words: Words


class Offer(NamedTuple):
    """
    A licence as it stands to our operator.

    `usages` is its closed list, `user` and `geo` whether we fit its lists; None where it has no such list. `silent`: it
    only prohibits, so beside other licences it offers nothing. `unmet` is the first condition that is not undertaken.
    """

    usages: frozenset[Usage] | None
    user: bool | None
    geo: bool | None
    silent: bool
    unmet: Words | None
    payments: tuple[str, ...]
    reporting: bool
    words: Words
    usage_words: Words | None = None
    user_words: Words | None = None
    geo_words: Words | None = None


class ContentTerms(NamedTuple):
    """A content element: what it prohibits, what it offers, and whether a token is needed before access (3.3)."""

    bans: tuple[Ban, ...]
    offers: tuple[Offer, ...]
    token: Words | None
    words: Words
    doubts: tuple[Doubt, ...] = ()

    def holds(self, words: Words) -> bool:
        """True if `words` are of this content."""
        said = (self.words, self.token, *[ban.words for ban in self.bans], *[doubt.words for doubt in self.doubts])
        if words in said:
            return True
        return any(words in offer for offer in self.offers)


def compile_content(content: Content, operator: Operator | None, *, cautious: bool) -> ContentTerms:
    """What a content element comes to for `operator`; one that nobody described fits no grant and escapes no ban."""
    operator = operator or Operator()
    own = Words("", "", content.rightsholder, content.contact or content.server)
    bans: list[Ban] = []
    doubts: list[Doubt] = []
    offers: list[Offer] = []
    for licence in content.licences:
        place = _Place(len(content.locator), own._replace(contact=licence.contact or own.contact))
        for element in licence.prohibits:
            bans += _bans(element, operator, place)
            doubts += _doubts(element, place)
        for element in licence.permits:
            taken_back = tuple(raw for raw in element.tokens if not is_token(element.kind, raw) and takes_back(raw))
            if taken_back and element.kind != "geo":  # Norway is "NO"
                bans += _unknown(taken_back, place.words(element))
                doubts += _unsure(taken_back, place.words(element))
        offers.append(_offer(licence, operator, place))
    place = _Place(len(content.locator), own)
    for stray in content.strays:
        if stray.tokens is not None:
            bans += _bans(stray.tokens, operator, place)
            doubts += _doubts(stray.tokens, place)
            if not stray.tokens.tokens:
                bans.append(Ban(AI, place.words(stray), repair=UNKNOWN))
        elif stray.kind == "price":
            offers = [offer._replace(unmet=offer.unmet or place.words(stray)) for offer in offers]
        else:
            doubts.append(Doubt(EVERY, place.words(stray)))
    if not cautious:
        # a token in other letters is known, and no token to the letter: a fault that takes nothing back
        doubts += [Doubt(ban.usages, ban.words) for ban in bans if ban.repair not in (None, TOKEN_CASE)]
        bans = [ban for ban in bans if not ban.repair]
    token = own if content.server is not None or content.encrypted else None
    return ContentTerms(tuple(bans), tuple(offers), token, own, tuple(doubts))


class _Place(NamedTuple):
    """How much of a locator is the content's own, and whom its words name."""

    cut: int
    owner: Words

    def words(self, element: TokenList | RslLicence | Demand | Stray, contact: str | None = None) -> Words:
        return Words(
            element.locator[self.cut :] or "/..",
            element.excerpt[:500],
            self.owner.rightsholder,
            self.owner.contact or contact,
        )


def _bans(element: TokenList, operator: Operator, place: _Place) -> Iterable[Ban]:
    """What a list of prohibitions strikes of ours: as it stands, and with each repair."""
    words = place.words(element)
    plain = [token for token in element.tokens if is_token(element.kind, token)]
    readings: list[tuple[str | None, list[str]]] = [(None, plain)]
    readings += [(code, [token]) for raw in element.tokens for code, token in _repaired(element.kind, raw)]
    for repair, tokens in readings:
        if element.kind == "usage":
            usages = covered(tokens)
            if usages:
                yield Ban(usages, words, repair=repair)
        elif tokens and _is_struck(element.kind, tokens, operator):
            yield Ban(EVERY, words, personal=True, repair=repair)
    yield from _unknown(_not_understood(element), words)


def _doubts(element: TokenList, place: _Place) -> Iterable[Doubt]:
    """
    What a list of prohibitions may refuse that is not understood.

    One without words may be a template that nobody filled in, so that it reserves nothing, and nothing is permitted.
    """
    if not element.tokens:
        return (Doubt(EVERY, place.words(element)),)
    return _unsure(_not_understood(element), place.words(element))


def _not_understood(element: TokenList) -> tuple[str, ...]:
    """The tokens of a list of prohibitions that can be read in no way."""
    kind = element.kind
    return tuple(raw for raw in element.tokens if not _is_known(kind, raw) and not any(_repaired(kind, raw)))


def _is_known(kind: str, token: str) -> bool:
    return is_token(kind, token) and (kind != "geo" or token == "EU" or alpha_3(token) is not None)


def _unknown(tokens: tuple[str, ...], at: Words) -> Iterable[Ban]:
    """The repair of refusals that are not understood: all AI usages, and what the words name besides."""
    if tokens:
        named = {usage for token in tokens for usage in _about(token)}
        yield Ban(tuple(usage for usage in EVERY if usage in named), at, repair=UNKNOWN)


def _about(token: str) -> tuple[Usage, ...]:
    """What an unknown token may refuse for certain: AI, and what it holds the name of."""
    if not words(token).isdisjoint(_EVERYTHING) and not is_about_ai(token):
        return EVERY
    return NAMED if "search" in token.lower() else AI


def _unsure(tokens: tuple[str, ...], at: Words) -> Iterable[Doubt]:
    """What nobody can be said to have permitted: anything, unless each token is of AI by its words."""
    if not tokens:
        return
    if all(is_about_ai(token) for token in tokens):
        named = {usage for token in tokens for usage in _about(token)}
        yield Doubt(tuple(usage for usage in EVERY if usage in named), at)
    else:
        yield Doubt(EVERY, at)


def _repaired(kind: str, raw: str) -> Iterable[tuple[str, str]]:
    """The token that was meant, with the codes under which it is read so."""
    folded = raw.upper() if kind == "geo" else raw.lower()
    meant = _MEANT.get(kind, {}).get(folded, folded)
    codes = [code for code, applies in ((TOKEN, meant != folded), (TOKEN_CASE, folded != raw)) if applies]
    if codes and is_token(kind, meant):
        yield ",".join(codes), meant


def covered(tokens: Iterable[str]) -> tuple[Usage, ...]:
    """The usages that usage tokens name, in the order of the enumeration; unknown ones name none."""
    named = {usage for token in tokens for usage in _COVERED.get(token, ())}
    return tuple(usage for usage in EVERY if usage in named)


def _offer(licence: RslLicence, operator: Operator, place: _Place) -> Offer:
    lists: dict[str, list[TokenList]] = {}
    for element in licence.permits:
        lists.setdefault(element.kind, []).append(element)  # two of one type are united (3.5, our reading)
    tokens = {kind: [token for element in found for token in element.tokens] for kind, found in lists.items()}
    words = {kind: place.words(found[0]) for kind, found in lists.items()}
    paid = tuple(payment.type for payment in licence.payments)
    own = place.words(licence)
    return Offer(
        usages=frozenset(covered(tokens["usage"])) if "usage" in tokens else None,
        user=_fits("user", tokens["user"], operator) if "user" in tokens else None,
        geo=_fits("geo", tokens["geo"], operator) if "geo" in tokens else None,
        silent=bool(licence.prohibits) and not (licence.permits or licence.payments or licence.reporting),
        unmet=_unmet(licence, operator, place),
        payments=tuple(dict.fromkeys(paid)),
        reporting=bool(licence.reporting),
        words=words.get("usage", own),
        usage_words=words.get("usage"),
        user_words=words.get("user"),
        geo_words=words.get("geo"),
    )


def _unmet(licence: RslLicence, operator: Operator, place: _Place) -> Words | None:
    """The first thing asked in return that the operator does not undertake; money is never undertaken here."""
    for payment in licence.payments:
        if payment.type == "free" or (payment.type == "attribution" and "attribution" in operator.undertakings):
            continue
        return place.words(payment, payment.address)
    if licence.reporting and "reporting" not in operator.undertakings:
        return place.words(licence.reporting[0])
    return None


def _fits(kind: str, tokens: list[str], operator: Operator) -> bool:
    """True if a list of permits takes our operator in."""
    if kind == "user":
        return not set(tokens).isdisjoint(operator.classes)
    country = operator.country
    return country is not None and (country in tokens or ("EU" in tokens and country in EU))


def _is_struck(kind: str, tokens: list[str], operator: Operator) -> bool:
    """True unless it is certain that a prohibition passes our operator by."""
    if kind == "user":
        return not operator.classes or not set(tokens).isdisjoint(operator.classes)
    country = operator.country
    if country is None or country in tokens:
        return True
    return ("EU" in tokens and country in EU) or (country == "EU" and not EU.isdisjoint(tokens))
