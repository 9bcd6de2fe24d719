"""Flags of `review` that may stand without a value."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand

ALL = "all"  # what --release and --confirm stand for without a value


class BareFlags(TyperCommand):
    """Lets `--release` and `--confirm` stand without a value before another flag: all that `--all-of` names."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parses the command line, with their value given in full."""
        following = [*args[1:], "-"]
        bare = {"--release", "--confirm"}
        given = [
            f"{arg}={ALL}" if arg in bare and after.startswith("-") else arg
            for arg, after in zip(args, following, strict=True)
        ]
        return super().parse_args(ctx, given)
