"""``python -m kgpaths`` is the command line."""

from kgpaths.cli import main

main()
