"""`python -m tdm_guard` and the `tdm-guard` command."""

from __future__ import annotations

from tdm_guard.cli import app


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
