"""
The serial form of a policy, and its key: what a store keeps, whatever kind it is.

strategy: a policy is pickled behind a line that names the form, and read back by an unpickler that makes nothing but
values: classes of the pure layers and of the signals in use. Anything else, and anything damaged, is refused.
"""

from __future__ import annotations

import hashlib
import io
import json
import pickle
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from tdm_guard._version import __version__
from tdm_guard.decision import Checked
from tdm_guard.model import Statement
from tdm_guard.operator import Operator
from tdm_guard.origin import Origin
from tdm_guard.plain import in_json
from tdm_guard.policies.policy import OriginPolicy
from tdm_guard.signals.shape import Listener, Signal
from tdm_guard.usage import Usage

FORM = 2
MAX_BYTES = 16 * 2**20  # of one packed policy; that of an origin with the largest robots.txt that is read has half a MB
_HEAD = b"tdm_guard policy %d\n" % FORM
_PURE = ("tdm_guard.formats.", "tdm_guard.signals.", "tdm_guard.repertoire.")
_VALUES = frozenset(kind.__module__ for kind in (OriginPolicy, Checked, Origin, Statement, Usage, Operator))
_BUILT_IN = frozenset(
    {("datetime", "datetime"), ("datetime", "timedelta"), ("datetime", "timezone"), ("builtins", "frozenset")}
)


class Damaged(ValueError):
    """What a store gave is no policy of this form."""


def prefix(listener: Listener, signals: Iterable[Signal]) -> str:
    """
    The beginning of all keys under which policies for `listener` are kept.

    It changes with all that makes another policy of the same documents: who listens, to which versions of which
    signals, and this package.
    """
    heard = {
        "listener": [listener.agent, listener.posture, *sorted(listener.usages), listener.policy_tokens],
        "operator": None if listener.operator is None else asdict(listener.operator),
        "signals": sorted((signal.name, signal.spec) for signal in signals),
        "thorough": listener.thorough,
        "version": __version__,
    }
    spelled = json.dumps({name: in_json(_listed(value)) for name, value in heard.items()}, sort_keys=True)
    return f"tdm_guard/{FORM}/{hashlib.sha256(spelled.encode()).hexdigest()[:32]}/"


def _listed(value: Any) -> Any:
    return tuple(_listed(item) for item in value) if isinstance(value, (list, tuple)) else value


def trusted(signals: Iterable[Signal]) -> frozenset[str]:
    """The modules of these signals' functions: their sites are values too."""
    found = set[str]()
    for signal in signals:
        readers = [getattr(signal, name) for name in Signal.__dataclass_fields__ if name.startswith("read_")]
        readers.append(signal.document.read if signal.document else None)
        found.update(reader.__module__ for reader in readers if reader is not None)
    return frozenset(found)


def pack(policy: OriginPolicy) -> bytes:
    """The serial form of a policy."""
    return _HEAD + pickle.dumps(policy, protocol=5)


def unpack(packed: object, origin: Origin, listener: Listener, modules: frozenset[str] = frozenset()) -> OriginPolicy:
    """
    The policy of `origin` for `listener` that was packed; `modules` may hold classes beside those of this package.

    Raises `Damaged` for anything else.
    """
    if not isinstance(packed, bytes) or not packed.startswith(_HEAD) or len(packed) > MAX_BYTES:
        raise Damaged("no packed policy of this form")
    try:
        policy = _Reader(io.BytesIO(packed[len(_HEAD) :]), modules).load()
        fits = isinstance(policy, OriginPolicy) and policy.origin == origin and policy.listener == listener
    except Exception as error:  # noqa: BLE001 - whatever damage may raise
        raise Damaged(f"a packed policy that cannot be read: {error}") from None
    if not fits:
        raise Damaged(f"no policy of {origin} for this listener")
    policy.listener = listener  # one object for all: told by identity
    found: OriginPolicy = policy
    return found


class _Reader(pickle.Unpickler):
    def __init__(self, packed: io.BytesIO, modules: frozenset[str]) -> None:
        super().__init__(packed)
        self._modules = modules

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _BUILT_IN:
            known = module in _VALUES or module in self._modules or module.startswith(_PURE)
            if not known or "." in name:
                raise Damaged(f"{module}.{name} is no value of a policy")
        found = super().find_class(module, name)
        if not isinstance(found, type) or found.__module__ != module:
            raise Damaged(f"{module}.{name} is no class of its module")
        return found
