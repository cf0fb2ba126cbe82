"""How code reads the switches of its provider: which values it names, found in the syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass
class Uses:
    """Of one switch: how often it is read, the values that are told apart by name, and the keys of each whole table.

    *elsewhere* says that a value goes where it is not followed, as into the answer: then it need not be named.
    """

    reads: int = 0
    words: set[str] = field(default_factory=set)
    tables: list[set[str]] = field(default_factory=list)
    elsewhere: bool = False


class UsesByName:
    """The uses of every switch in some modules: by the name of its constant, which is reached as ``behaviours.NAME``.

    A value is followed through names, into the modules' own functions and methods, and to where it is compared,
    matched or looked up. *resolve* gives the keys of a table by its module and its source, such as ``webhooks.PLANS``.
    """

    def __init__(self, modules: Mapping[str, str], resolve: Callable[[str, str], Iterable[str]]) -> None:
        self.found: dict[str, Uses] = {}
        self._resolve = resolve
        self._trees = {name: ast.parse(text) for name, text in modules.items()}
        self._parents: dict[ast.AST, ast.AST] = {}
        self._module: dict[ast.AST, str] = {}
        for name, tree in self._trees.items():
            for node in ast.walk(tree):
                self._module[node] = name
                self._parents.update(dict.fromkeys(ast.iter_child_nodes(node), node))
        for tree in self._trees.values():
            for node in ast.walk(tree):
                if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "behaviours":
                    uses = self.found.setdefault(node.attr, Uses())
                    uses.reads += 1
                    self._follow(self._value_of(node), uses, set())

    def _value_of(self, switch: ast.Attribute) -> ast.AST:
        """The expression that is the value of *switch*, in one of the two forms that there are."""
        above = self._parents[switch]
        is_read = isinstance(above, ast.Call) and ast.unparse(above.func).rpartition(".")[2] == "choice"
        is_default = isinstance(above, ast.Attribute) and above.attr == "default"
        assert is_read or is_default, f"{ast.unparse(above)}: read a switch as world.choice({ast.unparse(switch)})"
        return above

    def _follow(self, value: ast.AST, uses: Uses, seen: set[ast.AST]) -> None:
        if value in seen:
            return
        seen.add(value)
        match above := self._parents[value]:
            case ast.Compare():
                for side in (above.left, *above.comparators):
                    if side is not value:
                        self._compared(side, uses)
            case ast.Match():
                patterns = [node for case in above.cases for node in ast.walk(case.pattern)]
                uses.words.update(_texts(node.value for node in patterns if isinstance(node, ast.MatchValue)))
            case ast.Subscript(slice=index) if index is value:
                uses.tables.append(set(self._keys(above.value)))
            case ast.Call(func=ast.Attribute(attr="get", value=ast.Dict() as table)) if above.args[0] is value:
                uses.words.update(self._keys(table))
            case ast.IfExp(test=test) if test is not value:
                self._follow(above, uses, seen)
            case ast.Call() | ast.keyword():
                self._passed(value, uses, seen)
            case ast.Assign() | ast.NamedExpr() | ast.Tuple():
                self._named(value, above, uses, seen)
            case _:
                uses.elsewhere = True

    def _compared(self, other: ast.AST, uses: Uses) -> None:
        listed = other.elts if isinstance(other, ast.Tuple | ast.List | ast.Set) else [other]
        texts = _texts(listed)
        uses.words.update(texts)
        uses.elsewhere |= len(texts) < len(listed)

    def _passed(self, value: ast.AST, uses: Uses, seen: set[ast.AST]) -> None:
        """Go on in every function of the modules that is called by that name; there is none for ``int``."""
        above = self._parents[value]
        call = self._parents[above] if isinstance(above, ast.keyword) else above
        callees = [*self._functions(call.func)] if isinstance(call, ast.Call) else []
        uses.elsewhere |= not callees
        for function in callees:
            parameters = [one.arg for one in function.args.posonlyargs + function.args.args]
            if isinstance(above, ast.keyword):
                name = above.arg
            else:
                assert isinstance(call, ast.Call)
                name = parameters[[id(one) for one in call.args].index(id(value)) + (parameters[0] == "self")]
            self._read(str(name), function, uses, seen)

    def _functions(self, called: ast.AST) -> Iterator[Function]:
        """Those that *called* may be: ``f``, a module's ``requests.f``, or a method of that name."""
        name, owner = "", ""
        if isinstance(called, ast.Attribute):
            name, owner = called.attr, ast.unparse(called.value)
        elif isinstance(called, ast.Name):
            name = called.id
        of_module = not owner or any(module.endswith(f".{owner}") for module in self._trees)
        for module, tree in self._trees.items():
            for node in ast.walk(tree):
                if isinstance(node, Function) and node.name == name:
                    is_method = isinstance(self._parents[node], ast.ClassDef)
                    if is_method != of_module and (is_method or not owner or module.endswith(f".{owner}")):
                        yield node

    def _named(self, value: ast.AST, above: ast.AST, uses: Uses, seen: set[ast.AST]) -> None:
        statement = self._parents[above] if isinstance(above, ast.Tuple) else above
        targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
        for target in targets:
            place = target
            if isinstance(above, ast.Tuple) and isinstance(target, ast.Tuple):
                place = target.elts[[id(one) for one in above.elts].index(id(value))]
            if isinstance(place, ast.Name):
                self._read(place.id, self._function(value), uses, seen)
            else:
                uses.elsewhere = True

    def _read(self, name: str, function: ast.AST, uses: Uses, seen: set[ast.AST]) -> None:
        for node in ast.walk(function):
            if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
                self._follow(node, uses, seen)

    def _function(self, node: ast.AST) -> ast.AST:
        while not isinstance(node, Function | ast.Module):
            node = self._parents[node]
        return node

    def _keys(self, table: ast.AST) -> Iterable[str]:
        if isinstance(table, ast.Dict):
            return _texts(key for key in table.keys if key)
        return self._resolve(self._module[table], ast.unparse(table))


def _texts(nodes: Iterable[ast.AST]) -> list[str]:
    return [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
