"""The application for programs: JSON over HTTP."""

from campaigns.web.api.main import API_PATH, create_api
from campaigns.web.api.problems import problem_answer

__all__ = ["API_PATH", "create_api", "problem_answer"]
