"""Sinks: told of what was logged after its line was written; whatever one does, decisions and the log stay the same."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from tdm_guard import ConfigurationError, Fetched, LogError, Options
from tdm_guard.guard import Guard
from tdm_guard.httpx import GuardClient
from tdm_guard.log import outlet
from tdm_guard.log.otel import OtelSink
from tdm_guard.log.sink import Body, End, FailureSink, Sink
from tests.support.patience import PATIENCE

NOW = datetime(2026, 11, 28, tzinfo=UTC)
SILENT = {"/robots.txt": Fetched(status=404), "/.well-known/tdmrep.json": Fetched(status=404)}


class Kept:
    """Keeps what it hears, and what the log holds at that moment."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self.heard: list[tuple[str, Any]] = []
        self.lines: list[int] = []

    def _hear(self, kind: str, said: Any) -> None:
        self.heard.append((kind, said))
        self.lines.append(len(self.log.read_bytes().splitlines()))

    def decision(self, decision: Any) -> None:
        self._hear("decision", decision)

    def body(self, body: Body) -> None:
        self._hear("body", body)

    def failed(self, run: str) -> None:
        self._hear("failed", run)

    def end(self, end: End) -> None:
        self._hear("end", end)

    def of(self, kind: str) -> list[Any]:
        return [said for each, said in self.heard if each == kind]


class Failing(Kept):
    """Raises whatever it is told, and changes what it is given."""

    error: type[BaseException] = RuntimeError

    def _hear(self, kind: str, said: Any) -> None:
        super()._hear(kind, said)
        if kind == "decision":
            said.outcome.usages.clear()
        raise self.error(f"no {kind}")


class Held(Kept):
    """Waits in its first call until it is let go."""

    def __init__(self, log: Path) -> None:
        super().__init__(log)
        self.inside, self.free = threading.Event(), threading.Event()

    def _hear(self, kind: str, said: Any) -> None:
        self.inside.set()
        assert self.free.wait(PATIENCE)
        super()._hear(kind, said)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "l.jsonl"


def begun(log: Path, *sinks: Any, **options: Any) -> Guard:
    return Guard(Options.read({"agent": "ExampleBot", "log": str(log), "sinks": list(sinks), **options}))


def judge(guard: Guard, number: int = 0, **fields: str) -> Any:
    policy = guard.judge.read_policies("https://press.example", SILENT, now=NOW)
    case = guard.open(f"https://press.example/{number}", policy)
    case.hear_headers(200, [("content-type", "text/plain"), *((k.replace("_", "-"), v) for k, v in fields.items())])
    case.hear_body(b"text", complete=True)
    case.hear_transfer(4, "ab" * 32)
    return guard.close(case)


def records(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]


def test_each_decision_is_told_after_its_line_was_written(log: Path) -> None:
    first, second = Kept(log), Kept(log)
    assert isinstance(first, Sink)
    assert isinstance(first, FailureSink)
    guard = begun(log, first, second)
    made = [judge(guard, number, **({"tdm_reservation": "1"} if number % 2 else {})) for number in range(4)]
    guard.end()
    for sink in (first, second):
        assert sink.of("decision") == made
        assert all(seen > told.seq for seen, told in zip(sink.lines, sink.of("decision"), strict=False))
        [end] = sink.of("end")
        assert sink.heard[-1] == ("end", end)
        assert (end.run, end.totals["admitted"], end.totals["verdict/reserved"]) == (guard.log.run_id, 2, 2)
    assert (guard.totals["sink/failed"], guard.totals["sink/dropped"]) == (0, 0)


def test_without_sinks_there_is_no_thread_and_no_total(log: Path) -> None:
    before = threading.active_count()
    guard = begun(log)
    judge(guard)
    assert threading.active_count() == before
    guard.end()
    assert not any(name.startswith("sink/") for name in guard.totals)


@pytest.mark.parametrize("error", [RuntimeError, ValueError, SystemExit, KeyboardInterrupt, LogError])
def test_one_that_raises_changes_nothing(
    error: type[BaseException], log: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bad, good = Failing(log), Kept(log)
    bad.error = error
    guard = begun(log, bad, good)
    told = [judge(guard, number) for number in range(3)]
    guard.end()
    assert [len(decision.usages) for decision in told] == [5, 5, 5]
    assert good.of("decision") == told
    assert len(good.of("end")) == 1
    assert len(bad.of("decision")) == 3
    assert guard.totals["sink/failed"] == 4  # and the end
    warnings = [record.getMessage() for record in caplog.records]
    assert len(warnings) == 1
    assert "test_sinks.Failing failed" in warnings[0]
    alone = begun(tmp_path / "alone.jsonl")
    judge(alone)
    alone.end()
    mine, other = records(log)[1], records(tmp_path / "alone.jsonl")[1]
    assert mine["usages"] == other["usages"] != {}
    assert (mine["verdict"], mine["admitted"]) == ("unreserved", True)
    assert records(log)[-1]["totals"] == {"unreserved": 3}


def test_one_that_never_works_is_given_up(log: Path, monkeypatch: Any, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(outlet, "MAX_FAILURES", 3)
    bad = Failing(log)
    guard = begun(log, bad)
    for number in range(8):
        judge(guard, number)
    guard.end()
    assert len(bad.heard) == 3
    assert guard.totals["sink/failed"] == 3
    assert guard.totals["sink/dropped"] == 6  # and the end
    assert "failed 3 times in a row and is not called any more" in caplog.text
    assert [record["type"] for record in records(log)].count("decision") == 8


def test_one_that_waits_holds_up_nobody(log: Path) -> None:
    slow, quick = Held(log), Kept(log)
    guard = begun(log, slow, quick)
    judge(guard)
    assert slow.inside.wait(PATIENCE)
    made = [judge(guard, number) for number in range(1, 20)]  # while it is being called
    assert len(records(log)) == 21
    assert slow.heard == []
    slow.free.set()
    guard.end()
    assert slow.of("decision")[1:] == quick.of("decision")[1:] == made
    assert guard.totals["sink/dropped"] == 0


def test_what_a_slow_one_cannot_take_is_dropped_and_counted(
    log: Path, monkeypatch: Any, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(outlet, "MAX_WAITING", 4)
    monkeypatch.setattr(outlet, "END_SECONDS", 0.05)
    slow = Held(log)
    guard = begun(log, slow)
    judge(guard)
    assert slow.inside.wait(PATIENCE)
    for number in range(9):
        judge(guard, number)
    assert guard.totals["sink/dropped"] == 5
    guard.end()
    assert guard.totals["sink/dropped"] == 10  # four that waited, and the end
    assert "is too slow" in caplog.text
    assert "has not taken all of what was logged when the run ended" in caplog.text
    assert [record["type"] for record in records(log)] == ["run", *["decision"] * 10, "end"]
    slow.free.set()


def test_what_could_not_be_logged_is_not_told(log: Path) -> None:
    sink = Kept(log)
    guard = begun(log, sink)
    judge(guard)
    log.rename(log.with_suffix(".moved"))
    with pytest.raises(LogError):
        judge(guard, 1)
    log.with_suffix(".moved").rename(log)
    with pytest.raises(LogError):
        guard.end()
    assert [kind for kind, _ in sink.heard] == ["decision", "end"]


def test_bodies_and_failures_of_a_client_are_told(log: Path) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/fails":
            raise httpx.ConnectError("refused")
        if request.url.path != "/text":
            return httpx.Response(404)
        return httpx.Response(200, headers={"content-type": "text/css"}, stream=Pieces())

    sink = Kept(log)
    with GuardClient(agent="ExampleBot", log=log, sinks=sink, transport=httpx.MockTransport(answer)) as client:
        with client.stream("GET", "https://press.example/text") as response:
            list(response.iter_bytes())
        with pytest.raises(httpx.ConnectError):
            client.get("https://press.example/fails")
    [body] = sink.of("body")
    [decision] = sink.of("decision")
    [line] = [record for record in records(log) if record["type"] == "body"]
    assert (body.decision, body.run) == (decision.id, decision.run)
    assert (body.bytes, body.content_sha256, body.complete) == (line["bytes"], line["content_sha256"], True)
    assert len(sink.of("failed")) == 1
    assert sink.of("end")[0].totals["failed"] == 1


class Pieces(httpx.SyncByteStream):
    def __iter__(self) -> Any:
        yield b"a" * 2**20
        yield b"b" * 2**20


def made_here() -> Any:
    return MADE[0]


MADE: list[Any] = []


def not_made() -> Any:
    raise OSError("no such socket")


def test_a_sink_by_its_name_is_made_when_the_run_begins(log: Path) -> None:
    options = Options.read({"log": str(log), "sinks": f"{__name__}:made_here"})
    assert options.describe()["sinks"] == [f"{__name__}:made_here"]
    MADE[:] = [Kept(log)]
    guard = Guard(options)
    judge(guard)
    guard.end()
    assert [kind for kind, _ in MADE[0].heard] == ["decision", "end"]
    assert Options.read({"sinks": [MADE[0]]}).describe()["sinks"] == [f"{__name__}.Kept"]


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        ("otle", "did you mean otel"),
        ("", "is no name of a sink"),
        ("package.module", "is no name of a sink"),
        ("no_such_package:sink", "cannot be imported: No module named 'no_such_package'"),
        ("json:no_such", "cannot be imported: AttributeError"),
        ("json:__version__", "nothing that can be called"),
        (7, "has no method decision"),
        (Kept, "is a class: give an object of it"),
        ([object()], "has no method decision"),
        ({"otel": 1}, "is no list of names"),
    ],
)
def test_what_is_no_sink_is_named_with_a_good_one(bad: Any, told: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Options.read({"sinks": [bad] if bad == "" else bad})
    assert str(caught.value).startswith("sinks: ")
    assert told in str(caught.value)
    assert '["otel", "package.module:factory"]' in str(caught.value)


@pytest.mark.parametrize(("name", "told"), [("not_made", "OSError: no such socket"), ("json", "has no method")])
def test_a_sink_that_cannot_be_made_begins_no_run(name: str, told: str, log: Path) -> None:
    options = Options.read({"log": str(log), "sinks": "builtins:dict" if name == "json" else f"{__name__}:{name}"})
    with pytest.raises(ConfigurationError, match=told):
        Guard(options)
    assert not log.exists()


def counted(reader: InMemoryMetricReader) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for resource in reader.get_metrics_data().resource_metrics:
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                points = {tuple(sorted(point.attributes.items())): point.value for point in metric.data.data_points}
                found[metric.name] = (metric.unit, points)
    return found


def test_opentelemetry_counts_by_verdict_and_signal_and_names_no_site(log: Path) -> None:
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader])
    guard = begun(log, OtelSink(provider.get_meter("test")))
    for number in range(3):
        judge(guard, number)
    judge(guard, 3, tdm_reservation="1")
    judge(guard, 4, tdm_reservation="1", content_usage="train-ai=n")
    guard.failed()
    guard.body(judge(guard, 5), size=70, content_sha256=None, complete=False)
    guard.end()
    found = counted(reader)
    admitted, verdict, signal = "tdm_guard.admitted", "tdm_guard.verdict", "tdm_guard.signal"
    assert found["tdm_guard.decisions"] == (
        "{decision}",
        {((admitted, True), (verdict, "unreserved")): 4, ((admitted, False), (verdict, "reserved")): 2},
    )
    assert found["tdm_guard.signals"] == (
        "{decision}",
        {((signal, "tdmrep"), (verdict, "reserved")): 2, ((signal, "aipref"), (verdict, "reserved")): 1},
    )
    assert found["tdm_guard.received"] == ("By", {((admitted, True),): 86, ((admitted, False),): 8})
    assert found["tdm_guard.failed"] == ("{request}", {(): 1})
    assert found["tdm_guard.runs"] == ("{run}", {(): 1})
    assert "press.example" not in repr(found)
    provider.shutdown()


def test_the_short_name_is_the_counters_of_the_global_provider(log: Path) -> None:
    guard = begun(log, "otel")
    judge(guard)
    guard.end()
    assert guard.totals["sink/failed"] == 0
