"""Commands that show the parts: link, paths, inspect, audit."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kgpaths.cli.between import OPTIONS, between_options, show_between
from kgpaths.cli.options import resolved
from kgpaths.cli.options import settings as settings_options
from kgpaths.errors import InputError, RunError

if TYPE_CHECKING:
    from kgpaths.model import Example


@click.command()
@settings_options
@click.option("--text", help="Link this text instead of a question file.")
@click.option("--limit", type=int, metavar="N", help="Use only the first N questions.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a question.")
def link(settings: tuple[str, ...], config_file: Path | None, text: str | None, as_json: bool, **flags: Any) -> None:
    """Show what questions, or a text, are linked to.

    \b
    Examples:
      kgpaths link --text "No fever; her mother has hypothyroidism."
      kgpaths link --questions medqa.jsonl --limit 5 --json > links.jsonl
    """
    from kgpaths.cli.text import link_text
    from kgpaths.link.linker import Linker
    from kgpaths.model import Question
    from kgpaths.pipeline import open_graph, select
    from kgpaths.records import dump_line

    if text is not None and not text.strip():
        raise InputError("is empty", where="flag --text", mend="for example --text 'No fever, but a dry cough.'")
    config = resolved(settings, config_file, **flags).config
    questions = [Question(id="text", dataset="", text=text)] if text is not None else select(config)[0]
    linker = Linker(open_graph(config.graph), config.link)
    for question in questions:
        read = linker.read(question)
        if as_json:
            sys.stdout.write(dump_line(read))
            continue
        click.echo(question.id)
        for found in read.links:
            click.echo(f"  {link_text(found)}")
        for fact in read.facts:
            click.echo(f"  {fact.where:<9} {fact.text!r} -> {fact.kind} {fact.value} {fact.unit}".rstrip())
        for mention in read.unlinked:
            click.echo(f"  {mention.where:<9} {mention.text!r} not linked")


@click.command()
@settings_options
@click.option("--question", "question_id", metavar="ID", help="The question whose paths are shown.")
@between_options
def paths(settings: tuple[str, ...], config_file: Path | None, question_id: str | None, **flags: Any) -> None:
    """Show the paths from a question's findings to each option, or all paths between two concepts.

    The paths to an option are the best ones, with their scores. Between two concepts they come by hops, then ids, and no rule of
    good argument holds. A hop of --metapath is -p->, <-p- or, either way, -p-; -- is what is walked anyhow, -*- any predicate, and
    the category * any concept.

    \b
    Examples:
      kgpaths paths --question kgq-f001
      kgpaths paths --from HP:0001250 --to HP:0002069 --max-hops 2
      kgpaths paths --from HP:0001250 --to HP:0002069 --metapath "* <-has_phenotype- Disease -has_phenotype-> *" --neo4j embedded
    """
    asked = {name: flags.pop(name) for name in OPTIONS}
    if (asked["source"] or asked["target"]) and not question_id:
        show_between(resolved(settings, config_file, **flags).config.graph, asked)
        return
    if not question_id or asked["source"] or asked["target"]:
        raise InputError("paths of what?", mend="give either --question, or --from and --to")
    from kgpaths.cli.text import question_text, support_lines
    from kgpaths.link.linker import Linker
    from kgpaths.model import Rejection
    from kgpaths.pipeline import open_graph, select
    from kgpaths.search.support import search

    config = resolved(settings, config_file, **flags).config
    question = next((q for q in select(config)[0] if q.id == question_id), None)
    if question is None:
        raise InputError(f"no question has id {question_id!r}", where=config.questions, mend="ids are those of the question file")
    graph = open_graph(config.graph)
    linked = Linker(graph, config.link).link(question)
    supports = linked if isinstance(linked, Rejection) else search(graph, linked, config.search)
    click.echo(question_text(question))
    if isinstance(supports, Rejection):
        raise click.ClickException(f"rejected at {supports.stage}: {supports.code}: {supports.detail}")

    def name(curie: str) -> str:
        return graph.concept_name(graph.index(curie))

    for support in supports:
        click.echo("\n" + "\n".join(support_lines(support, question, name)))


@click.command()
@click.argument("id")
@click.option("--run", "run_folder", default="outputs/quickstart", show_default=True, type=click.Path(path_type=Path), help="The run to look in.")
@click.option("--json", "as_json", is_flag=True, help="The row as it stands in the file.")
@click.option("--svg", metavar="FILE", type=click.Path(path_type=Path), help="Also draw the paths of an example into FILE.")
def inspect(id: str, run_folder: Path, as_json: bool, svg: Path | None) -> None:
    """Show one row of a run: an example or a rejection, by its id or its question's.

    What is shown: the question, the reasoning with what each step cites, the paths to every option with their scores, what the
    checks say, and a link that opens Neo4j Browser with the query of the question's picture in its editor, once the run is pushed.

    \b
    Examples:
      kgpaths inspect kgq-f001
      kgpaths inspect kgq-f001 --run outputs/my --json
      kgpaths inspect kgq-f024 --svg paths.svg
    """
    from kgpaths.cli.text import example_text, rejection_text
    from kgpaths.picture import draw
    from kgpaths.records import dump_line
    from kgpaths.runs import Run

    run = Run.open(run_folder)
    for example in run.examples:
        if id in (example.id, example.draft.question.id):
            if svg:
                svg.write_text(draw(example.draft) + "\n", encoding="utf-8")
            if as_json:
                click.echo(dump_line(example), nl=False)
            else:
                click.echo(f"{example_text(example, paths=True)}\n{browser_text(run_folder, run.id, example.draft.question.id)}")
            return
    for rejection in run.rejections:
        if id in (rejection.id, rejection.question_id):
            if as_json:
                click.echo(dump_line(rejection), nl=False)
            else:
                click.echo(f"{rejection_text(rejection)}\n{browser_text(run_folder, run.id, rejection.question_id)}")
            return
    raise RunError(f"no example, rejection or question has id {id!r}", where=str(run_folder), mend="kgpaths status RUN shows what the run holds")


def browser_text(folder: Path, run: str, question: str) -> str:
    """Return the link to a question's picture, and what puts the question there."""
    from kgpaths.neo4j.browser import picture_link
    from kgpaths.neo4j.texts import stored_id

    return f"\nin Neo4j Browser, once 'kgpaths neo4j push {folder}' has put it there:\n{picture_link(run, stored_id(question))}"


def differing(row: Example, found: Example) -> list[str]:
    """Return the names of a row's fields that an audit makes otherwise; where and with what it was run is the run's to say."""
    fields = [name for name in type(row).model_fields if name not in ("draft", "provenance") and getattr(row, name) != getattr(found, name)]
    return fields + (["step status"] if [step.status for step in row.draft.steps] != [step.status for step in found.draft.steps] else [])


@click.command()
@click.argument("dataset", type=click.Path(path_type=Path))
@click.option("--graph", default="embedded", show_default=True, metavar="DIR", help="The pinned graph.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Set a validate.* key, or a search.* key the run was made with.")
def audit(dataset: Path, graph: str, settings: tuple[str, ...]) -> None:
    """Check every row of an examples file again, from the file and the graph alone. Exit code 1 where a row fails.

    Each row is validated, and its options are searched again: paths and scores must be those the graph gives.

    DATASET is a run's folder, or an examples.jsonl or examples.parquet.

    \b
    Example:
      kgpaths audit outputs/quickstart
    """
    from kgpaths.cli.text import flaw_text
    from kgpaths.model import Example, LinkedQuestion
    from kgpaths.pipeline import open_graph
    from kgpaths.records import read_jsonl, read_parquet
    from kgpaths.search.support import search
    from kgpaths.stages import judged
    from kgpaths.validate import validate

    config = resolved(settings, None, graph=graph).config
    if dataset.is_dir() and not (dataset / "examples.jsonl").is_file():
        raise InputError("holds no examples.jsonl", where=str(dataset), mend="finish the run first: the same command resumes it")
    file = dataset / "examples.jsonl" if dataset.is_dir() else dataset
    rows = read_parquet(file, Example) if file.suffix == ".parquet" else read_jsonl(file, Example)
    opened = open_graph(config.graph)
    total = failed = citations = 0
    for example in rows:
        judgement = validate(example.draft, opened, config.validation)
        total += 1
        draft = example.draft
        found = search(opened, LinkedQuestion(question=draft.question, links=draft.links, facts=draft.facts), config.search)
        citations += sum(c.kind == "edge" for step in example.draft.steps for c in step.citations)
        if not judgement.accepted or example.provenance.graph_hash != opened.hash:
            failed += 1
            reasons = [flaw_text(f) for f in judgement.flaws if f.severity == "error"] or [f"made on graph {example.provenance.graph_hash[:12]}"]
            click.echo(f"{example.id}: " + "; ".join(reasons))
        elif found != draft.supports:
            failed += 1
            click.echo(f"{example.id}: the paths or scores of its options are not those the graph gives")
        elif altered := differing(example, judged(judgement, example.provenance)):
            failed += 1
            click.echo(f"{example.id}: {', '.join(altered)} not what the audit finds")
    if not total:
        raise InputError("holds no example", where=str(file), mend="kgpaths status RUN shows what the run holds")
    click.echo(f"{total} rows, {failed} failed; {citations} edges cited; graph {opened.name} {opened.hash[:12]}")
    if failed:
        sys.exit(1)
