"""
Counters for OpenTelemetry (extra `otel`): what a run decides, as it decides it.

Names follow its semantic conventions; no attribute holds an address, a host or words of a site, so that the series
stay few whatever is crawled. The SDK, its exporter and its resource are the application's own.
"""

from __future__ import annotations

from opentelemetry.metrics import Meter, get_meter

from tdm_guard._version import __version__
from tdm_guard.decision import Decision
from tdm_guard.log.sink import Body, End

VERDICT, ADMITTED, SIGNAL = "tdm_guard.verdict", "tdm_guard.admitted", "tdm_guard.signal"


class OtelSink:
    """A sink that counts; `meter` is the global provider's where none is given."""

    def __init__(self, meter: Meter | None = None) -> None:
        meter = meter or get_meter("tdm_guard", __version__)
        self._decisions = meter.create_counter(
            "tdm_guard.decisions", unit="{decision}", description="Decisions logged, by verdict and by what came of it."
        )
        self._signals = meter.create_counter(
            "tdm_guard.signals", unit="{decision}", description="Decisions that rest on a statement of a signal."
        )
        self._received = meter.create_counter(
            "tdm_guard.received", unit="By", description="Bytes of bodies as received, as far as the log has them."
        )
        self._failed = meter.create_counter(
            "tdm_guard.failed", unit="{request}", description="Requests let go that brought no answer."
        )
        self._runs = meter.create_counter("tdm_guard.runs", unit="{run}", description="Runs that came to their end.")

    def decision(self, decision: Decision) -> None:
        """Counts a decision under its verdict and each signal that it rests on, and its bytes."""
        verdict, admitted = decision.verdict.value, decision.admitted
        self._decisions.add(1, {VERDICT: verdict, ADMITTED: admitted})
        for signal in {statement.signal for statement in decision.because}:
            self._signals.add(1, {SIGNAL: signal, VERDICT: verdict})
        if decision.bytes:
            self._received.add(decision.bytes, {ADMITTED: admitted})

    def body(self, body: Body) -> None:
        """Counts the bytes of a body that was handed on after its decision."""
        self._received.add(body.bytes, {ADMITTED: True})

    def failed(self, run: str) -> None:
        """Counts a download that failed."""
        self._failed.add(1)

    def end(self, end: End) -> None:
        """Counts the run."""
        self._runs.add(1)
