"""`python -m tdm_guard` and the `tdm-guard` command."""

from __future__ import annotations

import sys

NEEDED = ("typer", "rich", "httpx")  # what the extra `cli` brings


def main() -> None:
    """Run the command line; exits with 2 if what it is built on is not installed."""
    try:
        from tdm_guard.cli import app  # noqa: PLC0415 - an extra, so the package imports without it
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in NEEDED:
            raise
        sys.stderr.write(f'The command line needs {error.name}: pip install "tdm-guard[cli]"\n')
        sys.exit(2)
    app()


if __name__ == "__main__":
    main()
