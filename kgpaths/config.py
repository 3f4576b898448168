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

    writer: Literal["template", "llm"] = Field("template", description="template: offline and deterministic; llm: the models of llm.models")
    seed: int = Field(0, description="seeds the template's choice of phrasing")
    styles: tuple[Literal["tutor", "concise", "differential", "think"], ...] = Field(
        ("tutor",), min_length=1, description="styles a model writes in, each a draft: tutor, concise, differential, think"
    )
    samples: int = Field(1, ge=1, le=100, description="drafts of each model in each style")
    refine: int = Field(1, ge=0, le=5, description="how often a draft that fails goes back to its model with what the checks found")
    keep: Literal["best", "all"] = Field("best", description="of several drafts: the best of a question, or every one that passes")
    prompts: str = Field("", description="folder with prompt files of your own; those missing there are kgpaths' own")


class LLMSettings(Settings):
    """Which models write, on which server, and what they may cost. Keys never stand here: they come from the environment or a key file."""

    models: tuple[str, ...] = Field((), description="models by the server's names, each a writer")
    provider: str = Field("openai", description="who serves the models; with model and revision it names what a stored reply came from")
    revision: str = Field("", description="revision of the weights where you know it, so that replies of others are not taken for theirs")
    api: Literal["auto", "chat", "responses"] = Field("auto", description="kind of API; auto asks the server")
    temperature: float | None = Field(None, ge=0, le=2, description="temperature of sampling; null leaves it to the server")
    reasoning_effort: Literal["", "none", "minimal", "low", "medium", "high", "xhigh"] = Field(
        "", description="for models that reason; empty: their own"
    )
    max_tokens: int = Field(2_000, ge=16, description="most tokens of a reply, reasoning included")
    base_url: str = Field("", description="address of an OpenAI-compatible server, e.g. http://localhost:8000/v1; empty: OPENAI_BASE_URL or OpenAI's")
    azure_version: str = Field("", description="API version of an Azure OpenAI resource (base_url is its endpoint); empty for its /openai/v1 address")
    key_variable: str = Field("OPENAI_API_KEY", description="environment variable of the key; with _FILE behind it, of the file that holds the key")
    allowed_hosts: tuple[str, ...] = Field(("localhost", "127.0.0.1", "::1"), description="hosts that may be sent restricted graphs and questions")
    concurrency: int = Field(16, ge=1, le=1024, description="most calls at a time")
    requests_per_minute: int | None = Field(None, ge=1, description="most calls a minute")
    tokens_per_minute: int | None = Field(None, ge=1, description="most tokens a minute, prompts and replies")
    timeout: float = Field(120.0, gt=0, description="seconds one call may take in all")
    patience: float = Field(300.0, ge=0, description="seconds a server may fail before the run stops, to be resumed")
    budget: str = Field("", description="what the run may cost: 20usd, 50Mtok or 6h; it stops before that is exceeded")
    prices: str = Field("", description="YAML file of prices that go before kgpaths' own")
    cache: str = Field("", description="file that stores every reply; empty: llm.sqlite in the cache folder")


class AidSettings(Settings):
    """What else a model is asked, beside writing. All of it is off by default, and none of it can lose a question but ``reject``."""

    model: str = Field("", description="model that is asked all this; empty: the first of llm.models")
    mentions: bool = Field(False, description="have it point out findings in the text that were not linked; our own rules then link them, or not")
    links: bool = Field(False, description="have it choose among the concepts that an ambiguous mention may name, or none")
    paths: bool = Field(False, description="have it choose which of an option's paths are told")
    difficulty: int = Field(0, ge=0, le=50, description="blind attempts at every question with an accepted draft, which tell how hard it is; 0: none")
    answer: bool = Field(False, description="have it say to which option an accepted draft leads, its conclusion taken away")
    judge: bool = Field(False, description="have it call an accepted draft correct, flawed or harmful")
    reject: bool = Field(False, description="reject a draft that leads to another option (aid.answer), or is called flawed or harmful (aid.judge)")

    @property
    def on(self) -> bool:
        """Whether anything is asked."""
        return bool(self.mentions or self.links or self.paths or self.difficulty or self.answer or self.judge)


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
    restricted: bool = Field(False, description="the questions may not be sent to others: only to hosts in llm.allowed_hosts")
    allow_benchmark: bool = Field(False, description="use questions of a test, dev or benchmark set; never train on what comes out")
    link: LinkSettings = Field(default_factory=LinkSettings, description="how mentions are found and linked")
    search: SearchSettings = Field(default_factory=SearchSettings, description="which paths are searched and how they are scored")
    write: WriteSettings = Field(default_factory=WriteSettings, description="how a draft is put into words")
    llm: LLMSettings = Field(default_factory=LLMSettings, description="which models write, on which server, and what they may cost")
    aid: AidSettings = Field(default_factory=AidSettings, description="what else a model is asked, beside writing")
    validation: ValidateSettings = Field(default_factory=ValidateSettings, alias="validate", description="what rejects a draft")

    @property
    def asks(self) -> bool:
        """Whether any model is asked anything."""
        return self.write.writer == "llm" or self.aid.on

    @property
    def served(self) -> LLMSettings:
        """The server's settings with just the models that this run asks: those that write, and the one asked beside."""
        writers = self.llm.models if self.write.writer == "llm" else ()
        beside = ((self.aid.model,) if self.aid.model else self.llm.models[:1]) if self.aid.on else ()
        return self.llm.model_copy(update={"models": tuple(dict.fromkeys((*writers, *beside)))})
