"""Page rendering: templates, their common variables, and notices that survive one redirect."""

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
    """The CSS class of a notice."""

    GOOD = "good"
    BAD = "bad"


def template_environment(asset_url: Callable[[str], str]) -> Environment:
    """Return the template environment, with escaping; an undefined variable is an error.

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

    Besides `values` a template has `visitor` (the signed-in user, or None), `path`, `notices`
    (pairs of tone and text) and `csrf_token()`; the macros of `parts/forms.html.j2` use it.

    Args:
        request: the request.
        template: path of the template, such as ``campaigns/list.html.j2``.
        status: status of the response.
        values: variables of the template.
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
    """Render a template without the visitor's variables: a part of a page, or a public page."""
    return HTMLResponse(context.templates.get_template(template).render(**values))


def go_to(
    request: Request, address: str, notice: str = "", tone: Tone = Tone.GOOD
) -> RedirectResponse:
    """Redirect to another page after a form was submitted.

    Args:
        request: the request.
        address: address on this site.
        notice: a text that the next page shows at its top; none if empty.
        tone: the tone of the notice.
    """
    response = RedirectResponse(address, HTTPStatus.SEE_OTHER)
    if notice:
        context_of(request).notices.write(response, [[tone, notice]])
    return response
