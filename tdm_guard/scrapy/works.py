"""What a request says of the work at its address, checked before anything is sent on its account."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from tdm_guard import errors
from tdm_guard.plain import told
from tdm_guard.repertoire.callers_item import callers_item
from tdm_guard.scrapy.outcome import ConfigurationError

if TYPE_CHECKING:
    from scrapy import Request

    from tdm_guard.guard import Guard

logger = logging.getLogger("tdm_guard.scrapy")


def item_of(request: Request, guard: Guard) -> object:
    """The item in `request.meta["tdm_guard_item"]`; raises `ConfigurationError`, counted and told, for what is none."""
    try:
        return callers_item(request.meta)
    except errors.ConfigurationError as error:
        guard.totals["item/wrong"] += 1
        logger.error("Not requested: %s: %s", told(request.url), error)  # noqa: TRY400 -- the reason is in the message
        raise ConfigurationError(*error.problems) from None
