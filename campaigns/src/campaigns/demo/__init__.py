"""The demonstration: the application on embedded engines, with an outage in the middle."""

from __future__ import annotations

from campaigns.demo.main import run

__all__ = ["run"]
