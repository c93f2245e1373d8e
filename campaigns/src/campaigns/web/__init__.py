"""The website of the campaign application."""

from __future__ import annotations

from campaigns.web.options import SiteOptions, options_of
from campaigns.web.site import create_site

__all__ = ["SiteOptions", "create_site", "options_of"]
