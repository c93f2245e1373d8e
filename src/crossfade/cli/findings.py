"""Findings in the form of ``--json``."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from crossfade.parity.model import Finding


def finding_document(finding: Finding) -> dict[str, Any]:
    """Return a finding as a JSON object."""
    return with_judgement(asdict(finding))


def with_judgement(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields with ``comparison`` renamed to ``judgement``, its stable name in JSON."""
    return {"judgement" if name == "comparison" else name: value for name, value in fields.items()}
