"""What is wrong with a graph folder, in lines that say what, where and how to mend it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

AGAIN = "build the graph again, or take the folder from a copy"


def fault(where: str, what: str, mend: str = AGAIN) -> str:
    """Return one line on a fault."""
    return f"{where}: {what} ({mend})"


def cause(error: Exception) -> str:
    """Return an error in one line."""
    return next(iter(str(error).splitlines()), "") or type(error).__name__


class UnreadableError(ValueError):
    """A table of a graph folder that several checks need cannot be read."""

    def __init__(self, where: str, error: Exception) -> None:
        self.where = where
        super().__init__(f"cannot be read: {cause(error)}")


class Tally:
    """Faults of rows, gathered by what they are: a damaged graph may have millions of one kind."""

    def __init__(self) -> None:
        self.found: dict[tuple[str, str, str], tuple[int, int]] = {}  # where, what, mend -> the first row, how many rows; 0 is not counted

    def add(self, where: str, what: str, bad: NDArray[Any], begin: int = 0, mend: str = AGAIN) -> None:
        """Count the rows that are ``bad``, a truth value for each from the row ``begin`` on."""
        if bad.any():
            first, number = self.found.get((where, what, mend), (begin + int(np.argmax(bad)), 0))
            self.found[where, what, mend] = first, number + int(np.count_nonzero(bad))

    def note(self, where: str, what: str, row: int) -> None:
        """Keep the first row of a fault whose rows are not counted."""
        self.found.setdefault((where, what, AGAIN), (row, 0))

    def lines(self) -> list[str]:
        """Return one line for each kind of fault."""
        return [
            fault(where, f"{what}: first in row {first}" + (f", {number:,} rows in all" if number > 1 else ""), mend)
            for (where, what, mend), (first, number) in self.found.items()
        ]
