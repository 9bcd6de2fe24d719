"""What a worker is told of policies: documents by their addresses, a source of such, a store's address, or a maker."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tdm_guard.archives.sources import MappingPolicies, PolicySource
from tdm_guard.cache.reading import open_source
from tdm_guard.errors import ConfigurationError
from tdm_guard.model import Fetched
from tdm_guard.options.caching import parse_cache

Named = PolicySource | Callable[[], PolicySource] | str
Given = Mapping[str, Fetched] | Named | None


def named(given: Given) -> Named:
    """The same, checked, as it travels to a worker. Raises `ConfigurationError`."""
    if given is None or isinstance(given, Mapping):
        return MappingPolicies(given or {})
    if isinstance(given, str):
        parse_cache(given)
        return given
    if callable(given) or callable(getattr(given, "documents", None)):
        return given
    raise ConfigurationError(
        f"policies: {given!r:.80} is no mapping of absolute addresses to Fetched, nor a source or a store of such"
    )


def opened(source: Named) -> PolicySource:
    """The source, in the worker. Raises `ConfigurationError` for a store that is not there."""
    if isinstance(source, str):
        return open_source(source)
    makes = isinstance(source, type) or not hasattr(source, "documents")
    return source() if makes else source  # type: ignore[operator, return-value]
