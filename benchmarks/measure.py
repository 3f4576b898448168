"""Run a command and tell how long it took and how much memory it held at most."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from time import perf_counter
from typing import NamedTuple


class Measured(NamedTuple):
    """Seconds, peak resident memory in bytes, and the last line the command printed."""

    seconds: float
    memory: int
    said: str


def measured(command: Sequence[str]) -> Measured:
    """Run a command to its end. Leaves the program where the command fails."""
    begun = perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command)} failed with exit code {process.returncode}")
    kilobyte = 1 if sys.platform == "darwin" else 1024
    return Measured(seconds, usage.ru_maxrss * kilobyte, said.strip().rsplit("\n", 1)[-1])
