"""`python -m tdm_guard` and the `tdm-guard` command."""

from __future__ import annotations

import sys

from tdm_guard.cli import narrowed


def main() -> None:
    """Run the command line."""
    narrowed(sys.argv[1:])()


if __name__ == "__main__":
    main()
