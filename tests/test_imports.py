"""Everything the package depends on can be imported together: pyarrow refuses some numpys without declaring it."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.util import find_spec

from packaging.requirements import Requirement

MODULES = {"pyyaml": "yaml", "simple-icd-10-cm": "simple_icd_10_cm"}  # distributions whose module has another name


def installed() -> list[str]:
    """Return the modules of the run-time dependencies that apply to this Python and are installed."""
    found = []
    for text in requires("kgpaths") or ():
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            try:
                version(requirement.name)
            except PackageNotFoundError:
                assert requirement.name == "scispacy", requirement.name  # the one that everything else works without
                continue
            found.append(MODULES.get(requirement.name.lower(), requirement.name))
    return found


def test_every_dependency_imports_in_one_process() -> None:
    modules = installed()
    assert {"polars", "pyarrow", "pydantic", "yaml", "numpy"} <= set(modules)
    code = f"import {', '.join(modules)}, kgpaths.pipeline; import pyarrow.parquet, polars; print('all')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "all", done.stderr


def test_what_is_not_needed_is_not_loaded() -> None:
    code = "import kgpaths.pipeline, sys; print([m for m in ('spacy', 'scispacy', 'torch', 'pandas', 'scipy', 'bioregistry') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_scispacy_is_where_python_can_have_it() -> None:
    wanted = next(Requirement(text) for text in requires("kgpaths") or () if text.startswith("scispacy"))
    assert wanted.marker is not None
    assert wanted.marker.evaluate({"python_version": "3.12"}) and not wanted.marker.evaluate({"python_version": "3.13"})
    if find_spec("scispacy"):
        assert version("numpy").startswith("1.")
