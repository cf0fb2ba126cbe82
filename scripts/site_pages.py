"""Write what the site is built of: the pages at their places, what they link to, and a reference of the code.

A generator reads one folder, and pages link out of theirs, to schemas, contracts and examples. So they are copied as
the repository has them, and every link leads to what it names.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

TOP = Path(__file__).resolve().parents[1]
PAGES = ("*.md", "docs/**/*.md", "contracts/*.md", "clients/**/*.md", "fixtures/*.md", "benchmarks/*.md")
LINK = re.compile(r"(!?\[[^\]]*\]\()((?!https?:|mailto:)[^)#\s]+)")
STARTS_A_BLOCK = re.compile(r"(?:[-*]|\d+\.) |\|")
INDENT = re.compile(r"^ {2,3}(?=\S)", re.MULTILINE)
INDENTED_FENCE = re.compile(r"^ {2,3}```.*?^ {2,3}```$", re.DOTALL | re.MULTILINE)
GROUPS = {
    "testing": "Servers and handles for tests",
    "schema": "Requests: judging, pricing, suggesting",
    "server": "Answers, ports and folders",
    "engine": "What jobs, faults and money are",
    "media": "Files",
    "problems": "What is raised",
}


def stage(place: Path) -> Path:
    """Write all pages and what they link to into *place*, as the repository has them."""
    shutil.rmtree(place, ignore_errors=True)
    pages = {page: page.read_text("utf-8") for pattern in PAGES for page in TOP.glob(pattern)}
    pages = {page: text for page, text in pages.items() if "node_modules" not in page.parts}
    for page, text in pages.items():
        write(place / page.relative_to(TOP), with_known_links(spaced(text), page, place))
    copy(TOP / "schemas" / "control.openapi.json", place)
    write(place / "reference" / "python.md", python_reference())
    write(place / "reference" / "commands.md", command_reference())
    write(place / "reference" / "control-api.md", control_reference())
    return place


def with_known_links(text: str, page: Path, place: Path) -> str:
    """*text*, for whose links the files are copied; a folder gets a page that lists its files."""

    def copied(match: re.Match[str]) -> str:
        target = (page.parent / match[2]).resolve()
        if target.is_dir():
            copy_folder(target, place)
            return f"{match[1]}{match[2].rstrip('/')}/index.md"
        if target.is_file() and target.with_suffix(".md").exists() and target.suffix == ".html":
            # The page of that name becomes this file's.
            copy(target, place, f"{target.stem}.file.html")
            return f"{match[1]}{match[2].removesuffix('.html')}.file.html"
        if target.is_file() and target.suffix != ".md":
            copy(target, place)
        return match[0]

    return outside_of_fences(text, lambda part: LINK.sub(copied, part))


def copy(file: Path, place: Path, name: str | None = None) -> None:
    target = place / file.relative_to(TOP).with_name(name or file.name)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, target)


def copy_folder(folder: Path, place: Path) -> None:
    name = folder.relative_to(TOP)
    listed = subprocess.run(["git", "ls-files", "-z", str(name)], cwd=TOP, capture_output=True, text=True, check=True)  # noqa: S607 - git of the path
    files = [TOP / file for file in listed.stdout.split("\0") if file]
    lines = []
    for file in files:
        copy(file, place)
        lines.append(f"- [{file.relative_to(folder)}]({file.relative_to(folder).as_posix()})")
    write(place / name / "index.md", f"# {name}\n\n" + "\n".join(lines) + "\n")


def outside_of_fences(text: str, change: Callable[[str], str]) -> str:
    """*text*, of which *change* makes another wherever it is no program."""
    parts = re.split(r"(^ *```.*?^ *```$)", text, flags=re.DOTALL | re.MULTILINE)
    return "".join(part if number % 2 else change(part) for number, part in enumerate(parts))


def spaced(text: str) -> str:
    """*text* for Python-Markdown: a blank line before a list or table, and four columns for what is in an item."""

    def lines(part: str) -> Iterator[str]:
        before = first = ""
        for line in part.splitlines(keepends=True):
            first = first if before.strip() else line
            # A list goes on after its item's line, but not after a further paragraph of an item.
            in_list = STARTS_A_BLOCK.match(before) or (before.startswith(" ") and not first.startswith(" "))
            if STARTS_A_BLOCK.match(line) and before.strip() and not in_list:
                yield "\n"
                first = line
            yield INDENT.sub("    ", line)
            before = line

    spaced_text = outside_of_fences(text, lambda part: "".join(lines(part)))
    return INDENTED_FENCE.sub(lambda fence: INDENT.sub("    ", fence[0]), spaced_text)


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")


def python_reference() -> str:
    """A page of all public names, by what they are for, for mkdocstrings to fill."""
    sys.path.insert(0, str(TOP / "mockserver"))
    import vidmock

    by_module = vidmock._NAMES_BY_MODULE  # noqa: SLF001 - the same table that imports them
    modules = {name: module for module, names in by_module.items() for name in names}
    lines = [
        "# Python",
        "",
        "All public names; [Tests in Python](../docs/python.md) shows their use.",
        "",
    ]
    groups: dict[str, list[str]] = {title: [] for title in GROUPS.values()}
    for name in vidmock.__all__:
        groups[GROUPS[modules[name].split(".")[1]]].append(f"{modules[name]}.{name}")
    groups["The pytest plugin's fixtures"] = [f"vidmock.pytest_worlds.{name}" for name in fixtures()]
    groups["vidmock.strategies"] = [f"vidmock.strategies.{name}" for name in ("valid_requests", "invalid_requests")]
    for title, members in groups.items():
        lines += [f"## {title}", "", *(f"::: {member}\n" for member in members)]
    return "\n".join(lines)


def fixtures() -> list[str]:
    text = (TOP / "mockserver" / "vidmock" / "pytest_worlds.py").read_text("utf-8")
    return re.findall(r"^@pytest\.fixture.*\ndef (vidmock\w*)", text, re.MULTILINE)


HELP = """
import contextlib, io, json, sys
from vidmock import cli
pages = {}
for words in [[], *([name] for name in cli.COMMANDS)]:
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.suppress(SystemExit):
        cli.main([*words, "--help"])
    pages[" ".join(["vidmock", *words])] = out.getvalue()
json.dump(pages, sys.stdout)
"""


def command_reference() -> str:
    """A page of every command's help, as it prints it."""
    environ = {**os.environ, "PYTHONPATH": str(TOP / "mockserver"), "COLUMNS": "100", "NO_COLOR": "1"}
    done = subprocess.run([sys.executable, "-c", HELP], env=environ, capture_output=True, text=True, check=True)
    parts = [f"## {command}\n\n```text\n{text.rstrip()}\n```\n" for command, text in json.loads(done.stdout).items()]
    return "# Commands\n\nWhat `vidmock COMMAND --help` prints.\n\n" + "\n".join(parts)


def control_reference() -> str:
    """A page of the control API's routes, of its OpenAPI document."""
    document = json.loads((TOP / "schemas" / "control.openapi.json").read_text("utf-8"))
    copied = "../schemas/control.openapi.json"
    lines = [
        "# Control API, route by route",
        "",
        f"Below `/_vidmock`, from [its OpenAPI document]({copied}). [What it is for](../docs/control.md) has examples.",
        "",
    ]
    for path, item in document["paths"].items():
        for method in ("get", "put", "post", "patch", "delete"):
            if method in item:
                lines += route(f"{method.upper()} {path}", {"parameters": [], **item[method]}, document)
    lines += ["## Schemas", ""]
    for name, schema in document["components"]["schemas"].items():
        lines += [f"### {name}", "", *block(schema)]
    return "\n".join(lines)


def route(title: str, operation: dict[str, Any], document: dict[str, Any]) -> Iterator[str]:
    yield from (f"## `{title}`", "", f"{operation['summary']}.", "")
    for found in operation["parameters"]:
        parameter = named(found, document)
        what = parameter.get("description", "")
        yield f"- `{parameter['name']}` ({parameter['in']}{', required' if parameter.get('required') else ''}): {what}"
    yield ""
    bodies = [("Request", operation.get("requestBody", {}))]
    bodies += [
        (f"{code}: {named(answer, document)['description']}", named(answer, document))
        for code, answer in operation["responses"].items()
    ]
    for title_of_body, body in bodies:
        for kind, content in body.get("content", {}).items():
            yield from (f"{title_of_body} (`{kind}`)", "", *block(content.get("schema", {})))


def named(item: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    """*item*, or what it refers to."""
    for part in item.get("$ref", "").removeprefix("#/").split("/"):
        document = document.get(part, {})
    return document if "$ref" in item else item


def block(schema: Any) -> list[str]:
    """*schema* as JSON; what is only a reference is a link to it."""
    if list(schema) == ["$ref"]:
        name = schema["$ref"].rpartition("/")[2]
        return [f"[{name}](#{name.lower()})", ""]
    return ["```json", json.dumps(schema, indent=2, ensure_ascii=False), "```", ""]


if __name__ == "__main__":
    stage(Path(sys.argv[1]))
