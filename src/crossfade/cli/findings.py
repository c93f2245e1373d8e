"""Findings as ``--json`` prints them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from crossfade.parity.model import Finding


def finding_document(finding: Finding) -> dict[str, Any]:
    """Return a finding for JSON."""
    return with_judgement(asdict(finding))


def with_judgement(fields: dict[str, Any]) -> dict[str, Any]:
    """Return fields with the comparison under its name in JSON, which does not change."""
    return {"judgement" if name == "comparison" else name: value for name, value in fields.items()}
