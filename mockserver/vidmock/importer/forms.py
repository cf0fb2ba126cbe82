"""The forms of pages that can be read, and which of them a text has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from vidmock.importer.eachlabs_page import is_eachlabs_page, read_eachlabs_page
from vidmock.importer.fal_openapi import is_fal_document, read_fal_document
from vidmock.importer.fal_page import is_fal_page, read_fal_page
from vidmock.importer.page import ModelPage
from vidmock.importer.runpod_page import is_runpod_page, read_runpod_page
from vidmock.importer.runware_page import is_runware_page, read_runware_page
from vidmock.importer.source import SourceText
from vidmock.problems import BadRequest, UnknownProvider
from vidmock.schema.catalog import providers


@dataclass(frozen=True, slots=True)
class PageForm:
    """A form of a *provider*'s pages. *looks_like* tells its texts from others, *read* reads one."""

    name: str
    provider: str
    looks_like: Callable[[str], bool]
    read: Callable[[SourceText], ModelPage]


FORMS: Final[tuple[PageForm, ...]] = (
    PageForm("RunPod's page", "runpod", is_runpod_page, read_runpod_page),
    PageForm("fal's OpenAPI document", "fal", is_fal_document, read_fal_document),
    PageForm("fal's Markdown", "fal", is_fal_page, read_fal_page),
    PageForm("Runware's page", "runware", is_runware_page, read_runware_page),
    PageForm("Eachlabs' page", "eachlabs", is_eachlabs_page, read_eachlabs_page),
)


def read_page(source: SourceText, provider: str | None = None) -> ModelPage:
    """The page in *source*, in a form of *provider* if that is given.

    Raises:
        UnknownProvider: no provider of that name.
        BadRequest: the text has none of the forms, or is not whole.
    """
    if provider is not None and provider not in providers():
        raise UnknownProvider(provider, providers())
    for form in FORMS:
        if form.looks_like(source.text) and provider in (None, form.provider):
            return form.read(source)
    told = next((form for form in FORMS if form.looks_like(source.text)), None)
    if told:
        raise BadRequest(f"{source.name} is {told.name}, and not one of {provider}: leave --provider out")
    forms = ", ".join(form.name for form in FORMS if provider in (None, form.provider))
    raise BadRequest(
        f"{source.name} has no form that is known here{f' of {provider}' if provider else ''}. "
        f"Known: {forms or 'none'}. Take the page as Markdown or its OpenAPI document, not as HTML"
    )
