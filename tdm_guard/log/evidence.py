"""
The evidence folder: a copy of each document and piece that decisions rest on, by the digest that their records name.

strategy: `FOLDER/ab/abcdef….zst` is named after the SHA-256 of its bytes before they were compressed, so that what is
there need not be written again, by whatever run or process; `runs/` has a file for each run, so that nobody removes
what another one rests on. A file is written beside its name and then renamed: who looks sees all of it or nothing. What
is longer than is kept of one stands as `….cut`, which names the extract.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tdm_guard.errors import LogError
from tdm_guard.judging.extract import extract, read_extract
from tdm_guard.log.appending import sync_folder
from tdm_guard.log.compressed import zstd

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tdm_guard.decision import Decision
    from tdm_guard.judging.case import Case
    from tdm_guard.model import Evidence

MAX_DOCUMENT = 4 * 2**20  # bytes of one policy document; those of the standards that are read end at one mebibyte
MAX_READ = 2 * MAX_DOCUMENT  # bytes that a file may have when it is read back; a bomb is not ours
LEVEL = 3  # of zstd: robots.txt at some 300 MB/s, within a tenth of the best
_FILE_MODE = 0o640  # as of the log: fields and pages may hold personal data
_FOLDER_MODE = 0o750
_DIGEST_LENGTH = 64
_HEX = frozenset("0123456789abcdef")
_WHOLE, _CUT = ".zst", ".cut"
_USERS = "runs"  # a folder in it, with a file for each run that uses it
_MAX_USER = 16_384  # bytes of one: names of a run and of a file


class State(StrEnum):
    """What became of a copy: it is there, of a part only, not there, or not what its name says."""

    WHOLE = "whole"
    CUT = "cut"
    MISSING = "missing"
    DAMAGED = "damaged"


class Copy(NamedTuple):
    """What an evidence folder has under a digest; `problem` says what is wrong with it."""

    state: State
    data: bytes = b""
    problem: str | None = None


class Takings:
    """What documents answered while the policy of an origin was read, to be stored when that is done (a `Keeper`)."""

    def __init__(self, store: EvidenceStore) -> None:
        self._store = store
        self.bodies: dict[str, bytes] = {}

    def holds(self, sha256: str) -> bool:
        """True if there is a copy."""
        return sha256 in self.bodies or self._store.holds(sha256)

    def take(self, sha256: str, body: bytes) -> None:
        """Takes what a document answered."""
        self.bodies[sha256] = body


class EvidenceStore:
    """
    Writes into one folder, which is made if need be. Safe for threads and processes.

    `synced`: the disk has what is stored before it counts. Once something cannot be written, nothing more is: every
    `check` and `keep` raises `LogError`, so that no decision is recorded that names what is not there. So does making
    it where the folder takes nothing.
    """

    def __init__(self, folder: str | os.PathLike[str], *, synced: bool = False) -> None:
        self._synced = synced
        self._folder = os.path.abspath(folder)  # noqa: PTH100 - whatever becomes of the working directory
        self._problem: str | None = None
        try:
            Path(self._folder).mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
            probe = self._beside(Path(self._folder))
            _write(probe, b"", synced=synced)
            probe.unlink()
        except (OSError, ValueError) as error:
            raise self._dead(error) from error

    def holds(self, sha256: str) -> bool:
        """True if there is a file under this digest, or one of a part; what is in it is not looked at."""
        return any(_is_there(_path(self._folder, sha256, kind)) for kind in (_WHOLE, _CUT))

    def take(self, sha256: str, body: bytes) -> None:
        """Stores what a document answered (a `Keeper`); like `store`, it does not raise."""
        self.store({sha256: body})

    def store(self, bodies: Mapping[str, bytes]) -> None:
        """
        Stores what documents answered, by the digests that records name.

        It does not raise: that is for the record to do that would name them (`check`).
        """
        try:
            for sha256, body in bodies.items():
                self._store(sha256, body)
        except LogError:
            pass

    def keep(self, pieces: Iterable[tuple[str, bytes]]) -> None:
        """Stores pieces by their digests. Raises `LogError`."""
        self.check()
        for sha256, piece in pieces:
            self._store(sha256, piece)

    def check(self) -> None:
        """Raises `LogError` if something could not be written."""
        if self._problem is not None:
            raise LogError(self._problem)

    def used_by(self, run: str, log: Path) -> None:
        """Leaves word in the folder of a run that uses it, and where its log is. Raises `LogError`."""
        try:
            told = json.dumps({"run": run, "log": os.path.abspath(log)})  # noqa: PTH100 - as the folder
            self._put(_user_path(self._folder, run), told.encode())
        except (OSError, ValueError) as error:
            raise self._dead(error) from error

    def _store(self, sha256: str, body: bytes) -> None:
        if self.holds(sha256):
            return
        try:
            if len(body) <= MAX_DOCUMENT:
                self._put(_path(self._folder, sha256, _WHOLE), zstd.compress(body, LEVEL))
            else:
                piece = extract(body, [(0, MAX_DOCUMENT)], sha256=sha256)
                name = hashlib.sha256(piece).hexdigest()
                self._put(_path(self._folder, name, _WHOLE), zstd.compress(piece, LEVEL))
                self._put(_path(self._folder, sha256, _CUT), name.encode())
        except (OSError, ValueError) as error:
            raise self._dead(error) from error

    def _put(self, path: Path, data: bytes) -> None:
        path.parent.mkdir(mode=_FOLDER_MODE, exist_ok=True)
        beside = self._beside(path.parent)
        try:
            _write(beside, data, synced=self._synced)
            beside.replace(path)
            if self._synced:
                sync_folder(path.parent)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise

    def _beside(self, folder: Path) -> Path:
        return folder / f".{os.getpid()}-{secrets.token_hex(8)}.tmp"

    def _dead(self, reason: object) -> LogError:
        self._problem = f"the evidence folder {self._folder} cannot be written: {reason}"
        return LogError(self._problem)


def pieces_of(case: Case, decision: Decision) -> Iterator[tuple[str, bytes]]:
    """The pieces that a decision names, by their digests, and those that later ones will: of feeds, of pictures."""
    found = {} if case.pieces is None else case.pieces.by_digest
    said: tuple[Evidence, ...] = (*decision.because, *decision.said, *decision.faults, *case.shows[1])
    named = found if case.learned else dict.fromkeys(each.evidence for each in said)
    for digest in named:
        if digest in found:
            yield digest, found[digest]


def copy_of(folder: str | os.PathLike[str], sha256: str) -> Copy:
    """What an evidence folder has under a digest, checked; nothing that lies there raises."""
    if len(sha256) != _DIGEST_LENGTH or not set(sha256) <= _HEX:
        return Copy(State.MISSING, problem="no SHA-256 in lower-case hexadecimal")
    read = _read(_path(folder, sha256, _WHOLE))
    if read is None:
        return _cut_copy(folder, sha256)
    data, problem = read
    if problem is None and hashlib.sha256(data).hexdigest() != sha256:
        problem = "its bytes have another digest"
    return Copy(State.WHOLE if problem is None else State.DAMAGED, data if problem is None else b"", problem)


def users_of(folder: str | os.PathLike[str]) -> Iterator[tuple[str, Path]]:
    """The runs that left word in a folder, each with its log; what else lies there is passed over."""
    for path in sorted((Path(folder) / _USERS).glob("*.json")):
        try:
            with path.open("rb") as file:
                told = json.loads(file.read(_MAX_USER))
            yield str(told["run"]), Path(str(told["log"]))
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            continue


def leave_out(folder: str | os.PathLike[str], run: str) -> None:
    """Takes the word away that a run left in a folder."""
    with suppress(OSError):
        _user_path(folder, run).unlink()


def remove_copy(folder: str | os.PathLike[str], sha256: str) -> None:
    """Removes what a folder has under a digest, a part of a longer document with it. Raises `OSError`."""
    if len(sha256) != _DIGEST_LENGTH or not set(sha256) <= _HEX:
        return
    cut = _path(folder, sha256, _CUT)
    with suppress(FileNotFoundError):
        name = cut.read_bytes()[:_DIGEST_LENGTH].decode("ascii", "replace")
        if set(name) <= _HEX:
            _path(folder, name, _WHOLE).unlink(missing_ok=True)
    for kind in (_WHOLE, _CUT):
        _path(folder, sha256, kind).unlink(missing_ok=True)


def _cut_copy(folder: str | os.PathLike[str], sha256: str) -> Copy:
    try:
        with _path(folder, sha256, _CUT).open("rb") as file:
            name = file.read(_DIGEST_LENGTH + 1).decode("ascii", "replace")
    except OSError:
        return Copy(State.MISSING)
    read = _read(_path(folder, name, _WHOLE)) if len(name) == _DIGEST_LENGTH and name.isalnum() else None
    if read is None:
        return Copy(State.DAMAGED, problem="the part that it names is not there")
    data, problem = read
    found = read_extract(data)
    if problem is None and (hashlib.sha256(data).hexdigest() != name or found is None or found.sha256 != sha256):
        problem = "the part that it names is another one"
    return Copy(State.CUT if problem is None else State.DAMAGED, data if problem is None else b"", problem)


def _read(path: Path) -> tuple[bytes, str | None] | None:
    """The bytes in a file, and what is wrong with it; None if it is not there."""
    try:
        with path.open("rb") as file:
            packed = file.read(MAX_READ + 1)
    except OSError as error:
        return None if isinstance(error, FileNotFoundError) else (b"", f"it cannot be read: {error.strerror}")
    try:
        reader = zstd.ZstdDecompressor()
        data = reader.decompress(packed, max_length=MAX_READ)
    except zstd.ZstdError as error:
        return b"", f"it is damaged: {error}"
    if not reader.eof or reader.unused_data:
        return b"", "it is damaged: it does not end as it should"
    return data, None


def _path(folder: str | os.PathLike[str], sha256: str, kind: str) -> Path:
    return Path(folder) / sha256[:2] / f"{sha256}{kind}"


def _user_path(folder: str | os.PathLike[str], run: str) -> Path:
    return Path(folder) / _USERS / f"{hashlib.sha256(run.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}.json"


def _is_there(path: Path) -> bool:
    try:
        return path.stat().st_size > 0  # a machine that went down may leave an empty one
    except OSError:
        return False


def _write(path: Path, data: bytes, *, synced: bool) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), _FILE_MODE)
    try:
        if os.write(descriptor, data) != len(data):
            raise OSError("not all bytes were taken; the disk may be full")
        if synced:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
