"""The site of the pages: built without a warning, whole, and nothing of it is fetched from anywhere else."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import tomllib
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from tools import site
from tools.layers import LAYERS, tree_of

ENGINES = "api-engines.md"
API = {
    "api.md": ("tdm_guard",),
    "api-httpx.md": ("tdm_guard.httpx", "tdm_guard.httpx2"),
    "api-requests.md": ("tdm_guard.requests",),
    "api-aiohttp.md": ("tdm_guard.aiohttp",),
    ENGINES: ("tdm_guard.datatrove", "tdm_guard.ray", "tdm_guard.spark"),
    "api-scrapy.md": ("tdm_guard.scrapy",),
    "api-signals.md": ("tdm_guard.signals",),
    "api-testing.md": ("tdm_guard.testing",),
}
NAV = tomllib.loads(site.CONFIG.read_text(encoding="utf-8"))["project"]["nav"]


class Looked(HTMLParser):
    """What a page links to, what it loads, and the places in it that links can name."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.places: set[str] = set()
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.places |= {given[name] for name in ("id", "name") if name in given}
        if tag in ("a", "link") and "href" in given:
            loads = tag == "link" and given.get("rel") not in ("canonical", "next", "prev")
            (self.loads if loads else self.links).append(given["href"])
        if "src" in given:
            self.loads.append(given["src"])


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Looked]:
    """All pages of the site, by name; a warning of the builder is an error."""
    folder = site.build(tmp_path_factory.mktemp("docs") / "docs")
    return {page.relative_to(folder).as_posix(): Looked(page) for page in folder.rglob("*.html")} | {
        path.relative_to(folder).as_posix(): None  # type: ignore[dict-item]
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".html"
    }


def nav(entries: Any) -> list[str]:
    found = [target for entry in entries for target in entry.values()]
    return [page for target in found for page in ([target] if isinstance(target, str) else nav(target))]


def test_every_link_leads_to_a_page_and_a_place_in_it(pages: dict[str, Looked]) -> None:
    lost = []
    for name, page in pages.items():
        if page is None or name == "404.html":
            continue
        for link in (*page.links, *page.loads):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = unquote(parts.path) or name
            target = (Path("/") / Path(name).parent / target).resolve().as_posix().removeprefix("/")
            place = unquote(parts.fragment)
            there = pages.get(target or "index.html")
            if target not in pages or (place and place != "__skip" and there and place not in there.places):
                lost.append(f"{name}: {link}")
    assert lost == []


def test_nothing_is_loaded_from_anywhere_else(pages: dict[str, Looked]) -> None:
    loaded = {load for page in pages.values() if page for load in page.loads}
    assert {load for load in loaded if urlsplit(load).netloc} == set()
    assert site.CONFIG.read_text(encoding="utf-8").count("font = false") == 1


def test_every_page_has_its_place_in_the_navigation() -> None:
    there = [page.name for page in site.DOCS.glob("*.md")] + list(site.BESIDE.values())
    assert sorted(nav(NAV)) == sorted(there)


def test_every_public_module_is_in_the_reference() -> None:
    """The edges that users import, and what signals of their own are made of."""
    edges = {name for name, its in LAYERS.items() if its == max(LAYERS.values()) and not name.startswith("_")}
    told = {module for modules in API.values() for module in modules}
    assert {f"tdm_guard.{name}" for name in edges - {"cli"}} <= told


def public(module: str) -> list[str]:
    """What a module says is public; of engines too, which are not installed here."""
    [names] = [
        node.value
        for node in tree_of(module.removeprefix("tdm_guard").removeprefix(".") or "__init__").body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    ]
    return list(ast.literal_eval(names))


@pytest.mark.parametrize(("page", "modules"), API.items(), ids=list(API))
def test_every_public_name_is_in_the_reference(page: str, modules: tuple[str, ...]) -> None:
    text = (site.DOCS / page).read_text(encoding="utf-8")
    shown = {name: set(re.findall(rf"^::: {name}\.(\w+)$", text, re.MULTILINE)) for name in modules}
    told = set(re.findall(r"`(?:tdm_guard\.)?(\w+)`", text))
    for module in modules:
        names = set(public(module))
        assert shown[module] <= names
        assert names - shown[module] - shown[modules[0]] <= told


def test_a_link_out_of_the_site_is_an_error() -> None:
    page = site.DOCS / "options.md"
    assert site.target(page, "../CHANGELOG.md") == "changelog.md"
    assert site.target(page, "../README.md") == "index.md"
    assert site.target(site.ROOT / "SECURITY.md", "docs/limits.md") == "limits.md"
    assert site.target(page, "https://site.example/x.md") == "https://site.example/x.md"
    with pytest.raises(ValueError, match="the site has no"):
        site.target(page, "../Makefile")


def test_brackets_in_headings_are_text_and_samples_stay_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site, "ROOT", tmp_path)
    monkeypatch.setattr(site, "DOCS", tmp_path)
    (tmp_path / "b.md").write_text("# B\n", encoding="utf-8")
    page = tmp_path / "a.md"
    fence = "```\n# x [--a] [b](c.md)\n```\n"
    page.write_text(f"## run [--a] [b](b.md)\n[--a]\n{fence}", encoding="utf-8")
    assert site.turned(page) == f"## run \\[--a] [b](b.md)\n[--a]\n{fence}"


def test_every_public_name_says_what_it_is() -> None:
    """Classes and functions, and what a class has by itself; a reference is made of nothing else."""
    mute = []
    for module in (importlib.import_module(name) for page in API if page != ENGINES for name in API[page]):
        for name in module.__all__:
            said = getattr(module, name)
            if inspect.isclass(said) or inspect.isfunction(said):
                parts = {f"{name}.{part}": value for part, value in vars(said).items() if not part.startswith("_")}
                mute += [key for key, value in {name: said, **parts}.items() if is_mute(value)]
    assert mute == []


def is_mute(value: Any) -> bool:
    made = value.fget if isinstance(value, property) else getattr(value, "__func__", value)
    return (inspect.isclass(made) or inspect.isfunction(made)) and not made.__doc__
