"""Way: how a request leaves, so that the policies it asks for leave the same way."""

from __future__ import annotations

import urllib.request
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from scrapy import Request

PROXY = "proxy"
_EGRESS = (PROXY, "bindaddress")  # the keys of a request's meta that say from which address it comes
_ENVIRONMENT = "_scheme_proxy"  # HttpProxyMiddleware's: it took the proxy from the environment
_CREDENTIALS = "_auth_proxy"  # HttpProxyMiddleware's: for which proxy the Proxy-Authorization field is
_FIELD = b"Proxy-Authorization"


class Way(NamedTuple):
    """
    What the meta of a request says of proxies and own addresses, and the credentials for its proxy.

    Empty where it says nothing: then the project's settings and the environment decide, for a policy as for a page.
    """

    egress: tuple[tuple[str, Any], ...] = ()
    authorisation: bytes | None = None

    @classmethod
    def of(cls, request: Request) -> Way:
        """The way that `request` goes, before or after HttpProxyMiddleware took the credentials out of the URL."""
        meta = request.meta
        keys = _EGRESS[1:] if _ENVIRONMENT in meta and _is_environments(meta.get(PROXY), request.url) else _EGRESS
        egress = tuple((key, _hashable(meta[key])) for key in keys if key in meta)
        if not egress:
            return USUAL
        authorisation = None
        if PROXY in keys and meta.get(PROXY):
            if _CREDENTIALS in meta:
                egress += ((_CREDENTIALS, meta[_CREDENTIALS]),)
            authorisation = request.headers.get(_FIELD)
        return cls(egress, authorisation)

    @property
    def proxied(self) -> bool | None:
        """Whether it leads through a proxy; None if the environment decides."""
        return next((bool(value) for key, value in self.egress if key == PROXY), None)

    @property
    def label(self) -> str:
        """The way in words without credentials, for the name of a download slot."""
        return "".join(f" {key} {_place(value)}" for key, value in self.egress if key in _EGRESS)

    def lead(self, request: Request) -> Request:
        """Sends `request` this way."""
        request.meta.update(self.egress)
        if self.authorisation is not None:
            request.headers[_FIELD] = self.authorisation
        return request


USUAL = Way()


def _hashable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _is_environments(proxy: Any, url: str) -> bool:
    """
    True for a proxy of the environment: it decides by itself for documents that lie elsewhere.

    A redirect takes it along to hosts that the environment exempts: then the page's own way counts.
    """
    if urllib.request.proxy_bypass(urlsplit(url).hostname or ""):
        return False
    return _place(proxy) in {_place(known) for known in urllib.request.getproxies().values()}


def _place(proxy: Any) -> str:
    return str(proxy).rpartition("@")[2].rpartition("//")[2].rstrip("/")
