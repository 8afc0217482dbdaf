"""How functions of several weights at once are asked: the weights are taken apart, and put together again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from adapters.user.use import Use

DICT, LIST, TREE = "dict", "list", "tree"


def trees(join: str) -> Mapping[str, Mapping[str, Use]]:
    """The functions of several weights at once, where `join` puts two arrays together."""
    parts = (
        "def parts(w):",
        "    half = len(w) // 2",
        "    return [w[:half], w[half:]] if half else [w]",
        "def joined(parts):",
        f"    return {join} if len(parts) > 1 else parts[0]",
    )
    as_dict = (
        *parts,
        "def in_dict(f, w):",
        "    given = dict(zip('ab', parts(w)))",
        "    y = f(given)",
        "    return joined([y[name] for name in given])",
    )
    as_list = (*parts, "def in_list(f, w):", "    return joined(list(f(parts(w))))")
    nested = (
        *parts,
        "def in_tree(f, w):",
        "    first, *second = parts(w)",
        "    y = f({'a': [first], 'b': {'c': second[0]}} if second else {'a': [first]})",
        "    return joined([y['a'][0], *([y['b']['c']] if second else [])])",
    )
    dicts = {"dict": Use("the weights of a dict, together", "(lambda w: in_dict({f}, w))", definitions=as_dict)}
    lists = {"list": Use("the weights of a list, together", "(lambda w: in_list({f}, w))", definitions=as_list)}
    both = {"tree": Use("those of a dict of lists and dicts", "(lambda w: in_tree({f}, w))", definitions=nested)}
    return {DICT: dicts, LIST: lists, TREE: {**dicts, **lists, **both}}


def jitted(uses: Mapping[str, Use]) -> Mapping[str, Use]:
    """The same, each operation of which XLA compiles for each shape, and the most nested of them under jax.jit."""
    *_, most = uses.values()
    around = most.around.replace("{f}", "jax.jit({f})")
    return {
        **{name: replace(use, compiles=True) for name, use in uses.items()},
        "jit": Use(f"{most.sentence}, under jax.jit", around, definitions=most.definitions, compiles=True),
    }
