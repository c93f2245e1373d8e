"""The API and its OpenAPI document, held together by requests that schemathesis makes up."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from campaigns.actions import create_campaign, create_session, create_token, create_user
from campaigns.inputs import NewApiToken, NewCampaign, NewSession, NewUser
from crossfade.web.dashboard import Address, listen, serve, url_of
from support.site import TestedSite

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "ignored_auth",
    "use_after_free",
)
EXAMPLES_MAX = 5
SEED = 20_260_101


async def test_no_request_breaks_the_api_or_its_document(site: TestedSite, tmp_path: Path) -> None:
    """The answer to any request on any route is one that the document names, and never a 500."""
    user = await create_user(site.app, NewUser(email="ada@example.org"))
    made = await create_token(site.app, user.id, NewApiToken(name="tests"))
    campaign = await create_campaign(site.app, user.id, NewCampaign(name="Salt"))
    await create_session(site.app, user.id, NewSession(name="One", campaign_id=campaign.id))
    stop = asyncio.Event()
    with listen(Address()) as listener:
        serving = asyncio.create_task(serve(site.site, listener, stop))
        tried = await asyncio.create_subprocess_exec(
            Path(sys.executable).with_name("schemathesis"),
            *("run", f"{url_of(listener)}/api/v1/openapi.json"),
            *("--header", f"Authorization: Bearer {made.text}"),
            *("--checks", ",".join(CHECKS), "--max-examples", str(EXAMPLES_MAX)),
            *("--phases", "coverage,fuzzing"),
            *("--seed", str(SEED), "--warnings", "off", "--continue-on-failure"),
            cwd=tmp_path,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await tried.communicate()
        stop.set()
        await serving
    assert tried.returncode == 0, output.decode()[-8000:]
