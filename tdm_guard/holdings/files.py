"""The reader of holdings: what files, folders, lists and bundled entries say, and every mistake in them."""

from __future__ import annotations

import hashlib
import os
import re
import stat
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from tdm_guard.errors import ConfigurationError
from tdm_guard.matched import ReviewOutcome
from tdm_guard.plain import nearest, suggested
from tdm_guard.repertoire.authorisation import Authorisation, read_authorisation
from tdm_guard.repertoire.contact import Contact, contacts_of, folded, read_contact
from tdm_guard.repertoire.declaration import KEYLESS, Declaration, read_declaration
from tdm_guard.repertoire.loaded import Loaded
from tdm_guard.repertoire.problem import Problem, Severity, shown
from tdm_guard.repertoire.review import Review, read_review

if TYPE_CHECKING:
    from tdm_guard.lists.index import ListIndex
    from tdm_guard.lists.part_licences import PartLicences
    from tdm_guard.repertoire.licensed import Licensed

MAX_BYTES = 16 * 2**20  # of one TOML file, some 10,000 declarations; larger holdings belong in a list
MAX_FILES = 10_000  # of one run: a folder of one licence per file, not a whole disk named by mistake
BUNDLED = "bundled:"
EVERY = "*"
LIST_SUFFIX = ".tdmlist"
_SQLITE = b"SQLite format 3\0"
_KINDS = ("declarations", "authorisations", "reviews", "contacts")
_GOOD_NAME = '["bundled:sacem-2023", "my-list.toml"]'
_Value = TypeVar("_Value")
_Named = TypeVar("_Named", Declaration, Authorisation)
_PLACE = re.compile(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """
    All that was loaded. Reviews are in the order of their time, so that the last one that applies is what holds.

    `licensed` are the works of authorisations for a part of a repertoire. `sources` says in the run record what was
    declared (`id`, `version`, `sha256` of the file it stood in), lists too; `digests` are the SHA-256 of all TOML files
    and licensed lists read; `warnings` is what is legal in them and perhaps not meant, but for the bundled ones, which
    are not the caller's to mend (`lint` tells it of them too).
    """

    declarations: tuple[Declaration, ...] = ()
    authorisations: tuple[Authorisation, ...] = ()
    reviews: tuple[Review, ...] = ()
    contacts: tuple[Contact, ...] = ()
    lists: tuple[ListIndex, ...] = ()
    licensed: tuple[Licensed, ...] = ()
    sources: tuple[Loaded, ...] = ()
    digests: tuple[str, ...] = ()
    warnings: tuple[Problem, ...] = ()


def bundled() -> tuple[str, ...]:
    """The ids of the bundled declarations."""
    folder = resources.files("tdm_guard").joinpath("data/repertoire")
    names = [entry.name for entry in folder.iterdir() if entry.name.endswith(".toml")]
    return tuple(sorted(name.removesuffix(".toml") for name in names))


class Reader:
    """What has been read so far, each value with its place. `option` names the files, in words of `good_…` ones."""

    option = "repertoire"
    suffixes: tuple[str, ...] = (".toml", LIST_SUFFIX)
    good_name = _GOOD_NAME
    good_file = "a file with a [[declarations]] table"
    good_size = "a list: tdm-guard repertoire import"

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.declarations: dict[str, tuple[str, Declaration]] = {}
        self.authorisations: dict[str, tuple[str, Authorisation]] = {}
        self.reviews: list[tuple[str, Review]] = []
        self.contacts: list[tuple[str, Contact]] = []
        self.lists: list[tuple[str, ListIndex]] = []
        self.sources: list[Loaded] = []
        self.digests: list[str] = []
        self._seen: set[object] = set()
        self._named: set[str] = set()  # lists that the caller named, not only a folder that they lie in
        self._folders: dict[str, Path] = {}  # of the files that authorisations stand in, by their ids
        self._part: PartLicences | None = None
        self._faulty: set[object] = set()  # ids of tables with mistakes: what refers to them is no second mistake

    def read(self, names: Sequence[str | Path]) -> None:
        for name in [names] if isinstance(names, (str, Path)) else names:
            if not isinstance(name, (str, Path)) or not str(name).strip():
                self._mistake(self.option, f"{shown(name)} is no file, folder or bundled entry", self.good_name)
            elif str(name).startswith(BUNDLED):
                self._bundled(str(name))
            else:
                self._path(Path(name))

    def stop_at_mistakes(self) -> None:
        mistakes = [str(problem) for problem in self.problems if problem.severity is Severity.MISTAKE]
        if mistakes:
            raise ConfigurationError(*mistakes)

    def holdings(self) -> Holdings:
        contacts = tuple(contact for _, contact in self.contacts)
        return Holdings(
            declarations=tuple(_asked(declaration, contacts) for _, declaration in self.declarations.values()),
            contacts=contacts,
            authorisations=tuple(authorisation for _, authorisation in self.authorisations.values()),
            reviews=tuple(sorted((review for _, review in self.reviews), key=_standing)),
            lists=tuple(index for _, index in self.lists),
            sources=tuple(self.sources),
            licensed=tuple(self._part.licensed) if self._part else (),
            digests=(*self.digests, *(self._part.digests if self._part else ())),
            warnings=tuple(problem for problem in self.problems if not problem.path.startswith(BUNDLED)),
        )

    def check(self, severity: Severity) -> None:
        """Note references to what was not loaded, and the works of authorisations that cannot be."""
        self._open_works()
        for where, authorisation in self.authorisations.values():
            for at, name in enumerate(authorisation.scope.declarations):
                self._refer(name, f"{where}.scope.declarations[{at}]", self.declarations, severity)
        matching = set()
        for where, index in self.lists:
            self._refer(index.declaration, where, self.declarations, severity)
            if index.adds:
                matching.add(index.declaration)
        listed = {f"{self.declarations[name][0]}.match" for name in matching if name in self.declarations}
        self.problems = [each for each in self.problems if not (each.message == KEYLESS and each.path in listed)]
        for where, review in self.reviews:  # one that meets nothing lifts nothing
            self._refer(review.declaration, f"{where}.declaration", self.declarations, Severity.WARNING)
            self._refer(review.authorisation, f"{where}.authorisation", self.authorisations, Severity.WARNING)
        self._check_contacts()

    def _check_contacts(self) -> None:
        """
        Note contacts that are of no use: of nobody who declares something here, or of one who names an address.

        One that is of use answers the warning that there is nobody to ask.
        """
        held = [contact for _, contact in self.contacts]
        answered = {f"{at}.licence" for at, each in self.declarations.values() if _asked(each, held) is not each}
        self.problems = [each for each in self.problems if each.path not in answered]
        declared: dict[str, list[Declaration]] = {}
        for _, declaration in self.declarations.values():
            declared.setdefault(folded(declaration.declarant.name), []).append(declaration)
        for where, contact in self.contacts if declared else ():
            found = declared.get(folded(contact.declarant), [])
            if not found:
                near = nearest(contact.declarant, declared)
                good = f'"{declared[near][0].declarant.name}"' if near else None
                message = f"{shown(contact.declarant)} declares nothing loaded"
                self.problems.append(Problem(f"{where}.declarant", message, good, severity=Severity.WARNING))
            elif all(each.licence.addressed for each in found):
                message = f"is not used: {found[0].id} itself says whom to ask"
                self.problems.append(Problem(f"{where}.address", message, severity=Severity.WARNING))

    def _open_works(self) -> None:
        """
        Opens the lists that authorisations are narrowed to.

        One that lies in a folder of declarations and that nobody names beside it adds to no declaration: what is left
        out of a licence is not left out of what is declared.
        """
        narrowed = [each for each in self.authorisations.values() if each[1].scope.works is not None]
        if not narrowed:
            return
        from tdm_guard.lists.part_licences import PartLicences  # noqa: PLC0415 - it brings SQLite, as `_list` does

        self._part = part = PartLicences()
        for where, authorisation in narrowed:
            self.problems.extend(part.open(authorisation, where, self._folders[authorisation.id]))
        lent = part.paths - self._named
        aside = {path for path, _ in self.lists if os.path.realpath(path) in lent}
        gone = [index.source for path, index in self.lists if path in aside]
        self.lists = [each for each in self.lists if each[0] not in aside]
        self.sources = [each for each in self.sources if each not in gone]

    def check_age(self, today: date) -> None:
        """Note declarations that somebody wanted looked at again before `today`."""
        for where, declaration in self.declarations.values():
            due = declaration.expires_review_at
            if due is not None and due < today:
                message = f"{due} is over: look at the source again"
                self.problems.append(Problem(f"{where}.expires_review_at", message, severity=Severity.WARNING))

    def _refer(self, name: str | None, where: str, loaded: Mapping[str, object], severity: Severity) -> None:
        if name is None or name in loaded or name in self._faulty:
            return
        near = nearest(name, loaded)
        good = f'"{near}"' if near else None
        self.problems.append(Problem(where, f"{shown(name)} is the id of nothing loaded", good, severity=severity))

    def _bundled(self, name: str) -> None:
        known = bundled()
        wanted = name.removeprefix(BUNDLED)
        if wanted != EVERY and wanted not in known:
            good = f'"{BUNDLED}{nearest(wanted, known) or known[0]}"'
            self._mistake(name, f"no such entry{suggested(wanted, known)}", good)
            return
        folder = resources.files("tdm_guard").joinpath("data/repertoire")
        for entry in known if wanted == EVERY else (wanted,):
            if self._first(f"{BUNDLED}{entry}"):
                self._toml(f"{BUNDLED}{entry}", folder.joinpath(f"{entry}.toml").read_bytes())

    def _path(self, path: Path) -> None:
        try:
            if path.is_dir():
                inside = sorted(found for found in path.iterdir() if self._ours(found))
                if not inside:
                    self._mistake(str(path), f"a folder without any {' or '.join(self.suffixes)} file", self.good_name)
                for found in inside:
                    self._file(found)
            else:
                self._named.add(os.path.realpath(path))
                self._file(path)
        except (OSError, ValueError) as error:  # ValueError: a null character in the name
            self._unreadable(str(path), error)

    def _ours(self, path: Path) -> bool:
        """Whether a folder's entry is meant: hidden files are an editor's, other names something else."""
        return path.suffix.lower() in self.suffixes and not path.name.startswith(".")

    def _file(self, path: Path) -> None:
        try:
            if not stat.S_ISREG(path.stat().st_mode):
                self._mistake(str(path), "no regular file", self.good_name)
                return
            if not self._first(os.path.realpath(path)):
                return
            with path.open("rb") as file:
                raw = file.read(len(_SQLITE))
                if raw != _SQLITE:
                    raw += file.read(MAX_BYTES + 1 - len(raw))
        except (OSError, ValueError) as error:
            self._unreadable(str(path), error)
            return
        if raw == _SQLITE or path.suffix.lower() == LIST_SUFFIX:
            self._list(path)
        elif len(raw) > MAX_BYTES:
            self._mistake(str(path), f"larger than {MAX_BYTES} bytes", self.good_size)
        else:
            self._toml(str(path), raw)

    def _list(self, path: Path) -> None:
        from tdm_guard.lists.index import open_list  # noqa: PLC0415 - it brings SQLite, which only lists need

        try:
            index = open_list(path)
        except ConfigurationError as error:
            self.problems.extend(_told(str(path), problem) for problem in error.problems)
            return
        self.lists.append((str(path), index))
        self.sources.append(index.source)

    def _toml(self, name: str, raw: bytes) -> None:
        try:
            content = tomllib.loads(raw.decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            line = raw.count(b"\n", 0, error.start) + 1
            self._mistake(f"{name}: line {line}", "is not UTF-8", self.good_file)
        except RecursionError:
            self._mistake(name, "is nested too deeply", self.good_file)
        except ValueError as error:
            place, message = _place(str(error), raw)
            self._mistake(f"{name}: {place}", *self._broken(message, raw))
        else:
            self.digests.append(hashlib.sha256(raw).hexdigest())
            self._content(name, content, self.digests[-1])

    def _broken(self, message: str, raw: bytes) -> tuple[str, str]:
        """What to say of a file that is no TOML, and what would be good."""
        return message, self.good_file

    def _content(self, name: str, content: Mapping[str, Any], sha256: str) -> None:
        if not content:
            self.problems.append(Problem(name, "holds nothing", "[[declarations]]", severity=Severity.WARNING))
        for kind in content:
            if kind not in _KINDS:
                good = f"[[{nearest(kind, _KINDS) or _KINDS[0]}]]"
                self._mistake(f"{name}: {kind}", f"unknown member{suggested(kind, _KINDS)}", good)
        for at, declaration in self._values(name, content, "declarations", read_declaration):
            if self._new(declaration, at, self.declarations):
                self.sources.append(Loaded(id=declaration.id, version=declaration.version, sha256=sha256))
        for at, authorisation in self._values(name, content, "authorisations", read_authorisation):
            if self._new(authorisation, at, self.authorisations):
                self._folders[authorisation.id] = Path(name).parent
        self.reviews.extend(self._values(name, content, "reviews", read_review))
        self.contacts.extend(self._values(name, content, "contacts", read_contact))

    def _values(
        self,
        name: str,
        content: Mapping[str, Any],
        kind: str,
        read: Callable[[Any, str], tuple[_Value | None, tuple[Problem, ...]]],
    ) -> Iterator[tuple[str, _Value]]:
        tables = content.get(kind, [])
        if not isinstance(tables, list):
            self._mistake(f"{name}: {kind}", "is no list of tables", f"[[{kind}]]")
            return
        for at, table in enumerate(tables):
            where = f"{name}: {kind}[{at}]"
            value, problems = read(table, where)
            self.problems.extend(problems)
            if value is not None:
                yield where, value
            elif isinstance(table, dict) and isinstance(table.get("id"), str):
                self._faulty.add(table["id"])

    def _new(self, value: _Named, where: str, known: dict[str, tuple[str, _Named]]) -> bool:
        """True, and `value` kept, if its id is new."""
        if value.id in known:
            self._mistake(f"{where}.id", f"{shown(value.id)} is also the id at {known[value.id][0]}")
            return False
        known[value.id] = (where, value)
        return True

    def _first(self, file: str) -> bool:
        """True the first time: a file named twice, or by itself and by its folder, is read once."""
        if file in self._seen:
            return False
        self._seen.add(file)
        if len(self._seen) == MAX_FILES + 1:
            self._mistake(file, f"more than {MAX_FILES} files", "one folder of declarations")
        return len(self._seen) <= MAX_FILES

    def _mistake(self, path: str, message: str, good: str | None = None) -> None:
        self.problems.append(Problem(path, message, good))

    def _unreadable(self, path: str, error: Exception) -> None:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        self.problems.append(Problem(path, f"cannot be read: {reason}", self.good_name, unreadable=True))


def _told(name: str, problem: str) -> Problem:
    """A problem in a list, whose words begin with its name and end with a good one."""
    message, _, good = problem.removeprefix(f"{name}: ").partition("; for example ")
    return Problem(name, message, good or None)


def _asked(declaration: Declaration, contacts: Sequence[Contact]) -> Declaration:
    """The declaration, with whom the operator asks if it names nobody."""
    found = () if declaration.licence.addressed else contacts_of(contacts, declaration.declarant.name)
    if not found:
        return declaration
    yours = "; ".join(contact.marked for contact in found)
    return replace(declaration, licence=replace(declaration.licence, yours=yours))


def _standing(review: Review) -> tuple[datetime, bool]:
    """In which order reviews stand: by time, and of two of one time a confirmation last."""
    return review.at, review.outcome == ReviewOutcome.CONFIRMED


def _place(message: str, raw: bytes) -> tuple[str, str]:
    """Line and column of a TOML error, and what it says."""
    found = _PLACE.fullmatch(message)
    if found is None:
        return "TOML", message
    line, column = found.group(2), found.group(3)
    if line is None:
        last = raw.rpartition(b"\n")
        line, column = str(raw.count(b"\n") + 1), str(len(last[2].decode("utf-8", "replace")) + 1)
    return f"line {line}, column {column}", found.group(1)
