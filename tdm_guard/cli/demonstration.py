"""
The demonstration: the example Scrapy project over the sample web, on loopback, in a process of its own.

It leaves in its folder what a crawl of the project leaves (`items.jsonl`, `files/`, `tdm-guard.jsonl`), Scrapy's own
log (`scrapy.log`), a first report (`report.html`, `report.md`), whom to ask (`licences.txt`), and what the project knew
of works: its folders `repertoire` and `licences`, with the list made from `works.csv`, and `contacts.toml`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from tdm_guard.cli.report import summarised, write_page
from tdm_guard.errors import ConfigurationError, TdmGuardError
from tdm_guard.lists.importing import import_list
from tdm_guard.lists.plan import Plan
from tdm_guard.log.latest import Latest
from tdm_guard.log.reader import read_log
from tdm_guard.plain import printable
from tdm_guard.reports import worklist_page
from tdm_guard.reports.items import withheld
from tdm_guard.reports.report import render
from tdm_guard.reports.worklist import is_wanting, worklist
from tdm_guard.reports.worklist_page import whom
from tdm_guard.reports.works import MatchedWork, declared_works
from tdm_guard.testing import SITES, sample_web

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tdm_guard.reports.items import WithheldItem
    from tdm_guard.reports.summary import Summary
    from tdm_guard.reports.worklist import Ask
    from tdm_guard.testing import PretendWeb

LOG, ITEMS, FILES, REPORT, SCRAPY_LOG = "tdm-guard.jsonl", "items.jsonl", "files", "report.md", "scrapy.log"
PAGE = "report.html"
ASKS = "licences.txt"
REPERTOIRE, LICENCES = "repertoire", "licences"  # folders of the project, found from where the crawl is started
CONTACTS = "contacts.toml"  # beside them
WORKS = ("works.csv", "works.tdmlist", "sacem-2023", "2026-11")  # table, list, declaration, version of the table
MAX_SECONDS = 180  # a crawl takes some ten seconds; one that takes this long hangs
QUIET_SECONDS = 2.0  # progress is shown for what takes longer
EXAMPLES = 12  # withheld items shown
EXAMPLE_WORKS = 12  # declared works shown
# Loopback needs no politeness, and silence need not be waited for long.
SETTINGS = {
    "CONCURRENT_REQUESTS": "32",
    "CONCURRENT_REQUESTS_PER_DOMAIN": "8",
    "DOWNLOAD_DELAY": "0",
    "DOWNLOAD_TIMEOUT": "8",
    "LOG_FILE": SCRAPY_LOG,
    "LOG_LEVEL": "INFO",
    "RETRY_TIMES": "0",
    "TDM_GUARD_LOG": LOG,
    "TDM_GUARD_POLICY_TIMEOUT": "8",
}


class DemoError(TdmGuardError):
    """The crawl of the sample web did not come to its end; the message says where to look."""


def run(output: Path, *, answers: TextIO | None = None, progress: TextIO | None = None) -> Summary:
    """
    Crawl the sample web, leave everything in `output`, write the summary to `answers` and the rest to `progress`.

    The streams are stdout and stderr unless given. What an earlier demonstration left in `output` is replaced. Raises
    `ConfigurationError` if the folder cannot be used or Scrapy is not installed, `DemoError` if the crawl fails.
    """
    project = example_project()
    _prepare(output)
    lay_out(project, output)
    with sample_web() as web:
        _crawl(project, output, web, sys.stderr if progress is None else progress)
    log = output / LOG
    summary = summarised([os.fspath(log)])
    (output / REPORT).write_text(render(summary, "markdown"), encoding="utf-8")
    write_page(summary, output / PAGE)
    works = list(declared_works(read_log([log])))
    with closing(Latest.of(read_log([log]), is_wanting)) as latest:
        asked = worklist(latest)
    (output / ASKS).write_text("".join(worklist_page.render(asked, "text")), encoding="utf-8")
    asks = [ask for ask in asked.by_size if ask.declarations]
    for line in _shown(summary, _telling(withheld(read_log([log]))), works, asks, output):
        (sys.stdout if answers is None else answers).write(line + "\n")
    return summary


def example_project() -> Path:
    """The folder of the example Scrapy project: inside an installed package, or beside it in a checkout."""
    package = Path(__file__).parents[1]
    for folder in (package / "_example", package.parent / "examples" / "scrapy_project"):
        if (folder / "scrapy.cfg").is_file():
            return folder
    raise ConfigurationError(f"the example project is missing from {package}; install tdm-guard anew")


def lay_out(project: Path, output: Path) -> None:
    """
    Copy what the project knows of works and licences to `output`, and make the list of works from its table.

    What else lies in these folders, a review say, stays and counts. Raises `ConfigurationError`.
    """
    with _usable(output):
        for folder in (REPERTOIRE, LICENCES):
            shutil.copytree(project / folder, output / folder, dirs_exist_ok=True)
        if not (output / CONTACTS).exists():  # yours, say
            shutil.copyfile(project / CONTACTS, output / CONTACTS)
    table, name, declaration, version = WORKS
    held = output / REPERTOIRE
    columns = (("iswc", "iswc"),)
    plan = Plan(
        source=held / table, style="csv", columns=columns, declaration=declaration, version=version, output=held / name
    )
    import_list(plan, now=datetime.now(UTC))


def _prepare(output: Path) -> None:
    with _usable(output):
        output.mkdir(parents=True, exist_ok=True)
        for name in (LOG, ITEMS, REPORT, PAGE, ASKS, SCRAPY_LOG):
            (output / name).unlink(missing_ok=True)
        shutil.rmtree(output / FILES, ignore_errors=True)


@contextmanager
def _usable(output: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConfigurationError(f"the folder {str(output)!r} cannot be used: {reason}") from error


def _crawl(project: Path, output: Path, web: PretendWeb, progress: TextIO) -> None:
    start = ",".join(f"http://{site.name}/" for site in SITES)
    settings = [part for name, value in SETTINGS.items() for part in ("-s", f"{name}={value}")]
    command = [sys.executable, "-m", "scrapy", "crawl", "pages", "-a", f"start={start}", *settings]
    path = os.pathsep.join(part for part in (str(project), os.environ.get("PYTHONPATH", "")) if part)
    # The settings are named, not found through scrapy.cfg: the crawl's folder is the output's.
    kept = {name: value for name, value in web.environment().items() if not name.startswith("TDM_GUARD_")}
    environment = kept | {"PYTHONPATH": path, "SCRAPY_SETTINGS_MODULE": "collection.settings"}
    environment["PYTHONDONTWRITEBYTECODE"] = "1"  # the project may lie where nothing should be written
    with (output / SCRAPY_LOG).open("wb") as trouble:
        crawl = subprocess.Popen(command, cwd=output, env=environment, stdout=trouble, stderr=trouble)  # noqa: S603 -- our own words
        try:
            _watch(crawl, output / LOG, progress)
        finally:
            if crawl.poll() is None:
                crawl.kill()
            crawl.wait()
    if crawl.returncode != 0 or not (output / LOG).is_file():
        raise DemoError(_reason(output / SCRAPY_LOG, crawl.returncode))


def _watch(crawl: subprocess.Popen[bytes], log: Path, progress: TextIO) -> None:
    """Wait for the crawl, with a line of progress each second once it takes long."""
    began = time.monotonic()
    wait, shown = QUIET_SECONDS, 0
    while True:
        try:
            crawl.wait(wait)
        except subprocess.TimeoutExpired:
            passed = time.monotonic() - began
            if passed > MAX_SECONDS:
                raise DemoError(
                    f"the crawl did not end within {MAX_SECONDS} s; see {log.parent / SCRAPY_LOG}"
                ) from None
            judged = log.read_bytes().count(b'"type":"decision"') if log.is_file() else 0
            if judged != shown or wait != 1.0:
                progress.write(f"crawling the sample web: {judged} decisions after {passed:.0f} s\n")
                progress.flush()
            wait, shown = 1.0, judged
        else:
            return


def _reason(log: Path, code: int) -> str:
    words = log.read_text(encoding="utf-8", errors="replace").strip().splitlines() or ["it said nothing"]
    if any("No module named scrapy" in line for line in words):
        return 'the demonstration needs Scrapy: pip install "tdm-guard[scrapy]"'
    return f"the crawl ended with {code}: {words[-1]}; see {log}"


def _telling(items: Iterator[WithheldItem]) -> list[WithheldItem]:
    """The first item for each verdict, signal and kind of place, so that the examples differ."""
    found: dict[tuple[str, str, str], WithheldItem] = {}
    for item in items:
        found.setdefault((item.verdict, item.signals, item.locator.rstrip("0123456789")), item)
    return list(found.values())[:EXAMPLES]


def _shown(
    summary: Summary, examples: list[WithheldItem], works: list[MatchedWork], asks: list[Ask], output: Path
) -> Iterator[str]:
    total = summary.total
    counts = f"{total.admitted:,} admitted, {total.withheld:,} withheld, {total.no_content:,} without content"
    yield f"{total.decisions:,} decisions: {counts}"
    for verdict, count in summary.verdicts.most_common():
        yield f"  {count:4} {verdict}"
    yield ""
    yield "Withheld, for example:"
    for item in examples:
        yield f"  {printable(item.url)}"
        place = " ".join(part for part in (item.source, item.locator) if part)
        yield f"      {item.verdict} ({item.signals or 'no signal'}): {printable(item.words)}"
        yield f"      {printable(place)}"
    yield ""
    yield "Works that somebody declared, wherever they stand (works and codes are made up, also Sacem's;"
    yield "what is quoted of Sacem's declaration is real):"
    for work in works[:EXAMPLE_WORKS]:
        yield f"  {printable(f'{work.verdict}: {work.url}')}"
        for outcome, said in zip(work.declarations, work.said, strict=True):
            yield f"      {printable(outcome)}"
            yield f"        “{printable(said.words)}”"
            yield f"        {printable(said.document)}"
    yield ""
    yield "Whom to ask for a licence to these (tdm-guard licences):"
    for ask in asks:
        yield f"  {printable(ask.name)}: {printable(whom(ask))}"
    yield ""
    yield f"Pages    {output / ITEMS}"
    yield f"Files    {output / FILES}"
    yield f"Log      {output / LOG}"
    yield f"Report   {output / PAGE}, {output / REPORT}"
    yield f"Licences {output / ASKS}"
