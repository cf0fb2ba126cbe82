"""JUnit's XML, which CI services show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from vidmock.reports.legal_text import legal


@dataclass(frozen=True, slots=True)
class JUnitCase:
    """A case of a suite: *failure* is what should be, and *details* what is instead; *skipped* why it says nothing."""

    classname: str
    name: str
    failure: str = ""
    details: str = ""
    skipped: str = ""


def junit_suite(name: str, cases: Sequence[JUnitCase], seconds: float) -> str:
    """The text of a file with one suite, in which *cases* took *seconds* together."""
    tree = ET.TreeBuilder()
    counts = {
        "tests": len(cases),
        "failures": sum(bool(case.failure) for case in cases),
        "skipped": sum(bool(case.skipped) for case in cases),
    }
    numbers = {key: str(count) for key, count in counts.items()}
    tree.start("testsuite", {"name": legal(name), "time": f"{seconds:.3f}", **numbers})
    for case in cases:
        tree.start("testcase", {"classname": legal(case.classname), "name": legal(case.name)})
        if case.failure:
            tree.start("failure", {"message": legal(case.failure)})
            tree.data(legal(case.details))
            tree.end("failure")
        elif case.skipped:
            tree.start("skipped", {"message": legal(case.skipped)})
            tree.end("skipped")
        tree.end("testcase")
    tree.end("testsuite")
    return ET.tostring(tree.close(), "unicode", xml_declaration=True) + "\n"
