"""The command line: parse, call one function, print. Heavy imports wait inside the commands, so that help is quick."""

from __future__ import annotations

import os
import sys

import click

from kgpaths.cli.group import LazyGroup
from kgpaths.errors import KgpathsError

EXIT_INPUT, EXIT_INTERRUPTED = 2, 130


@click.group(
    cls=LazyGroup,
    commands_in={
        "quickstart": "kgpaths.cli.run:quickstart",
        "run": "kgpaths.cli.run:run_command",
        "status": "kgpaths.cli.run:status",
        "inspect": "kgpaths.cli.show:inspect",
        "link": "kgpaths.cli.show:link",
        "paths": "kgpaths.cli.show:paths",
        "audit": "kgpaths.cli.show:audit",
        "kg": "kgpaths.cli.kg:kg",
        "llm": "kgpaths.cli.llm:llm",
        "neo4j": "kgpaths.cli.neo4j:neo4j",
        "init": "kgpaths.cli.settings:init",
        "config": "kgpaths.cli.settings:config",
        "doctor": "kgpaths.cli.doctor:doctor",
    },
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.version_option(package_name="kgpaths")
def cli() -> None:
    """Turn a biomedical knowledge graph and medical questions into checked, step-by-step reasoning examples.

    \b
    Examples:
      kgpaths quickstart                                  the shipped questions on the embedded graph
      kgpaths run --questions my.jsonl --out outputs/my   your own questions
      kgpaths status outputs/my                           how far it is
      kgpaths inspect kgq-f001                            one question, word by word
      kgpaths doctor                                      what is installed and what is missing
    """


def main() -> None:
    """Run the command line; an error of ours is one line on stderr and exit code 2."""
    try:
        cli.main(standalone_mode=False)
    except click.exceptions.Abort:
        click.echo("interrupted; the same command resumes", err=True)
        sys.exit(EXIT_INTERRUPTED)
    except click.ClickException as error:
        error.show()
        sys.exit(EXIT_INPUT)
    except KgpathsError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(EXIT_INPUT)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        click.echo(f"error: {f'{error.filename}: ' if error.filename else ''}{error.strerror or error}", err=True)
        sys.exit(EXIT_INPUT)
