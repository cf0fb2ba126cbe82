"""The schema of one parameter: what its page states, its prose where that is certain, and its evidence."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from vidmock.importer.addresses import address_schema, is_address
from vidmock.importer.page import NOTHING, Contradiction, ModelPage, Parameter, Unsure, all_parameters
from vidmock.importer.prose import read_prose, sentences
from vidmock.importer.shared_media import media_definitions
from vidmock.schema import compiled

LONGEST_DESCRIPTION: Final = 300
"""Characters of a parameter's description."""
PROSE_IS_SCHEMA: Final = frozenset({"runpod"})
"""Providers whose pages state limits in prose alone; of all others, prose becomes notes."""


class ParameterSchemas:
    """Makes the schemas of a page's parameters, and collects what they leave open."""

    def __init__(self, page: ModelPage) -> None:
        self.provider = page.provider
        self.names: Collection[str] = {parameter.name for parameter in all_parameters(page.parameters)}
        self.notes = list[Unsure]()
        self.contradictions = list[Contradiction]()

    def object(self, parameters: tuple[Parameter, ...], at: str = "", *, closed: bool = False) -> dict[str, Any]:
        """The schema of an object with *parameters* that stands at the pointer *at*."""
        properties = {parameter.name: self.schema(parameter, at) for parameter in parameters}
        required = [parameter.name for parameter in parameters if parameter.required]
        return {
            "type": "object",
            **({"required": required} if required else {}),
            "properties": properties,
            **({"additionalProperties": False} if closed else {}),
        }

    def schema(self, parameter: Parameter, within: str = "") -> dict[str, Any]:
        at = f"{within}/{parameter.name}"
        stated, notes = read_prose(parameter, at, self.names)
        if self.provider not in PROSE_IS_SCHEMA:
            notes = [*(Unsure(at, said, "a limit in prose alone") for said in _limits(parameter, stated)), *notes]
            stated = {}
        self.notes += notes
        keywords = {**stated, **parameter.keywords}
        node = {"description": _description(parameter), **self._form(parameter, at, keywords)}
        self._default(parameter, at, node)
        node["x-evidence"] = f"documented: {parameter.source}"
        return node

    def _form(self, parameter: Parameter, at: str, keywords: Mapping[str, Any]) -> dict[str, Any]:
        if parameter.type == "array" and (parameter.members or parameter.items):
            form: dict[str, Any] = {"type": "array", "items": self._items(parameter, at)}
        elif parameter.members:
            form = self.object(parameter.members, at, closed=parameter.closed)
        elif "enum" not in keywords and not _has_form(keywords) and is_address(parameter):
            form = address_schema(parameter, self.provider)
        else:
            form = {} if "enum" in keywords or "const" in keywords or not parameter.type else {"type": parameter.type}
            if _MORE_KINDS.intersection(sentences_words(parameter)) and parameter.type in ("string", "array"):
                self.notes.append(Unsure(at, parameter.about, "which spellings of a file are taken is not plain"))
        if parameter.nullable:
            form = _or_null(form)
            if "enum" in keywords:
                keywords = {**keywords, "enum": [*keywords["enum"], None]}
        return {**form, **keywords}

    def _items(self, parameter: Parameter, at: str) -> dict[str, Any]:
        members = parameter.members
        whole = self.object(members, f"{at}/*", closed=parameter.closed) if members else {"type": "object"}
        text = dict(parameter.text_items) or {"type": "string"}
        known = {"object": whole, "string": text}
        forms = [known.get(kind, {"type": kind}) for kind in parameter.items or ("object",)]
        return forms[0] if len(forms) == 1 else {"anyOf": forms}

    def _default(self, parameter: Parameter, at: str, node: dict[str, Any]) -> None:
        if parameter.default is NOTHING or parameter.default is None:
            return
        if compiled.compile_verdict(node, {"$defs": media_definitions()})(parameter.default):
            node["default"] = parameter.default
            return
        self.contradictions.append(
            Contradiction(
                f"{at[1:]} is {parameter.default!r} by default",
                "that is none of the values that the page allows for it",
                "keep the values, and leave the default out",
            )
        )


_MORE_KINDS: Final = frozenset({"base64", "path", "uuid"})


def sentences_words(parameter: Parameter) -> Iterator[str]:
    """The words of the prose about *parameter*, in small letters."""
    yield from (word.strip('`,.()"').lower() for word in parameter.about.split())


def _limits(parameter: Parameter, stated: Mapping[str, Any]) -> list[str]:
    """The sentences about *parameter* that *stated* was read from, unless it is stated outside of prose as well."""
    if not stated.keys() - parameter.keywords.keys():
        return []
    return [said for said in sentences(parameter.about) if read_prose(_only(parameter, said), "", ())[0]]


def _only(parameter: Parameter, said: str) -> Parameter:
    return Parameter(parameter.name, parameter.type, about=said)


def _description(parameter: Parameter) -> str:
    told = next(iter(sentences(parameter.about)), "")
    return f"{told[:LONGEST_DESCRIPTION]}." if told else f"The page says nothing of {parameter.name}."


def _has_form(keywords: Mapping[str, Any]) -> bool:
    return "pattern" in keywords or "const" in keywords


def _or_null(form: dict[str, Any]) -> dict[str, Any]:
    if "type" in form:
        return {**form, "type": [form["type"], "null"]}
    if not form:
        return form
    media = {"x-media": form["x-media"]} if "x-media" in form else {}
    return {"anyOf": [{key: value for key, value in form.items() if key != "x-media"}, {"type": "null"}], **media}
