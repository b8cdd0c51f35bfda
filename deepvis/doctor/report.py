"""A finding of the doctor, and how findings are shown."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class Verdict(StrEnum):
    """How one check ended."""

    OK = "ok"
    WARN = "warn"
    """DeepVis runs, with something missing."""
    FAIL = "fail"
    """DeepVis does not run."""


@dataclass(frozen=True)
class Finding:
    """One check: what was looked at, how it ended, what was found, and what to do where it is not well."""

    name: str
    verdict: Verdict
    detail: str
    remedy: str = ""


def failed(findings: Sequence[Finding]) -> bool:
    """Whether any check failed."""
    return any(finding.verdict is Verdict.FAIL for finding in findings)


def to_json(findings: Sequence[Finding]) -> str:
    """A JSON list with one object per finding."""
    return json.dumps([asdict(finding) for finding in findings], indent=2, ensure_ascii=False)


_STYLES = {Verdict.OK: "green", Verdict.WARN: "yellow", Verdict.FAIL: "bold red"}


def show(findings: Sequence[Finding]) -> None:
    """Print the findings as a table; remedies follow below it, whole, so that a line can be copied."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(show_edge=False, pad_edge=False, box=None)
    for heading in ("check", "", "found"):
        table.add_column(heading, overflow="fold")
    for finding in findings:
        table.add_row(Text(finding.name), Text(finding.verdict, _STYLES[finding.verdict]), Text(finding.detail))
    console = Console()
    console.print(table)
    for finding in findings:
        if finding.remedy:
            console.print()
            console.print(Text(f"{finding.name}:", _STYLES[finding.verdict]))
            console.print(Text(f"  {finding.remedy}"), soft_wrap=True)
