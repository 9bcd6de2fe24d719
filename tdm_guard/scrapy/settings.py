"""Scrapy's settings as options: `TDM_GUARD_X` is the option `x`, and none that was meant for us is passed over."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Any

from scrapy.downloadermiddlewares.httpcache import HttpCacheMiddleware
from scrapy.downloadermiddlewares.redirect import BaseRedirectMiddleware
from scrapy.settings import SETTINGS_PRIORITIES
from scrapy.utils.conf import build_component_list
from scrapy.utils.misc import load_object

from tdm_guard.errors import ConfigurationError
from tdm_guard.options import OPTION_NAMES, Options
from tdm_guard.options.config import over_file, with_config
from tdm_guard.options.misspelt import PREFIX, meant_for_us, setting

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

MIDDLEWARES = "DOWNLOADER_MIDDLEWARES"
_GATES = ("RequestGate", "ResponseGate")
_BETWEEN = (HttpCacheMiddleware, BaseRedirectMiddleware)
_NAMES = (*OPTION_NAMES, "config")
_CONFIG = f"{PREFIX}CONFIG"
_OURS_ALONE = (
    "usages",
    "posture",
    "repertoire",
    "authorisations",
    "excluded_sites",
    "repertoire_forms",
    "policy_tokens",
    "max_asset_bytes",
)
_OPTION = re.compile(r"[a-z_]+(?=[:.](?!toml\b|tdmlist\b))")  # contacts.toml is a file, however it is named


def read_options(settings: BaseSettings, *, user_agent: str | None = None) -> Options:
    """
    The options of a crawl. `user_agent` is the User-Agent that it sends, if the settings do not say.

    The agent is `TDM_GUARD_AGENT`, else the token in `ROBOTSTXT_USER_AGENT`, else the one in the User-Agent. Raises
    `ConfigurationError`, a `ValueError`, with every mistake by the name of its setting. Options that no setting gives
    are those of the file that `TDM_GUARD_CONFIG` names, as a setting or in the environment.
    """
    given, problems = _given(settings)
    sent = settings.get("ROBOTSTXT_USER_AGENT") or user_agent or settings.get("USER_AGENT") or ""
    try:
        options = Options.read(with_config(given, environ=os.environ), user_agent=str(sent))
    except ConfigurationError as error:
        problems += named(error).problems
    if problems:
        raise ConfigurationError(*problems)
    return options


def switched_off(settings: BaseSettings) -> bool:
    """True if the guard is switched off, in words that mean it. Raises `ConfigurationError` for others."""
    try:
        given = {"enabled": settings.get(f"{PREFIX}ENABLED"), "config": settings.get(_CONFIG)}
        return not Options.read({"enabled": over_file(given, environ=os.environ).get("enabled")}).enabled
    except ConfigurationError as error:
        raise named(error) from None


def setting_of(option: str) -> str:
    """The setting that an option is in Scrapy."""
    return f"{PREFIX}{option.upper()}"


def own_name(settings: BaseSettings) -> str | None:
    """
    What a crawl that names an agent, but has no User-Agent of its own, sends; None for any other.

    Scrapy's own name would be sent else, and the site would not see whom the record names. Raises `ConfigurationError`.
    """
    if settings.getpriority("USER_AGENT") != SETTINGS_PRIORITIES["default"]:
        return None
    wanted = ("agent", "operator")
    given = {name: value for name, value in _given(settings)[0].items() if name in (*wanted, "config")}
    try:
        options = with_config(given, environ=os.environ)
        return Options.read({name: options.get(name) for name in wanted}).user_agent
    except ConfigurationError as error:
        raise named(error) from None


def is_nameless(settings: BaseSettings, user_agent: str | None) -> bool:
    """True if a crawl goes out under Scrapy's own name, since nobody gave one: then the agent is Scrapy, too."""
    given = user_agent or settings.get("ROBOTSTXT_USER_AGENT")
    return not given and settings.getpriority("USER_AGENT") == SETTINGS_PRIORITIES["default"]


def named(error: ConfigurationError) -> ConfigurationError:
    """The same mistakes, each by the name of its setting."""
    return ConfigurationError(*(_rename(problem) for problem in error.problems))


def check_gates(settings: BaseSettings) -> None:
    """
    Raises `ConfigurationError` unless both gates are there, with the HTTP cache and the redirects between them.

    One gate alone would let content pass: one knows no response, the other no refusal of a request.
    """
    base = f"{MIDDLEWARES}_BASE"
    both = {load_object(name): order for name, order in settings.getdict(base).items()}
    both |= {load_object(name): order for name, order in settings.getdict(MIDDLEWARES).items()}
    kinds = [load_object(name) for name in build_component_list(both)]
    places = {gate: _place(kinds, gate) for gate in _GATES}
    good = f'{MIDDLEWARES} = {{"tdm_guard.scrapy.RequestGate": 110, "tdm_guard.scrapy.ResponseGate": 950}}'
    missing = [gate for gate, place in places.items() if place is None]
    if missing:
        raise ConfigurationError(
            f"{MIDDLEWARES}: {' and '.join(missing)} missing, which would leave the crawl unguarded; "
            f"write {good}, or switch the guard off with {PREFIX}ENABLED = False"
        )
    inner = [place for place, kind in enumerate(kinds) if issubclass(kind, _BETWEEN)]
    if not _in_order([places["RequestGate"], *inner, places["ResponseGate"]]):
        raise ConfigurationError(
            f"{MIDDLEWARES}: the HTTP cache and the redirects must lie between the gates, which would otherwise miss "
            f"what these store or hand on; write {good}"
        )


def _in_order(places: list[int | None]) -> bool:
    known = [place for place in places if place is not None]
    return known == sorted(known)


def _place(kinds: list[Any], gate: str) -> int | None:
    for place, kind in enumerate(kinds):
        names = {(base.__module__.partition(".")[0], base.__name__) for base in getattr(kind, "__mro__", ())}
        if ("tdm_guard", gate) in names:
            return place
    return None


def _given(settings: BaseSettings) -> tuple[dict[str, Any], tuple[str, ...]]:
    given: dict[str, Any] = {}
    problems: tuple[str, ...] = ()
    known = {f"{PREFIX}{name.upper()}": name for name in _NAMES}
    for name in sorted(name for name in settings if isinstance(name, str) and meant_for_us(name) is not None):
        value = settings.get(name)
        option = known.get(name)
        if option is None:
            meant = setting(name, known)
            hint = f"; did you mean {meant}?" if meant else f"; known are {', '.join(sorted(known))}"
            problems += (f"{name}: unknown setting{hint}",)
        elif isinstance(value, str) and value.lstrip().startswith("{"):
            try:
                given[option] = json.loads(value)
            except ValueError as error:
                problems += (f"{name}: {value[:80]!r} is no JSON: {error}",)
        else:
            given[option] = value
    for option in _OURS_ALONE:  # half of the prefix: TDM_REPERTOIRE
        half = f"TDM_{option.upper()}"
        if settings.get(half) is not None:
            problems += (f"{half}: unknown setting; did you mean {PREFIX}{option.upper()}?",)
    return given, problems


def _rename(problem: str) -> str:
    found = _OPTION.match(problem)
    return f"{PREFIX}{found[0].upper()}{problem[found.end() :]}" if found and found[0] in _NAMES else problem
