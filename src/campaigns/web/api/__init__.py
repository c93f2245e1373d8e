"""The application for programs: JSON over HTTP."""

from campaigns.web.api.main import create_api

__all__ = ["create_api"]
