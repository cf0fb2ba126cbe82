"""The switches: their data, the code that reads them and the pages that list them say the same."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from tests.behaviour_tables import PAGES, with_table
from tests.providers.behaviour_uses import Uses, UsesByName

from vidmock import resources, strict_json
from vidmock.schema.behaviours import Behaviour, known_behaviours
from vidmock.schema.catalog import providers

TESTS = Path(__file__).parents[1]
PACKAGES = Path(resources.__file__).parent / "providers"


def keys_of(module: str, table: str) -> Iterable[str]:
    """The keys of *table*, a name or an attribute, where *module* has it."""
    owner, _, name = table.rpartition(".")
    place = importlib.import_module(module)
    return set(getattr(getattr(place, owner) if owner else place, name))


def uses_in(provider: str) -> dict[str, Uses]:
    files = [file for file in (PACKAGES / provider).rglob("*.py") if file.stem not in ("behaviours", "__init__")]
    modules = {_module(file): file.read_text("utf-8") for file in files}
    return UsesByName(modules, keys_of).found


def _module(file: Path) -> str:
    return ".".join(("vidmock.providers", *file.relative_to(PACKAGES).with_suffix("").parts))


def constants(provider: str) -> dict[str, Behaviour]:
    module = importlib.import_module(f"vidmock.providers.{provider}.behaviours")
    return {name: value for name, value in vars(module).items() if isinstance(value, Behaviour)}


@pytest.mark.parametrize("provider", providers())
def test_every_switch_is_a_constant_of_its_own_name_and_no_other_is_there(provider: str) -> None:
    known = {behaviour.name.partition(".")[2].upper(): behaviour for behaviour in known_behaviours(provider)}
    lines = "\n".join(f'{name} = find_behaviour("{behaviour.name}")' for name, behaviour in known.items())
    expected = f"providers/{provider}/behaviours.py should have these lines, in this order:\n{lines}"
    assert [*constants(provider).items()] == [*known.items()], expected


@pytest.mark.parametrize("provider", providers())
def test_every_switch_is_read_by_its_provider(provider: str) -> None:
    unread = constants(provider).keys() - uses_in(provider).keys()
    assert not unread, f"read it where it matters, as world.choice(behaviours.{min(unread)})"


@pytest.mark.parametrize("provider", providers())
def test_code_names_only_values_that_a_switch_has_and_tells_them_all_apart(provider: str) -> None:
    wrong = [line for name, uses in uses_in(provider).items() for line in faults(constants(provider)[name], uses)]
    assert wrong == []


def faults(behaviour: Behaviour, uses: Uses) -> list[str]:
    """Where *uses* and the choices of *behaviour* do not fit, as lines."""
    choices = set(behaviour.choices)
    found = [f"{behaviour.name} has no {word!r}" for word in sorted(uses.words - choices)]
    found += [f"{behaviour.name}: a table has {sorted(table)}" for table in uses.tables if table != choices]
    # One value is what is left where the code names all others.
    if not uses.tables and not uses.elsewhere and len(unnamed := choices - uses.words) > 1:
        found.append(f"{behaviour.name}: no code tells {sorted(unnamed)} apart")
    return found


READS = {
    "comparison": """
def f(world):
    return world.choice(behaviours.X) == "b"
""",
    "name": """
def f(world):
    said = world.choice(behaviours.X)
    return 1 if said != "b" else 2
""",
    "pair of names": """
def f(world):
    now, said = 1, world.choice(behaviours.X)
    return said in ("b", "c")
""",
    "match": """
def f(world):
    match world.choice(behaviours.X):
        case "b" | "c":
            return 1
""",
    "table": """
def f(world):
    return {"a": 1, "b": 2}[world.choice(behaviours.X)]
""",
    "default of a table": """
PLAN = {"a": 1, "b": 2}[behaviours.X.default]
""",
    "some of a table": """
def f(world):
    return {"b": 1}.get(world.choice(behaviours.X), 2)
""",
    "call": """
def f(world):
    return g(1, world.choice(behaviours.X))
def g(first, second):
    return second == "b"
""",
    "keyword": """
def f(world):
    return g(second=world.choice(behaviours.X))
def g(first, second):
    return second == "b"
""",
    "method": """
def f(world):
    return Reply().body(world.choice(behaviours.X))
class Reply:
    def body(self, form):
        return form == "b"
""",
    "one of two": """
def f(world, choice):
    said = world.choice(behaviours.X) if world else choice(behaviours.X)
    return said == "b"
""",
}


@pytest.mark.parametrize("form", READS)
def test_every_form_of_reading_a_switch_is_followed(form: str) -> None:
    uses = UsesByName({"m": READS[form]}, keys_of).found["X"]
    assert "b" in set().union(uses.words, *uses.tables)
    assert not uses.elsewhere


def test_a_value_that_becomes_a_part_of_the_answer_need_not_be_named() -> None:
    assert UsesByName({"m": "def f(world):\n    return int(world.choice(behaviours.X))"}, keys_of).found["X"].elsewhere


def test_a_switch_may_be_read_in_no_other_way() -> None:
    with pytest.raises(AssertionError, match=r"read a switch as world.choice\(behaviours.X\)"):
        UsesByName({"m": "f(behaviours.X)"}, keys_of)


@pytest.mark.parametrize(
    ("uses", "fault"),
    [
        (Uses(words={"requsted", "removed"}), "fal.cancel has no 'requsted'"),
        (Uses(words={"removed"}), "fal.cancel: no code tells ['requested', 'success'] apart"),
        (Uses(tables=[{"removed"}]), "fal.cancel: a table has ['removed']"),
    ],
    ids=["a value that is none", "values that are treated alike", "a table without a value"],
)
def test_a_fault_is_noticed(uses: Uses, fault: str) -> None:
    assert fault in faults(constants("fal")["CANCEL"], uses)


@pytest.mark.parametrize("provider", providers())
def test_the_providers_page_lists_its_switches_as_they_are(provider: str) -> None:
    page = (PAGES / f"{provider}.md").read_text("utf-8")
    assert "<!-- begin: switches" in page
    assert with_table(provider, page) == page, "python -m tests.behaviour_tables writes it anew"
    listed = re.findall(rf"^\| `({provider}\.\w+)` \|", page, re.MULTILINE)
    assert listed == [behaviour.name for behaviour in known_behaviours(provider)]


@pytest.mark.parametrize("provider", providers())
def test_every_switch_is_named_by_a_golden_exchange_or_a_test(provider: str) -> None:
    files = [*(resources.folder("fixtures") / "wire" / provider).glob("*.json"), *TESTS.glob("*/test_*.py")]
    text = "".join(file.read_text("utf-8") for file in files)
    untried = [behaviour.name for behaviour in known_behaviours(provider) if f'"{behaviour.name}"' not in text]
    assert not untried, f'set it in a golden exchange, "behaviours": {{"{untried[0]}": …}}, or in a test'


@pytest.mark.parametrize("provider", providers())
def test_every_wire_fixture_uses_only_switches_that_exist(provider: str) -> None:
    known = {behaviour.name: behaviour.choices for behaviour in known_behaviours(provider)}
    for file in (resources.folder("fixtures") / "wire" / provider).glob("*.json"):
        for name, value in strict_json.loads(file.read_bytes()).get("behaviours", {}).items():
            assert value in known[name], file.name
