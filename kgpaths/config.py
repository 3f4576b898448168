"""The run's configuration: every knob with its default and meaning; an unknown key is an error."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Settings(BaseModel):
    """Base of all settings: frozen, closed to unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class LinkSettings(Settings):
    """How mentions are found and linked."""


class SearchSettings(Settings):
    """Which paths are searched and how they are scored."""

    max_hops: int = Field(4, ge=1, le=8, description="longest path from a finding to an option")
    max_paths: int = Field(6, ge=1, le=50, description="most paths kept for one option; each comes from another finding")
    max_cost: float = Field(10.0, gt=0, le=20, description="dearest path looked at, in nats; a path scores exp(-cost)")
    budget: int = Field(3_000_000, ge=1, description="most arcs looked at from the findings, and again from the options, of one question")


class WriteSettings(Settings):
    """How a draft is put into words."""

    seed: int = Field(0, description="seeds the choice of phrasing")


class ValidateSettings(Settings):
    """What rejects a draft."""

    margin: float = Field(0.0, ge=0, le=1, description="how much more support another option may have than the gold one, as a share of the larger")
    support: float = Field(0.01, ge=0, le=1, description="least support of the gold option: below it an explanation is luck")
    single_finding: float = Field(0.1, ge=0, le=1, description="least support of the gold option where one sign or symptom alone leads to it")


class RunConfig(Settings):
    """One run. All but ``out`` enters its id: questions, ids and graph by their content, the rest by its value."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    questions: str = Field("core", description="question file (JSONL, .gz too), or 'core' for the shipped questions")
    graph: str = Field("embedded", description="graph folder, or 'embedded' for the graph that comes with the package")
    out: str = Field("outputs/run", description="folder of the run")
    limit: int | None = Field(None, ge=1, description="use only the first N questions")
    ids: str | None = Field(None, description="file of question ids, one a line: use only these")
    on_error: Literal["stop", "skip"] = Field("stop", description="at a bad row of the question file: stop, or skip it and save a rejection")
    allow_benchmark: bool = Field(False, description="use questions of a test, dev or benchmark set; never train on what comes out")
    link: LinkSettings = Field(default_factory=LinkSettings, description="how mentions are found and linked")
    search: SearchSettings = Field(default_factory=SearchSettings, description="which paths are searched and how they are scored")
    write: WriteSettings = Field(default_factory=WriteSettings, description="how a draft is put into words")
    validation: ValidateSettings = Field(default_factory=ValidateSettings, alias="validate", description="what rejects a draft")
