"""How Scrapy learns that something was not handed on: exceptions of its own family, and a signal."""

from __future__ import annotations

from scrapy.exceptions import IgnoreRequest

from tdm_guard.decision import Withheld as _Withheld
from tdm_guard.errors import ConfigurationError as _ConfigurationError
from tdm_guard.errors import UnsupportedURL

withheld = object()
"""Signal: content was withheld. Handlers get `request` and `decision`."""


class Withheld(_Withheld, IgnoreRequest):
    """Content was not handed on, as a filtered request; `decision` says why. Picklable."""


class Unjudged(UnsupportedURL, IgnoreRequest):
    """A URL without an origin to ask, such as `ftp:` or `s3:`, cannot be judged: it is filtered, and not requested."""


class ConfigurationError(_ConfigurationError, IgnoreRequest):
    """A request whose `tdm_guard_item` has an unknown key or another shape: it is filtered, and not requested."""
