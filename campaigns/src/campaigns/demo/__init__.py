"""The demonstration: a migration of the application on embedded engines, with an outage."""

from __future__ import annotations

from campaigns.demo.main import run

__all__ = ["run"]
