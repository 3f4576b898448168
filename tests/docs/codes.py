"""Read from the sources, without running them, every code that a rejection can carry."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from kgpaths.llm.request import Reply

PACKAGE = Path(__file__).parents[2] / "kgpaths"
REPLY = "reply.fault or 'unreadable'"
PASSED_ON = {"row.code", "f'{first.check}.{first.code}'", "code", REPLY}
"""What a ``Rejection`` is given where its code was made elsewhere: at a bad row, by a flaw, by the caller of a helper."""


def rejection_codes() -> set[str]:
    """Return every ``stage.code``, ``validate.check.code`` included. Raises AssertionError where one cannot be read off."""
    found: set[str] = set()
    for path in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        constants = module_constants(tree)
        for call, loops in calls(tree, ()):
            name = call.func.id if isinstance(call.func, ast.Name) else ""
            if name == "flaw" and path.parent.name == "validate":
                check = value(call.args[0], constants, ())
                found |= {f"validate.{c}.{code}" for c in check for code in value(call.args[1], constants, loops)}
            elif name == "Bad":
                found |= {f"read.{code}" for code in value(call.args[0], constants, loops)}
            elif name == "_rejection":
                found |= {f"{path.parent.name}.{code}" for code in value(call.args[1], constants, loops)}
            elif name == "Rejection":
                given = {k.arg: k.value for k in call.keywords if k.arg}
                if ast.unparse(given["code"]) == REPLY:
                    found |= {f"verbalize.{code or 'unreadable'}" for code in get_args(Reply.model_fields["fault"].annotation)}
                elif ast.unparse(given["code"]) not in PASSED_ON:
                    found |= {f"{s}.{c}" for s in value(given["stage"], constants, ()) for c in value(given["code"], constants, loops)}
    return found


def module_constants(tree: ast.Module) -> dict[str, str]:
    """Return the module's names for texts: ``NAME = "citation"``."""
    return {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def calls(node: ast.AST, loops: tuple[ast.For, ...]) -> Iterator[tuple[ast.Call, tuple[ast.For, ...]]]:
    """Yield every call below ``node`` with the for-loops around it."""
    if isinstance(node, ast.Call):
        yield node, loops
    if isinstance(node, ast.For):
        loops = (*loops, node)
    for child in ast.iter_child_nodes(node):
        yield from calls(child, loops)


def value(node: ast.expr, constants: dict[str, str], loops: tuple[ast.For, ...]) -> set[str]:
    """Return the texts an expression can be: a literal, either branch of a choice, a module constant, a loop's literals."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return {node.value}
    if isinstance(node, ast.IfExp):
        return value(node.body, constants, loops) | value(node.orelse, constants, loops)
    if isinstance(node, ast.Name) and node.id in constants:
        return {constants[node.id]}
    if isinstance(node, ast.Name):
        for loop in reversed(loops):
            if isinstance(loop.target, ast.Tuple) and isinstance(loop.iter, ast.Tuple):
                names = [name.id for name in loop.target.elts if isinstance(name, ast.Name)]
                if node.id in names:
                    rows = [row.elts[names.index(node.id)] for row in loop.iter.elts if isinstance(row, ast.Tuple)]
                    return {text for row in rows for text in value(row, constants, ())}
    raise AssertionError(f"cannot tell what {ast.unparse(node)} is; teach tests/docs/codes.py to read it")
