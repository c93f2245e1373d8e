"""Pages: templates, what every page knows, and notices that survive one redirect."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from http import HTTPStatus
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse

from campaigns.web.conflicts import readable
from campaigns.web.context import SiteContext, context_of
from campaigns.web.formats import FILTERS
from campaigns.web.labels import label, tone
from campaigns.web.visitors import current_visitor, page_token
from crossfade.web.security import TOKEN_FIELD


class Tone(StrEnum):
    """How a notice sounds."""

    GOOD = "good"
    BAD = "bad"


def template_environment(asset_url: Callable[[str], str]) -> Environment:
    """Return the templates; everything is escaped, an unknown name is an error.

    Args:
        asset_url: returns the address of a static file.
    """
    environment = Environment(
        loader=PackageLoader("campaigns.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {**FILTERS, "label": label, "tone": tone, "readable": readable}
    environment.globals["asset"] = asset_url
    environment.globals["token_field"] = TOKEN_FIELD
    return environment


def page(
    request: Request, template: str, *, status: int = HTTPStatus.OK, **values: Any
) -> HTMLResponse:
    """Return a page.

    Besides `values` a template knows `visitor` (who is signed in, or None), `path`, `notices`
    (pairs of tone and text) and `csrf_token()`; the macros of `parts/forms.html.j2` use it.

    Args:
        request: what is answered.
        template: its path, such as ``campaigns/list.html.j2``.
        status: the response's.
        values: what the template shows.
    """
    context = context_of(request)
    notices = context.notices.read(request) or []
    html = context.templates.get_template(template).render(
        visitor=current_visitor(request),
        path=request.url.path,
        notices=notices,
        csrf_token=lambda: page_token(request),
        **values,
    )
    response = HTMLResponse(html, status)
    if notices:
        context.notices.clear(response)
    return response


def part(context: SiteContext, template: str, **values: Any) -> HTMLResponse:
    """Return a template that knows nothing of the visitor: a part of a page, or a public page."""
    return HTMLResponse(context.templates.get_template(template).render(**values))


def go_to(
    request: Request, address: str, notice: str = "", tone: Tone = Tone.GOOD
) -> RedirectResponse:
    """Lead to another page after a form was accepted.

    Args:
        request: what is answered.
        address: where to, on this site.
        notice: what that page says at its top.
        tone: how it sounds.
    """
    response = RedirectResponse(address, HTTPStatus.SEE_OTHER)
    if notice:
        context_of(request).notices.write(response, [[tone, notice]])
    return response
