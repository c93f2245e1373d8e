"""The JSON API of the application."""

from campaigns.web.api.main import API_PATH, create_api
from campaigns.web.api.problems import problem_answer

__all__ = ["API_PATH", "create_api", "problem_answer"]
