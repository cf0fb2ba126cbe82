"""fal's OpenAPI document of one endpoint."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from vidmock import strict_json
from vidmock.importer.openapi_schema import OpenApiSchemas
from vidmock.importer.page import Makes, ModelPage, PageExample, Parameter
from vidmock.importer.source import SourceText
from vidmock.problems import BadJSON, BadRequest

MOST_PAGE_VALUES: Final = 50_000
"""Values in the JSON of a document."""
_BY_CATEGORY: Final[Mapping[str, Makes]] = {"image": "image", "speech": "audio", "audio": "audio", "text": "text"}
_BY_MEMBER: Final[Mapping[str, Makes]] = {"video": "video", "audio": "audio", "image": "image"}


def is_fal_document(text: str) -> bool:
    return text.lstrip().startswith("{") and '"openapi"' in text and ("fal.run" in text or "x-fal-metadata" in text)


def read_fal_document(source: SourceText) -> ModelPage:
    """The endpoint of *source*.

    Raises:
        BadRequest: it is no JSON, describes no endpoint, or refers to what it does not have.
    """
    try:
        document = strict_json.loads(source.text, most=MOST_PAGE_VALUES)
    except BadJSON as problem:
        raise BadRequest(f"{source.name} is no JSON: {problem}") from problem
    schemas = OpenApiSchemas(document)
    endpoint, asked, answered = _endpoint(document, source.name)
    root = schemas.resolved(asked)
    about = _member(_member(document, "info"), "x-fal-metadata")
    parameters = schemas.members(root, "input schema")
    category = about.get("category")
    category = category if isinstance(category, str) else ""
    output = {name: _kind(schemas, node) for name, node in _member(schemas.resolved(answered), "properties").items()}
    docs = about.get("documentationUrl")
    return ModelPage(
        provider="fal",
        form="fal's OpenAPI document",
        id=endpoint,
        name=endpoint_name(endpoint),
        docs=docs if isinstance(docs, str) and docs.startswith("https://") else f"https://fal.ai/models/{endpoint}/api",
        makes=what_it_makes(category, output),
        parameters=parameters,
        examples=tuple(_examples(root, schemas, parameters)),
        notes=tuple(schemas.notes),
        category=category,
        output=output,
    )


def _endpoint(document: Any, name: str) -> tuple[str, Any, Any]:
    """The endpoint's id, the schema of its input and that of its answer."""
    paths = _member(document, "paths")
    for path, operations in paths.items():
        body = _json_schema(_member(_member(operations, "post"), "requestBody"))
        if body and path.startswith("/") and "{" not in path:
            answer = _member(_member(_member(paths, f"{path}/requests/{{request_id}}"), "get"), "responses")
            return path.strip("/"), body, _json_schema(_member(answer, "200"))
    raise BadRequest(f"{name} has no path with a POST whose body is JSON: is it the document of one endpoint?")


def _json_schema(holder: Any) -> Any:
    return _member(_member(_member(holder, "content"), "application/json"), "schema")


def _member(node: Any, name: str) -> dict[str, Any]:
    """The object that *node* has as *name*, or an empty one."""
    found = node.get(name) if isinstance(node, dict) else None
    return found if isinstance(found, dict) else {}


def endpoint_name(endpoint: str) -> str:
    """What people call the endpoint: the words of its id without the owner."""
    words = endpoint.partition("/")[2].replace("/", " ").replace("-", " ").split()
    return " ".join(word[:1].upper() + word[1:] for word in words) or endpoint


def what_it_makes(category: str, output: Mapping[str, str]) -> Makes:
    """What the endpoint makes, by the name of the answer's file, or else by its category; text if it has no file."""
    files = [name for name, kind in output.items() if kind]
    for word, made in _BY_MEMBER.items():
        if any(word in name for name in files):
            return made
    if output and not files:
        return "text"
    return _BY_CATEGORY.get(category.rpartition("-")[2], "video")


def _kind(schemas: OpenApiSchemas, node: Any) -> str:
    """``file`` where *node* is a file, ``files`` where it is a list of them, else empty."""
    whole = schemas.resolved(node)
    if whole.get("type") == "array":
        return "files" if _kind(schemas, whole.get("items")) == "file" else ""
    return "file" if _member(whole, "properties").keys() >= {"url"} else ""


def _examples(root: Any, schemas: OpenApiSchemas, parameters: tuple[Parameter, ...]) -> Iterator[PageExample]:
    """The first example of each parameter together, if those that are required have one."""
    given = {}
    for name, node in _member(root, "properties").items():
        listed = schemas.resolved(node).get("examples")
        if isinstance(listed, list) and listed and listed[0] is not None:
            given[name] = listed[0]
    if all(parameter.name in given for parameter in parameters if parameter.required):
        yield PageExample(given, "of the parameters")
