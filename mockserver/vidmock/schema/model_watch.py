"""Looks at a user's models again and again: what has changed is taken over, and what has become wrong is not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from vidmock.problems import BadRequest
from vidmock.schema.catalog import Model, ModelCatalog
from vidmock.schema.model_files import already_in, model_files, notices_of, read_model, schema_files

Stamps = Mapping[Path, tuple[int, int]]
"""When each file was changed last, in nanoseconds, and its size."""


class ModelWatch:
    """Keeps the own models of *catalog* as the files in *places* have them; *tell* gets a line for each change.

    A model whose file is wrong, gone or about another model stays as it was: there may be jobs of it.
    """

    def __init__(self, catalog: ModelCatalog, places: Iterable[str | Path], tell: Callable[[str], None]) -> None:
        self._catalog, self._places, self._tell = catalog, tuple(places), tell
        self._by_file = {model.file: model for model in catalog.own}
        self._left: list[Model] = []
        self._stamps = self._look()

    def look(self) -> None:
        """Take over what has changed since the last look."""
        before, self._stamps = self._stamps, self._look()
        changed = {file for file, stamp in self._stamps.items() if before.get(file) != stamp}
        for file in before.keys() - self._stamps.keys():
            if file in self._by_file:
                self._tell(f"{file} is gone: its model is served until the server ends")
        if not changed:
            return
        try:
            files = model_files(self._places)
        except BadRequest as problem:
            self._tell(str(problem))
            return
        # Of a file that others refer to, all of them may have changed.
        again = files if changed - {*files} else [file for file in files if file in changed]
        taken = [file for file in again if self._take(file)]
        self._catalog.adopt([*self._left, *self._by_file.values()])
        if taken:
            self._tell(f"read again: {', '.join(map(str, taken))}")

    def _take(self, file: Path) -> bool:
        """Read *file* again, and say whether its model is another one now."""
        try:
            model = read_model(file)
            self._check_name(file, model)
        except BadRequest as problem:
            kept = "; the model is served as it was" if file in self._by_file else ""
            for line in str(problem).split("\n"):
                self._tell(f"{line}{kept}")
            return False
        before = self._by_file.get(file)
        self._by_file[file] = model
        if before and before.id != model.id:
            self._left.append(before)
        if before is None or before.id != model.id:
            for notice in notices_of([model]):
                self._tell(notice)
        return before is None or before.schema != model.schema

    def _check_name(self, file: Path, model: Model) -> None:
        for other in self._by_file.values():
            if (other.provider, other.id) == (model.provider, model.id) and other.file != file:
                raise BadRequest(already_in(model, other))

    def _look(self) -> Stamps:
        found = {}
        for file in schema_files(self._places):
            try:
                stat = file.stat()
            except OSError:
                # It was removed, or is just being replaced.
                continue
            found[file] = stat.st_mtime_ns, stat.st_size
        return found
