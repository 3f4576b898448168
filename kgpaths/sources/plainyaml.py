"""Read YAML that people write: every value is a text as it stands, and a key that stands twice is a fault.

YAML itself makes a number of ``2026.10``, a date of ``2026-11-01`` and false of ``NO``; and of two equal keys it takes the last.
"""

from __future__ import annotations

from typing import Any

import yaml
from yaml.constructor import ConstructorError

LARGEST = 1 << 20  # bytes


class _Plain(yaml.BaseLoader):
    """Values are texts, lists and mappings."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Refuse aliases: a few of them unfold into gigabytes."""
        if self.check_event(yaml.events.AliasEvent):
            raise ConstructorError(None, None, "aliases (*name) are not read", self.peek_event().start_mark)  # type: ignore[no-untyped-call]
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        """Refuse a key that is given twice, or is no text."""
        seen: set[str] = set()
        for key_node, _ in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise ConstructorError(None, None, "a key is a word", key_node.start_mark)
            if key_node.value in seen:
                raise ConstructorError(None, None, f"key {key_node.value!r} stands twice", key_node.start_mark)
            seen.add(key_node.value)
        return super().construct_mapping(node, deep)


class YamlError(ValueError):
    """What is wrong, and in which row (0: not known)."""

    def __init__(self, what: str, row: int = 0) -> None:
        self.what, self.row = what, row
        super().__init__(what)


def load(text: str) -> Any:
    """Return what a YAML text holds. Raises YamlError."""
    if len(text) > LARGEST:
        raise YamlError("is larger than a megabyte")
    try:
        return yaml.load(text, Loader=_Plain)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise YamlError(f"is no YAML: {getattr(error, 'problem', None) or error}", mark.line + 1 if mark else 0) from None
    except (RecursionError, ValueError) as error:
        raise YamlError("is no YAML: nested too deeply" if isinstance(error, RecursionError) else f"is no YAML: {error}") from None
