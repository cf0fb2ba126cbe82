"""Types that generators make of a bundle: they take what the model takes, and refuse what types can refuse."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from tests.schema.test_portable import MODELS, instances

from vidmock import resources, strict_json
from vidmock.schema.catalog import Model
from vidmock.schema.portable import members_only, portable_schema

TESTS = Path(__file__).parents[1]
GENERATOR = TESTS / ".venvs" / "datamodel-code-generator-0.89" / "bin"
NODE = TESTS / "node" / "node_modules" / ".bin"
OPTIONS = ("--input-file-type", "jsonschema", "--enum-field-as-literal", "all", "--formatters", "builtin")
GENERATE = """
import json, sys
from datamodel_code_generator.__main__ import main

sys.exit(next((code for words in json.load(sys.stdin) if (code := main(words))), 0))
"""
"""Many calls of the command in one process: its start costs more than what it does."""
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

def judged(models, typed, texts):
    adapter, keys = TypeAdapter(last_class(models)), last_class(typed)
    hints = get_type_hints(keys, include_extras=True)
    needed = [name for name, hint in hints.items() if get_origin(hint) is not NotRequired]
    return {"taken": [takes(adapter, text) for text in texts], "required": sorted(needed)}

print(json.dumps([judged(*asked) for asked in json.load(sys.stdin)]))
"""


def schema_of(model: Model) -> Mapping[str, Any]:
    return members_only(portable_schema(model.schema))


UNTYPED = ("not", "minProperties")


def as_types_have_it(node: Any) -> Any:
    """*node* without the keywords of the bundles that no type of a generator expresses."""
    if isinstance(node, dict):
        return {key: as_types_have_it(value) for key, value in node.items() if key not in UNTYPED}
    return [as_types_have_it(each) for each in node] if isinstance(node, list) else node


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


def test_pydantic_and_typed_dict_of_each_model(tmp_path: Path) -> None:
    calls: list[list[str]] = []
    asked: list[list[Any]] = []
    questions: list[tuple[str, str, list[str]]] = []
    for number, model in enumerate(MODELS):
        bundle = tmp_path / f"bundle{number}.json"
        bundle.write_text(json.dumps(schema_of(model)))
        models, typed = (str(tmp_path / f"{name}{number}.py") for name in ("models", "typed"))
        for kind, made in (("pydantic_v2.BaseModel", models), ("typing.TypedDict", typed)):
            calls.append(["--input", str(bundle), "--output", made, "--output-model-type", kind, *OPTIONS])
        # For Pydantic, an optional member may be null; and $ of a pattern is before no line break.
        asked.append([each for each in instances(model) if not has_null(each) and "\\n" not in json.dumps(each)])
        questions.append((models, typed, [json.dumps(each) for each in asked[-1]]))
    run(GENERATOR / "python", "-c", GENERATE, told=json.dumps(calls))
    told = json.loads(run(GENERATOR / "python", "-c", JUDGE, told=json.dumps(questions)))
    for model, sent, said in zip(MODELS, asked, told, strict=True):
        schema = schema_of(model)
        validator = Draft202012Validator(as_types_have_it(schema))
        assert said["required"] == sorted(schema["required"]), model.id
        expected = [validator.is_valid(each) for each in sent]
        wrong = [(each, good) for each, good, taken in zip(sent, expected, said["taken"], strict=True) if good != taken]
        assert wrong == [], model.id


def test_typescript_in_its_strict_mode(tmp_path: Path) -> None:
    lines, wrong = ["export {};"], 0
    bundles = tmp_path / "bundles"
    bundles.mkdir()
    for number, model in enumerate(MODELS):
        (bundles / f"made{number}.json").write_text(json.dumps({**schema_of(model), "title": "Made"}))
        lines.append(f'import type {{ Made as Made{number} }} from "./types/made{number}.js";')
        for each in good_examples(model):
            lines.append(f"export const _{len(lines)}: Made{number} = {json.dumps(each)};")
        for each in mistakes(model):
            lines += ["// @ts-expect-error", f"export const _{len(lines)}: Made{number} = {json.dumps(each)};"]
            wrong += 1
    run(NODE / "json2ts", "--maxItems=-1", "--input", bundles, "--output", tmp_path / "types")
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
