"""Where each configuration value comes from: flag before environment before file before default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from kgpaths.config import RunConfig
from kgpaths.errors import ConfigError, InputError

ENVIRONMENT_PREFIX = "KGPATHS_"
RESERVED = ("KGPATHS_HOME", "KGPATHS_SHARED_DATA", "KGPATHS_REQUIRE_NEO4J", "KGPATHS_REQUIRE_LLAMA", "KGPATHS_LLAMA_PYTHON")
"""Environment variables that are folders or what tests need, not configuration keys."""


@dataclass(frozen=True)
class Resolved:
    """A configuration with, for each dotted key, the origin of its value."""

    config: RunConfig
    origins: Mapping[str, str]

    def lines(self) -> list[tuple[str, Any, str]]:
        """Return (key, value, origin) for every key in order."""
        values = flatten(self.config)
        return [(key, values[key], self.origins.get(key, "default")) for key in values]


def keys(model: type[BaseModel] = RunConfig, prefix: str = "") -> dict[str, str]:
    """Return every dotted key with its description, in the order of the model."""
    found: dict[str, str] = {}
    for name, field in model.model_fields.items():
        dotted = prefix + (field.alias or name)
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            found |= keys(field.annotation, dotted + ".")
        else:
            found[dotted] = field.description or ""
    return found


def flatten(config: BaseModel) -> dict[str, Any]:
    """Return the configuration as dotted keys to plain values."""

    def walk(value: Mapping[str, Any], prefix: str) -> dict[str, Any]:
        flat: dict[str, Any] = {}
        for name, inner in value.items():
            flat |= walk(inner, f"{prefix}{name}.") if isinstance(inner, dict) and f"{prefix}{name}" not in known else {f"{prefix}{name}": inner}
        return flat

    known = keys()
    return walk(config.model_dump(mode="json", by_alias=True), "")


def resolve(
    *, flags: Mapping[str, Any] | None = None, settings: tuple[str, ...] = (), environ: Mapping[str, str] | None = None, file: Path | None = None
) -> Resolved:
    """Return the configuration from all layers.

    ``flags`` are dotted keys given as options (None is not given), ``settings`` are ``key=value`` texts of ``--set``.
    Raises ConfigError naming the key and where it was given, InputError for a file that cannot be read.
    """
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    known = keys()

    def put(key: str, value: Any, origin: str) -> None:
        if key not in known:
            near = get_close_matches(key, known, 1)
            mend = f"did you mean {near[0]}?" if near else "kgpaths config show lists the keys"
            raise ConfigError(f"unknown key {key!r}", where=origin, mend=mend)
        values[key], origins[key] = value, origin

    for key, value in (read_file(file) if file else {}).items():
        put(key, value, f"file {file}")
    for name, text in sorted((environ or {}).items()):
        if name.startswith(ENVIRONMENT_PREFIX) and name not in RESERVED:
            put(name[len(ENVIRONMENT_PREFIX) :].lower().replace("__", "."), scalar(text, f"environment {name}"), f"environment {name}")
    for text in settings:
        key, separator, value = text.partition("=")
        if not separator:
            raise ConfigError(f"{text!r} is not key=value", where="flag --set", mend="for example --set search.max_hops=3")
        put(key.strip(), scalar(value, f"flag --set {key}"), f"flag --set {key.strip()}")
    for key, value in (flags or {}).items():
        if value is not None:
            put(key, value, f"flag --{key.replace('_', '-')}")
    return Resolved(build(values, origins), origins)


def build(values: Mapping[str, Any], origins: Mapping[str, str]) -> RunConfig:
    """Return the configuration of dotted ``values``; raises ConfigError naming key and origin of a bad value."""
    nested: dict[str, Any] = {}
    for key, value in values.items():
        *parents, last = key.split(".")
        place = nested
        for parent in parents:
            place = place.setdefault(parent, {})
        place[last] = value
    try:
        return RunConfig.model_validate(nested)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"{key}: {first['msg'].lower()} (got {first['input']!r})", where=origins.get(key, "default")) from None


def scalar(text: str, where: str) -> Any:
    """Return ``text`` read as a YAML scalar or list, so that ``3`` is a number and ``null`` is none."""
    try:
        return yaml.safe_load(text) if text.strip() else text
    except yaml.YAMLError as error:
        raise ConfigError(f"cannot read value {text!r}: {error.__class__.__name__}", where=where) from None


def read_file(path: Path) -> dict[str, Any]:
    """Return the dotted keys of a YAML file. Raises InputError where it is missing, no YAML or no mapping."""
    try:
        loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(path), mend="kgpaths init writes a commented run.yaml") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        row = f", row {mark.line + 1}" if mark else ""
        raise InputError("is not YAML", where=f"{path}{row}", mend="kgpaths init writes a commented run.yaml") from None
    if loaded is None:
        return {}
    if not isinstance(loaded, dict):
        raise InputError("is not a mapping of keys to values", where=str(path), mend="kgpaths init writes a commented run.yaml")
    known, flat = keys(), {}

    def walk(mapping: Mapping[str, Any], prefix: str) -> None:
        for name, value in mapping.items():
            dotted = f"{prefix}{name}"
            if isinstance(value, dict) and dotted not in known:
                walk(value, f"{dotted}.")
            elif value is not None or dotted in known:
                flat[dotted] = value

    walk(loaded, "")
    return flat


def commented(config: RunConfig) -> str:
    """Return ``config`` as YAML with each key's description as a comment: what ``kgpaths init`` writes."""
    values, descriptions = flatten(config), keys()
    lines, section = ["# kgpaths run configuration; a flag or KGPATHS_* environment variable takes precedence"], ""
    for key, description in descriptions.items():
        parent, _, name = key.rpartition(".")
        if parent != section:
            section = parent
            lines += ["", f"{parent}:"]
        indent = "  " if parent else ""
        value = yaml.safe_dump(values[key], default_flow_style=True, allow_unicode=True, width=1000).strip().removesuffix("...").strip()
        lines += [f"{indent}# {description}", f"{indent}{name}: {value}"]
    return "\n".join(lines) + "\n"
