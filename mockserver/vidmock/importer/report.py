"""What an import took of a page and what it did not, for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vidmock.importer.model_file import ModelFile
from vidmock.importer.page import ModelPage, all_parameters
from vidmock.schema.explain import counted


def report_lines(page: ModelPage, file: ModelFile, changes: Sequence[str] | None = None) -> Iterator[str]:
    """The report, line by line; *changes* are those to a model that is there already, ``None`` where there is none."""
    everything = list(all_parameters(page.parameters))
    rules = [name for name, node in file.document["$defs"].items() if "x-rule" in node]
    yield f"{page.form}: {page.provider} {page.id} ({page.name}), which makes {page.makes}"
    yield f"taken: {counted(len(everything), 'parameter')}, {counted(len(rules), 'rule')}, {_prices(file)}"
    yield f"examples of the page: {len(page.examples)}"
    for each in file.contradictions:
        yield f"contradiction: {each.says}; but {each.but}. This file: {each.we}."
    for note in file.notes:
        said = f' "{note.says}"' if note.says else ""
        yield f"unsure: {note.at or 'the model'}:{said} ({note.because})"
    if changes is not None:
        yield f"changes to the model that is there already: {len(changes) or 'none'}"
        yield from (f"  {change}" for change in changes)


def _prices(file: ModelFile) -> str:
    rates = file.document["x-pricing"]["rates"]
    return "no price" if all(rate["rate"] is None for rate in rates) else counted(len(rates), "price")
