"""The text of the adapters: they stand alone, and an interpreter as old as Python 3.9 can run them."""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.core.stack import discover
from conformance.stacks.workers import ROOT

MODULES = sorted((ROOT / "adapters").glob("*.py"))
OURS = {path.parent.name for path in ROOT.glob("*/__init__.py")} | {"tests"}
FRAMEWORKS = {name for stack in discover().values() for name in stack.requires} - {"numpy"}
LATER = {"slots", "kw_only", "strict"}  # arguments of dataclass and zip that came with Python 3.10

each_module = pytest.mark.parametrize("path", MODULES, ids=[path.name for path in MODULES])


def imports(nodes: Iterator[ast.AST]) -> set[str]:
    """The top-level names that these nodes import, by statement or by importlib."""
    found = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add("." * node.level + (node.module or ""))
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            found |= {arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)}
    return {name.partition(".")[0] for name in found}


def outside_functions(tree: ast.AST) -> Iterator[ast.AST]:
    """The nodes that run when the module is imported."""
    for node in ast.iter_child_nodes(tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield node
            yield from outside_functions(node)


def outside_annotations(tree: ast.AST) -> Iterator[ast.AST]:
    """The nodes that are evaluated, given that annotations are not."""
    for name, value in ast.iter_fields(tree):
        children = value if isinstance(value, list) else [value]
        for child in children:
            if isinstance(child, ast.AST) and name not in ("annotation", "returns"):
                yield child
                yield from outside_annotations(child)


def annotated(tree: ast.AST) -> bool:
    """Whether anything in the module has an annotation."""
    return any(getattr(node, "annotation", None) or getattr(node, "returns", None) for node in ast.walk(tree))


@each_module
def test_an_adapter_imports_no_other_folder_of_the_project(path: Path) -> None:
    """A worker's interpreter need not be able to run the suite."""
    assert not imports(ast.walk(ast.parse(path.read_text("utf-8")))) & (OURS - {"adapters"})


@each_module
def test_an_adapter_imports_numpy_and_frameworks_only(path: Path) -> None:
    """Nothing else has to be installed beside a framework; ml_dtypes comes with those that need it."""
    names = imports(ast.walk(ast.parse(path.read_text("utf-8"))))
    assert names <= {"adapters", "numpy", "ml_dtypes", *FRAMEWORKS, *sys.stdlib_module_names}


@each_module
def test_frameworks_are_imported_inside_functions(path: Path) -> None:
    """At module level an adapter imports the standard library, NumPy and its neighbours."""
    assert not imports(outside_functions(ast.parse(path.read_text("utf-8")))) & {"ml_dtypes", *FRAMEWORKS}


@each_module
def test_an_adapter_parses_as_python_3_9(path: Path) -> None:
    """There is no syntax of a later version."""
    ast.parse(path.read_text("utf-8"), feature_version=(3, 9))


@each_module
def test_annotations_are_not_evaluated(path: Path) -> None:
    """A module with annotations defers them, because `X | Y` fails before Python 3.10."""
    tree = ast.parse(path.read_text("utf-8"))
    lazy = any(isinstance(node, ast.ImportFrom) and node.module == "__future__" for node in tree.body)
    assert lazy or not annotated(tree)


@each_module
def test_no_union_of_types_is_evaluated(path: Path) -> None:
    """Outside annotations there is no `X | Y` of types or None; constants are numbers."""
    unions = [
        node
        for node in outside_annotations(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr)
    ]
    sides = [side for node in unions for side in (node.left, node.right)]
    assert not [ast.unparse(side) for side in sides if is_type(side)]


def is_type(node: ast.AST) -> bool:
    """Whether an expression reads as a type: None, a builtin one, a name in CamelCase, or a subscript of one."""
    if isinstance(node, ast.Constant):
        return node.value is None
    if isinstance(node, ast.Subscript):
        return is_type(node.value)
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    builtin = isinstance(getattr(builtins, name, None), type)
    return builtin or (name[:1].isupper() and not name.isupper())


@each_module
def test_no_later_argument_is_passed(path: Path) -> None:
    """dataclass and zip get no argument that Python 3.9 does not know."""
    calls = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]
    named = {
        keyword.arg
        for call in calls
        if ast.unparse(call.func).rpartition(".")[2] in ("dataclass", "zip")
        for keyword in call.keywords
    }
    assert not named & LATER
