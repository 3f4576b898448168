"""A group of commands that are imported when one is called or listed, so that help is quick."""

from __future__ import annotations

import click


class LazyGroup(click.Group):
    """A group whose commands live in modules; commands of the module itself may be added as usual."""

    def __init__(self, *args: object, commands_in: dict[str, str], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.commands_in = commands_in  # command name -> "module:attribute"

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands_in)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in self.commands_in:
            return None
        from importlib import import_module

        module, _, attribute = self.commands_in[name].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command
