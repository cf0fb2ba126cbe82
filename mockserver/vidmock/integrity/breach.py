"""What the checker finds wrong."""

from __future__ import annotations

from dataclasses import dataclass

from vidmock.integrity.history import PromptRecord


@dataclass(frozen=True, slots=True)
class Breach:
    """A *rule* that the server broke under *key*, *what* is wrong, and the job that it is about, if it is about one."""

    rule: str
    key: str
    what: str
    job: PromptRecord | None = None

    def __str__(self) -> str:
        said = [f"{self.rule}: {self.what} (key {self.key})"]
        if self.job is not None:
            said += [f"    {self.job}", *(f"    {event}" for event in self.job.events)]
        return "\n".join(said)
