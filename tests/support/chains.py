"""Runs spelt record by record, each in the chain of its run, as the format of logs has it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

TS = "2026-11-28T09:00:00.000000Z"


class Chain:
    """The lines of one run whose records are all chained (`records=False`: its decisions only, as in older logs)."""

    def __init__(self, run: str = "r1", *, records: bool = True, ts: str = TS, **told: Any) -> None:
        self.run = run
        self.ts = ts  # of the next record
        self.records = records
        self.began = ts
        self.seq = 0
        self.totals: dict[str, int] = {}
        self.told = {"tool": "tdm_guard/1", "usages": ["tdm"], "agent": "ExampleBot", "posture": "cautious", **told}
        if records:
            self.told["chain"] = "records"
        self.lines = [spelt({"type": "run", "v": 1, "run": run, "ts": ts, **self.told})]
        self.head = hashlib.sha256(self.lines[0]).hexdigest()
        self.heads = [self.head]  # after each line

    def add(self, kind: str, *, chained: bool = True, **members: Any) -> Chain:
        """A record of any type."""
        record = {"type": kind, "v": 1, "run": self.run, "ts": self.ts, **members}
        if self.records or chained:
            line = sealed({**record, "prev": self.head})
            self.head = line[-66:-2].decode()
        else:
            line = spelt(record)
        self.lines.append(line)
        self.heads.append(self.head)
        return self

    def decision(self, url: str | None = None, *, verdict: str = "unreserved", **members: Any) -> Chain:
        self.seq += 1
        self.totals[verdict] = self.totals.get(verdict, 0) + 1
        url = url or f"https://{self.run}.example/{self.seq}"
        record = {
            "type": "decision", "v": 1, "run": self.run, "seq": self.seq, "id": f"{self.run}-{self.seq}", "ts": self.ts,
            "url": url, "final_url": url, "origin": url.rpartition("/")[0], "verdict": verdict,
            "admitted": verdict == "unreserved", "enforced": True, "stage": "body", "usages": {"analysis": "unstated"},
            "because": [], "faults": [], "checked": [], "authorisations": [], "status": 200, "content": True,
            "authenticated": False, "media_type": "text/html", "bytes": 10, "content_sha256": None, "cached": False,
            "hops": [], **members,
        }  # fmt: skip
        return self._sealed(record)

    def body(self, seq: int, **members: Any) -> Chain:
        body = {"decision": f"{self.run}-{seq}", "bytes": 10, "content_sha256": "c" * 64, "complete": True, **members}
        return self.add("body", chained=False, **body)

    def part(self, number: int, **told: Any) -> Chain:
        return self.add("part", part=number, of={"ts": self.began, **self.told, **told})

    def end(self, **members: Any) -> Chain:
        return self.add("end", chained=False, **{"totals": self.totals, **members})

    def forget(self, number: int) -> str:
        """Puts a tombstone in the place of a line; gives the hash that a deletion record has to list."""
        record = json.loads(self.lines[number])
        kept = {name: record[name] for name in ("v", "run", "seq", "id", "ts", "prev", "hash")}
        self.lines[number] = spelt({"type": "forgotten", **kept})
        return str(record["hash"])

    def _sealed(self, record: dict[str, Any]) -> Chain:
        self.lines.append(sealed({**record, "prev": self.head}))
        self.head = self.lines[-1][-66:-2].decode()
        self.heads.append(self.head)
        return self

    def write(self, path: Path) -> Path:
        path.write_bytes(joined(self.lines))
        return path


def spelt(record: dict[str, Any]) -> bytes:
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")


def sealed(record: dict[str, Any]) -> bytes:
    unsealed = spelt(record)
    return unsealed[:-1] + b',"hash":"%b"}' % hashlib.sha256(unsealed).hexdigest().encode()


def joined(lines: list[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines)


def rechained(lines: list[bytes]) -> list[bytes]:
    """The lines of one run, its run record first, with the chain that a writer would have made of them."""
    head, found = hashlib.sha256(lines[0].rstrip(b"\n")).hexdigest(), [lines[0].rstrip(b"\n")]
    for line in lines[1:]:
        record = {name: value for name, value in json.loads(line).items() if name not in ("prev", "hash")}
        found.append(sealed({**record, "prev": head}))
        head = found[-1][-66:-2].decode()
    return found
