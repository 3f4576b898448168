"""Errors that end in one clear line: what is wrong, where, and how to mend it."""

from __future__ import annotations


class KgpathsError(Exception):
    """Say what went wrong in a way the command line can print as it is.

    ``what`` is the fault, ``where`` names the file, row and field, and ``mend`` is the next thing to try.
    """

    def __init__(self, what: str, *, where: str = "", mend: str = "") -> None:
        self.what, self.where, self.mend = what, where, mend
        line = f"{where}: {what}" if where else what
        super().__init__(f"{line} ({mend})" if mend else line)


class InputError(KgpathsError):
    """A file, row or field the user gave cannot be used."""


class ConfigError(KgpathsError):
    """A configuration key or value is unknown, of the wrong type, or differs from the run it should resume."""


class GraphError(KgpathsError):
    """A graph folder is missing, empty, half-built or damaged."""


class RunError(KgpathsError):
    """A run folder cannot be created, resumed or read."""


class ServerError(KgpathsError):
    """A server is down, refuses, or cannot do what is asked of it."""


class StoppedShort(ServerError):
    """A server did not finish within the time or memory it was given."""


class BudgetReached(KgpathsError):
    """What is asked next might cost more than the run may spend."""
