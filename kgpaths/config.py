"""The run's configuration: every knob with its default and meaning; an unknown key is an error."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Settings(BaseModel):
    """Base of all settings: frozen, closed to unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class LinkSettings(Settings):
    """How mentions are found and linked."""


class SearchSettings(Settings):
    """Which paths are searched and how they are scored."""

    max_hops: int = Field(4, ge=1, le=8, description="longest path from a finding to an option")


class WriteSettings(Settings):
    """How a draft is put into words."""

    seed: int = Field(0, description="seeds the choice of phrasing")


class ValidateSettings(Settings):
    """What rejects a draft."""

    margin: float = Field(0.0, ge=0, le=1, description="how much more support another option may have than the gold one")
