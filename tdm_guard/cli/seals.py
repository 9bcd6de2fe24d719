"""Keys from files, for `seal --key`; and the seals that `verify` holds a log against, with the key that signed them."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from tdm_guard.cli.console import asking, say
from tdm_guard.errors import ConfigurationError
from tdm_guard.log.bodies import shown
from tdm_guard.log.checks.finding import Finding, LogSeverity
from tdm_guard.proofs.seal_file import MAX_SEAL, beside
from tdm_guard.proofs.seal_reading import Answer, NoSealError, Seal, Stated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tdm_guard.log.verify import Verification
    from tdm_guard.proofs.signing import PrivateKey, PublicKey

PASSPHRASE = "TDM_GUARD_KEY_PASSPHRASE"  # an environment variable
MAX_KEY = 64 * 1024  # bytes of a file with a key; PEM of the largest kinds takes a few thousand
_ENDING = ".seal"
_NOT_THERE = "there is no seal: tdm-guard seal --key makes one"


def signing_with(path: Path) -> Callable[[bytes], bytes]:
    """Makes the second line of a seal of the first, with the key in a file."""
    key = _signing_key(path)
    from tdm_guard.proofs.signing import signed, spelled  # noqa: PLC0415 - needs an extra, which the key needed as well

    def sign(statement: bytes) -> bytes:
        say(f"signed with the key {spelled(key.public_key())}")
        return signed(statement, key)

    return sign


def say_if_signed(place: Path) -> None:
    """A word before a seal without a signature takes the place of one that has it."""
    with suppress(OSError, NoSealError), place.open("rb") as file:
        if Seal.read(file.read(MAX_SEAL + 1)).signature:
            say(f"{str(place)!r} was signed, and is not any more: give --key")


def _signing_key(path: Path) -> PrivateKey:
    """The key, with the passphrase from the environment or the terminal if it is encrypted."""
    with asking("seal --key"):
        from tdm_guard.proofs import signing  # noqa: PLC0415 - needs an extra
    data = _read(path)
    try:
        try:
            return signing.private_key(data)
        except signing.PassphraseNeededError:
            return signing.private_key(data, _passphrase(path))
    except signing.UnfitKeyError as error:
        raise ConfigurationError(f"--key: {str(path)!r} {error}") from None


def _readers_key(path: Path) -> PublicKey:
    """The public key that the reader brings."""
    with asking("verify --key"):
        from tdm_guard.proofs import signing  # noqa: PLC0415 - needs an extra
    try:
        return signing.public_key(_read(path))
    except signing.UnfitKeyError as error:
        raise ConfigurationError(f"--key: {str(path)!r} {error}") from None


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_KEY)
    except OSError as error:
        raise ConfigurationError(f"--key: {str(path)!r} cannot be read: {error.strerror}") from error


def _passphrase(path: Path) -> str:
    found = os.environ.get(PASSPHRASE)
    if found:
        return found
    if not sys.stdin.isatty():
        raise ConfigurationError(f"--key: {str(path)!r} is encrypted; put its passphrase into {PASSPHRASE}")
    answer: str = typer.prompt(f"Passphrase of {path}", hide_input=True, err=True)
    return answer


@dataclass(slots=True)
class _Seal:
    path: str
    signed: bool = False
    holds: bool | None = None  # None: the signature was not checked
    stated: Stated | None = None
    said: list[Answer] = field(default_factory=list)  # before the log is read

    def to_dict(self) -> dict[str, Any]:
        stated = self.stated
        return {
            "path": self.path,
            "signed": self.signed,
            "signature_holds": self.holds,
            "made_at": stated.made_at if stated else None,
            "runs": list(stated.runs) if stated else [],
        }


class Seals:
    """
    The seals of the logs: those that lie beside them, or the given ones.

    Without a key or given seals nothing is held against the log: that a seal is there is a remark.
    """

    def __init__(self, logs: Sequence[str], given: Sequence[Path], key: Path | None) -> None:
        self._key = _readers_key(key) if key is not None else None
        self._asked = bool(given) or key is not None
        places = [str(path) for path in given] or [str(beside(log, _ENDING)) for log in dict.fromkeys(logs)]
        there = [place for place in places if os.path.lexists(place)]
        if given:
            self._seals = [self._read(place, given=True) for place in places]
        elif self._asked and not there:
            self._seals = [_Seal(places[0], said=[Answer(_NOT_THERE)])]
        else:
            self._seals = [self._read(place) for place in there]

    @property
    def heads(self) -> Iterator[str]:
        """The hashes that a verification has to look out for."""
        return (head for seal in self._seals if seal.stated for head in seal.stated.heads)

    def findings(self, verification: Verification) -> Iterator[Finding]:
        """What the seals come to, once the log was read; counted with what is found there."""
        if verification.refused is not None:
            return
        runs = {run.name: run for run in verification.each_run()}
        for seal in self._seals:
            for answer in seal.said:
                yield _finding(verification, seal.path, answer)
            if seal.stated is not None:
                for answer in seal.stated.answers(runs, verification.heads):
                    yield _finding(verification, seal.path, answer)
        sealed = [seal.stated for seal in self._seals if seal.stated is not None]
        if sealed:
            for name, run in runs.items():
                if not any(name in stated.runs for stated in sealed):
                    yield _finding(
                        verification, run.path, Answer(f"run {shown(name)} is not sealed", LogSeverity.REMARK)
                    )

    def told(self) -> Iterator[str]:
        """A line for each seal with a good signature."""
        for seal in self._seals:
            if seal.holds and seal.stated is not None:
                yield f"seal {seal.path}: signed with the key given, made at {seal.stated.made_at} by its own word"

    def to_list(self) -> list[dict[str, Any]]:
        """The seals in JSON's own types."""
        return [seal.to_dict() for seal in self._seals]

    def _read(self, place: str, *, given: bool = False) -> _Seal:
        found = _Seal(place)
        try:
            with Path(place).open("rb") as file:
                seal = Seal.read(file.read(MAX_SEAL + 1))
        except OSError as error:
            if isinstance(error, FileNotFoundError) and not given:
                found.said.append(Answer(_NOT_THERE))
                return found
            raise ConfigurationError(f"{place!r} cannot be read as a seal: {error.strerror}") from error
        except NoSealError as error:
            found.said.append(self._weighed(str(error)))
            return found
        found.signed = bool(seal.signature)
        if self._key is not None:
            problem = _problem(seal, self._key)
            found.holds = problem is None
            if problem is not None:
                found.said.append(Answer(problem))
                return found
        elif found.signed:
            found.said.append(_remark("sealed, signature not checked: give --key"))
        if self._asked:
            try:
                found.stated = seal.stated()
            except NoSealError as error:
                found.said.append(Answer(str(error)))
            except ConfigurationError as error:
                raise ConfigurationError(f"{place!r} is {error}") from None
        return found

    def _weighed(self, problem: str) -> Answer:
        """Nobody asked about a seal that only lies there."""
        return Answer(problem) if self._asked else _remark(problem)


def _problem(seal: Seal, key: PublicKey) -> str | None:
    from tdm_guard.proofs.signing import Signature  # noqa: PLC0415 - needs an extra, which the key needed as well

    if not seal.signature:
        return "is not signed"
    signature = Signature.read(seal.signature)
    if signature is None:
        return "has a second line that is no signature"
    return signature.problem(seal.statement, key)


def _remark(message: str) -> Answer:
    return Answer(message, LogSeverity.REMARK, explained=True)


def _finding(verification: Verification, path: str, answer: Answer) -> Finding:
    verification.count.add(path, 0, answer.severity, answer.message, explained=answer.explained)
    [found] = verification.count.taken()
    return found
