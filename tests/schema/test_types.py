"""Types that generators make of a bundle: they take what the model takes, and refuse what types can refuse."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from tests.schema.shapes import shaped_models
from tests.schema.test_portable import instances, model_name

from vidmock import resources, strict_json
from vidmock.schema.catalog import Model
from vidmock.schema.portable import members_only, portable_schema

MODELS = shaped_models()
TESTS = Path(__file__).parents[1]
GENERATOR = TESTS / ".venvs" / "datamodel-code-generator-0.89" / "bin"
NODE = TESTS / "node" / "node_modules" / ".bin"
OPTIONS = ("--input-file-type", "jsonschema", "--enum-field-as-literal", "all", "--formatters", "builtin")
JUDGE = """
import importlib.util, json, sys
from typing import NotRequired, get_origin, get_type_hints
from pydantic import TypeAdapter, ValidationError

def last_class(file):
    spec = importlib.util.spec_from_file_location("made", file)
    module = importlib.util.module_from_spec(spec)
    sys.modules["made"] = module
    spec.loader.exec_module(module)
    return [each for each in vars(module).values() if getattr(each, "__module__", "") == "made"][-1]

def takes(adapter, text):
    try:
        adapter.validate_json(text, strict=True)
    except ValidationError:
        return False
    return True

models, typed, texts = sys.argv[1], sys.argv[2], json.load(sys.stdin)
adapter, keys = TypeAdapter(last_class(models)), last_class(typed)
hints = get_type_hints(keys, include_extras=True)
needed = [name for name, hint in hints.items() if get_origin(hint) is not NotRequired]
print(json.dumps({"taken": [takes(adapter, text) for text in texts], "required": sorted(needed)}))
"""


def schema_of(model: Model) -> Mapping[str, Any]:
    return members_only(portable_schema(model.schema))


def without_not(node: Any) -> Any:
    """*node* without the one keyword of the bundles that no type of a generator expresses."""
    if isinstance(node, dict):
        return {key: without_not(value) for key, value in node.items() if key != "not"}
    return [without_not(each) for each in node] if isinstance(node, list) else node


def run(*words: str | Path, told: str = "") -> str:
    done = subprocess.run(
        [*map(str, words)],
        input=told,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={"PATH": os.environ["PATH"], "PYTHONWARNINGS": "ignore"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def has_null(value: Any) -> bool:
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return value is None or any(map(has_null, inside))


@pytest.mark.parametrize("model", MODELS, ids=model_name)
def test_pydantic_and_typed_dict_of_a_model(model: Model, tmp_path: Path) -> None:
    schema, bundle = schema_of(model), tmp_path / "bundle.json"
    bundle.write_text(json.dumps(schema))
    for kind, name in (("pydantic_v2.BaseModel", "models.py"), ("typing.TypedDict", "typed.py")):
        made = ("--input", bundle, "--output", tmp_path / name, "--output-model-type", kind)
        run(GENERATOR / "datamodel-codegen", *made, *OPTIONS)
    # For Pydantic, an optional member may be null; and $ of a pattern is before no line break.
    asked = [each for each in instances(model) if not has_null(each) and "\\n" not in json.dumps(each)]
    judged = run(
        GENERATOR / "python", "-c", JUDGE, tmp_path / "models.py", tmp_path / "typed.py",
        told=json.dumps([json.dumps(each) for each in asked]),
    )  # fmt: skip
    told = json.loads(judged)
    validator = Draft202012Validator(without_not(schema))
    assert told["required"] == sorted(schema["required"])
    expected = [validator.is_valid(each) for each in asked]
    wrong = [(each, good) for each, good, taken in zip(asked, expected, told["taken"], strict=True) if good != taken]
    assert wrong == []


def test_typescript_in_its_strict_mode(tmp_path: Path) -> None:
    lines, wrong = ["export {};"], 0
    for number, model in enumerate(MODELS):
        bundle = tmp_path / f"bundle{number}.json"
        bundle.write_text(json.dumps({**schema_of(model), "title": "Made"}))
        (tmp_path / f"made{number}.ts").write_text(run(NODE / "json2ts", "--maxItems=-1", bundle))
        lines.append(f'import type {{ Made as Made{number} }} from "./made{number}.js";')
        for each in good_examples(model):
            lines.append(f"export const _{len(lines)}: Made{number} = {json.dumps(each)};")
        for each in mistakes(model):
            lines += ["// @ts-expect-error", f"export const _{len(lines)}: Made{number} = {json.dumps(each)};"]
            wrong += 1
    (tmp_path / "use.ts").write_text("\n".join(lines))
    run(NODE / "tsc", "--strict", "--noEmit", "--module", "nodenext", tmp_path / "use.ts")
    assert wrong > len(MODELS)


def good_examples(model: Model) -> list[Any]:
    folder = resources.folder("fixtures") / model.provider / model.file.stem / "valid"
    return [strict_json.loads(file.read_bytes())["input"] for file in sorted(folder.glob("*.json"))]


def mistakes(model: Model) -> Iterator[Any]:
    """Examples with a required member left out, and with one of another type."""
    for each in good_examples(model)[:2]:
        for name in schema_of(model)["required"]:
            yield {key: value for key, value in each.items() if key != name}
            yield {**each, name: {"no": 1}}
