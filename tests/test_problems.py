from __future__ import annotations

import re
from collections.abc import Iterator

from vidmock import problems
from vidmock.problems import Problem


def test_the_tree_in_the_docstring_is_the_tree_of_the_classes() -> None:
    assert list(drawn()) == list(classes(Problem))


def drawn() -> Iterator[tuple[int, str]]:
    """Depth and name of each line of the tree."""
    for branch, name in re.findall(r"^([│├└─ ]*)([A-Z]\w+)(?: {2,}|$)", problems.__doc__ or "", re.MULTILINE):
        yield len(branch) // 4, name


def classes(problem: type[Problem], depth: int = 0) -> Iterator[tuple[int, str]]:
    """Depth and name of *problem* and of its subclasses in the module, in the order in which they are defined."""
    yield depth, problem.__name__
    for kind in problem.__subclasses__():
        if getattr(problems, kind.__name__, None) is kind:
            yield from classes(kind, depth + 1)
