"""Tasks for workers; in a module of their own, so that other processes can import them without the tests."""

from __future__ import annotations

from typing import Any


class Squares:
    """A worker."""

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        return {**row, "square": row["n"] ** 2 / 7, "deep": {"a": [1, 2.5, None]} if row["n"] % 2 else "text"}
