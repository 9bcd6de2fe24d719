"""
Builds the site of the pages: docs/ and the pages that stand beside the sources for the repository's view.

    python -m tools.site

Links between the two are turned, so that they lead somewhere both in the repository and on the site. A link out of
both is an error, as is whatever the builder warns of.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
CONFIG = ROOT / "zensical.toml"
BESIDE = {  # pages of the repository, by their names on the site
    "SECURITY.md": "security-policy.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
}
FRONT = {"README.md": "index.md"}  # what stands for it on the site
_LINK = re.compile(r"(?<=\]\()([^)\s#]+)(?=[#)])")
_HEADING = re.compile(r"^#.*$", re.MULTILINE)
_BRACKET = re.compile(r"\[(?=[^\]]*\](?!\())")  # in "report LOG... [-o FILE]", where no link is meant
_FENCE = re.compile(r"(^ *```.*?^ *```$)", re.MULTILINE | re.DOTALL)


def assemble(folder: Path) -> None:
    """Puts all pages, with their links turned, into `folder`."""
    for source in sorted(DOCS.iterdir()):
        if source.suffix == ".md":
            (folder / source.name).write_text(turned(source), encoding="utf-8")
        elif source.is_file():
            shutil.copy(source, folder / source.name)
    for name, target in BESIDE.items():
        (folder / target).write_text(turned(ROOT / name), encoding="utf-8")


def turned(page: Path) -> str:
    """The text of a page as it stands on the site."""
    parts = _FENCE.split(page.read_text(encoding="utf-8"))
    parts[::2] = [_LINK.sub(lambda link: target(page, link[1]), part) for part in parts[::2]]
    parts[::2] = [_HEADING.sub(lambda line: _BRACKET.sub(r"\[", line[0]), part) for part in parts[::2]]
    return "".join(parts)


def target(page: Path, link: str) -> str:
    """Where a link on a page leads on the site. Raises `ValueError` where it would lead nowhere."""
    if re.match(r"[a-z]+:", link):
        return link
    path = (page.parent / link).resolve()
    name = path.relative_to(ROOT).as_posix()
    if name in BESIDE or name in FRONT:
        return (BESIDE | FRONT)[name]
    if path.parent != DOCS or not path.exists():
        raise ValueError(f"{page.name}: the site has no {link}; it has docs/, {', '.join(BESIDE)}")
    return path.name


def build(folder: Path) -> Path:
    """Builds in `folder`, which is emptied first; returns where the site is. Raises for each warning."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "pages").mkdir(parents=True)
    assemble(folder / "pages")
    shutil.copy(CONFIG, folder)
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]  # whose docstrings are shown
    subprocess.run(  # noqa: S603 -- our own words
        [sys.executable, "-m", "zensical", "build", "--strict", "--config-file", str(folder / CONFIG.name)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
        check=True,
    )
    return folder / "site"


if __name__ == "__main__":
    print(build(ROOT / "build" / "docs") / "index.html")
