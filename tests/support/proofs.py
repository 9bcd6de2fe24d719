"""Logs that proofs are made from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import closing
from io import BytesIO
from pathlib import Path
from typing import Any

from tdm_guard.decision import Decision, Exchange, Outcome, Stage
from tdm_guard.log.canonical import digest_of_text
from tdm_guard.log.jsonl import JsonlLog
from tdm_guard.log.reader import read_log
from tdm_guard.log.record import RunInfo
from tdm_guard.model import Posture, Verdict
from tdm_guard.proofs.personal import personal_of
from tdm_guard.proofs.proof import Known, read_proof
from tdm_guard.proofs.proving import Question, prove
from tdm_guard.proofs.sealing import Placed, Sealing
from tdm_guard.proofs.tree_file import Place, TreeFile
from tdm_guard.usage import TDM
from tests.support.logs import NOW

INFO = RunInfo(usages=TDM, agent="ExampleBot", posture=Posture.CAUTIOUS, mode="enforce")


def admitting(url: str, *, final_url: str | None = None, hops: tuple[str, ...] = ()) -> Decision:
    """A decision that admits the content of an address."""
    return _decision(url, Verdict.UNRESERVED, final_url=final_url, hops=hops, content=True)


def withholding(url: str) -> Decision:
    """A decision that refuses an address."""
    return _decision(url, Verdict.RESERVED, content=True)


def without_content(url: str) -> Decision:
    """A decision that admits an answer without content, such as a 404."""
    return _decision(url, Verdict.UNRESERVED, content=False)


def _decision(
    url: str, verdict: Verdict, *, final_url: str | None = None, hops: tuple[str, ...] = (), content: bool
) -> Decision:
    return Decision(
        url=url,
        ts=NOW,
        stage=Stage.BODY,
        outcome=Outcome(verdict=verdict, usages={}),
        exchange=Exchange(final_url or url, "https://a.example", content=content, hops=hops),
    )


def run_of(path: Path, decisions: Iterable[Decision], *, run_id: str, ends: bool = True) -> None:
    """A run of these decisions at the end of the log at `path`."""
    with closing(JsonlLog(path, run=INFO, now=NOW, run_id=run_id)) as log:
        for decision in decisions:
            log.decision(decision)
        if ends:
            log.end(NOW)


class Made:
    """The index of a log, and its roots; `written` are lines as they stand in it, where they are read otherwise."""

    def __init__(self, path: Path, written: Mapping[bytes, bytes] | None = None) -> None:
        self._data = path.read_bytes()
        self._log = str(path)
        self._written = written or {}
        file = BytesIO()
        sealing, placed = Sealing(file), Placed(read_log([path]))
        for line, number, offset in placed:
            sealing.look(line, number, offset)
        sealing.finish(placed.files)
        self.runs = {run.run: run for run in sealing.runs}
        self.tree = TreeFile(file, "index")

    def roots(self, *trees: str) -> list[Known]:
        return [
            Known(found["size"], found["root"], name)
            for run in self.runs.values()
            for name, found in run.trees.items()
            if not trees or name in trees
        ]

    def proof(self, question: Question, *runs: str) -> dict[str, Any]:
        found = prove(question, self.tree, self._line_at, runs, personal_of=lambda *of: personal_of([self._log], *of))
        return dict(read_proof(json.dumps(found).encode()))

    def proof_of_nothing(self, domain: str) -> dict[str, Any]:
        """What somebody would write who wants a name of any form to be shown as absent, with its true neighbours."""
        found = self.proof(Question.domain("zz.example"))
        [run] = self.runs.values()
        entry = self.tree.tree(self.tree.runs[0], "domains").entry(0)[:32]  # of the only one
        node, none = {"digest": entry.hex(), "index": 0, "path": []}, None
        proof = found["proofs"][0]
        proof |= {"lower": node, "upper": none} if entry < digest_of_text(domain) else {"lower": none, "upper": node}
        return {**found, "asked": domain, "canonical": domain, "proofs": [{**proof, "run": run.run}]}

    def _line_at(self, place: Place) -> bytes:
        line = self._data[place.offset :].split(b"\n", 1)[0]
        return self._written.get(line, line)
