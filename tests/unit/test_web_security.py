"""Headers, cookies, forms, bodies, limits: each part before a small application."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from crossfade.web.security import (
    TOKEN_FIELD,
    TOKEN_HEADER,
    Assets,
    BodyLimit,
    Rate,
    RateLimiter,
    SecurityHeaders,
    SignedCookie,
    TooMany,
    Visits,
    address_of,
    form_token,
    require_own_form,
    safe_next,
)

Endpoint = Callable[[Request], Awaitable[Response]]
SECRET = "a secret of the tests"


class Clock:
    """Seconds that pass when a test adds them."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def client(endpoint: Endpoint, *parts: Middleware, https: bool = False) -> httpx.AsyncClient:
    """Return a browser of an application with one page."""
    app = Starlette(
        routes=[Route("/{rest:path}", endpoint, methods=["GET", "POST"])], middleware=list(parts)
    )
    scheme = "https" if https else "http"
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url=f"{scheme}://site.example"
    )


async def hello(_request: Request) -> Response:
    return PlainTextResponse("hello")


@pytest.mark.parametrize("https", [False, True])
async def test_every_response_carries_the_headers(*, https: bool) -> None:
    async with client(hello, Middleware(SecurityHeaders, https=https)) as browser:
        headers = (await browser.get("/")).headers
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"
    assert "camera=()" in headers["permissions-policy"]
    assert ("strict-transport-security" in headers) is https


async def test_what_a_page_says_itself_stays() -> None:
    async def kept(_request: Request) -> Response:
        return PlainTextResponse("", headers={"cache-control": "max-age=60"})

    async with client(kept, Middleware(SecurityHeaders, https=False)) as browser:
        assert (await browser.get("/")).headers["cache-control"] == "max-age=60"


def cookie(
    clock: Clock, *, name: str = "who", secret: str = SECRET, https: bool = False
) -> SignedCookie:
    return SignedCookie(name, secret=secret, seconds_max=60, https=https, clock=clock)


def written(cookie: SignedCookie, value: object) -> str:
    """Return the header that sets a cookie."""
    response = Response()
    cookie.write(response, value)
    return response.headers["set-cookie"]


def sent_back(header: str) -> HTTPConnection:
    """Return a request that brings a cookie back."""
    pair = header.partition(";")[0].encode()
    return HTTPConnection({"type": "http", "headers": [(b"cookie", pair)]})


def test_a_cookie_comes_back_until_it_is_too_old() -> None:
    clock = Clock()
    who = cookie(clock)
    request = sent_back(written(who, ["ada", 7]))
    assert who.read(request) == ["ada", 7]
    clock.now += 59
    assert who.read(request) == ["ada", 7]
    clock.now += 1
    assert who.read(request) is None


def test_a_cookie_of_another_secret_name_or_content_is_nothing() -> None:
    clock = Clock()
    who = cookie(clock)
    header = written(who, "ada")
    assert cookie(clock, secret="another").read(sent_back(header)) is None
    other = cookie(clock, name="other")
    assert other.read(sent_back(header.replace("who=", "other="))) is None
    name, value = header.split(";")[0].split("=", 1)
    accepted = []
    for position, letter in enumerate(value):
        changed = value[:position] + ("A" if letter != "A" else "B") + value[position + 1 :]
        if (content := who.read(sent_back(f"{name}={changed}"))) is not None:
            assert content == "ada"
            accepted.append(position)
    assert accepted in ([], [len(value) - 1]), "the last letter has bits that do not count"
    payload, _, signature = value.rpartition(".")
    assert who.read(sent_back(f"{name}={payload}x.{signature}")) is None
    assert who.read(sent_back(f"{name}={payload}")) is None


def test_a_cookie_is_for_http_only_and_bound_to_the_host_over_https() -> None:
    plain = written(cookie(Clock()), "ada").lower()
    assert "httponly" in plain
    assert "samesite=lax" in plain
    assert "secure" not in plain
    secure = written(cookie(Clock(), https=True), "ada")
    assert secure.startswith("__Host-who=")
    assert "secure" in secure.lower()
    assert "path=/" in secure.lower()
    assert "domain" not in secure.lower()


def test_a_cookie_that_browsers_would_drop_is_refused() -> None:
    with pytest.raises(ValueError, match="keep less"):
        written(cookie(Clock()), [f"{number}" for number in range(5000)])


def test_a_secret_does_not_show() -> None:
    assert SECRET not in repr(cookie(Clock()))


async def guarded(request: Request) -> Response:
    """Show a token, and take forms that carry it; `who` says who is signed in."""
    who = request.query_params.get("who", "")
    await require_own_form(SECRET, request, who)
    await request.close()
    return PlainTextResponse(form_token(SECRET, request, who))


@pytest.fixture
async def browser() -> AsyncIterator[httpx.AsyncClient]:
    visits = Middleware(Visits, cookie=cookie(Clock(), name="visit"))
    async with client(guarded, visits) as browser:
        yield browser


async def test_a_form_with_the_token_of_its_visit_passes(browser: httpx.AsyncClient) -> None:
    token = (await browser.get("/")).text
    assert (await browser.post("/", data={TOKEN_FIELD: token})).status_code == 200
    assert (await browser.post("/", headers={TOKEN_HEADER: token})).status_code == 200
    files = {"upload": ("a.txt", b"text")}
    answer = await browser.post("/", data={TOKEN_FIELD: token}, files=files)
    assert answer.status_code == 200


async def test_a_form_without_or_with_anothers_token_is_refused(
    browser: httpx.AsyncClient,
) -> None:
    token = (await browser.get("/")).text
    assert (await browser.post("/", data={"x": "y"})).status_code == 403
    assert (await browser.post("/", data={TOKEN_FIELD: ""})).status_code == 403
    assert (await browser.post("/", data={TOKEN_FIELD: "é"})).status_code == 403
    assert (await browser.post("/", json={TOKEN_FIELD: token})).status_code == 403
    browser.cookies.clear()
    assert (await browser.post("/", data={TOKEN_FIELD: token})).status_code == 403


async def test_a_token_is_bound_to_the_signed_in_user(browser: httpx.AsyncClient) -> None:
    before = (await browser.get("/")).text
    assert (await browser.post("/?who=ada", data={TOKEN_FIELD: before})).status_code == 403
    hers = (await browser.get("/?who=ada")).text
    assert (await browser.post("/?who=ada", data={TOKEN_FIELD: hers})).status_code == 200
    assert (await browser.post("/?who=eve", data={TOKEN_FIELD: hers})).status_code == 403


@pytest.mark.parametrize(
    ("site", "status"),
    [("same-origin", 200), ("none", 200), ("same-site", 403), ("cross-site", 403)],
)
async def test_a_form_that_another_site_sent_is_refused(
    browser: httpx.AsyncClient, site: str, status: int
) -> None:
    token = (await browser.get("/")).text
    headers = {"sec-fetch-site": site, TOKEN_HEADER: token}
    assert (await browser.post("/", headers=headers)).status_code == status


async def test_a_visit_without_forms_gets_no_cookie() -> None:
    visits = Middleware(Visits, cookie=cookie(Clock(), name="visit"))
    async with client(hello, visits) as browser:
        assert "set-cookie" not in (await browser.get("/")).headers


async def reader(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


def limited(endpoint: Endpoint = reader) -> httpx.AsyncClient:
    return client(endpoint, Middleware(BodyLimit, bytes_max=lambda path: 10 if path == "/" else 20))


async def test_a_body_up_to_the_limit_of_its_path_passes() -> None:
    async with limited() as browser:
        assert (await browser.post("/", content=b"x" * 10)).text == "10"
        assert (await browser.post("/", content=b"x" * 11)).status_code == 413
        assert (await browser.post("/large", content=b"x" * 20)).text == "20"


async def test_a_stream_is_cut_off_at_any_announced_length() -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(1000):
            read += 1
            yield b"x" * 4

    async with limited() as browser:
        assert (await browser.post("/", content=endless())).status_code == 413
        assert read == 3
        answer = await browser.post("/", content=b"x" * 11, headers={"content-length": "1"})
        assert answer.status_code == 413


async def test_a_compressed_body_is_refused() -> None:
    async with limited() as browser:
        answer = await browser.post("/", content=b"x", headers={"content-encoding": "gzip"})
        assert answer.status_code == 415
        answer = await browser.post("/", content=b"x", headers={"content-encoding": "Identity"})
        assert answer.status_code == 200


def refused_after(limiter: RateLimiter, key: str) -> int:
    """Return how many attempts pass before one is refused."""
    for passed in range(100):
        try:
            limiter.attempt(key)
        except TooMany:
            return passed
    return 100


def test_attempts_run_out_and_come_back_one_by_one() -> None:
    clock = Clock()
    limiter = RateLimiter(Rate(3, 60), clock=clock)
    assert refused_after(limiter, "ada") == 3
    assert refused_after(limiter, "bo") == 3
    clock.now += 20
    assert refused_after(limiter, "ada") == 1
    clock.now += 600
    assert refused_after(limiter, "ada") == 3


def test_a_refusal_says_how_long_to_wait_and_counts_nothing() -> None:
    clock = Clock()
    limiter = RateLimiter(Rate(2, 60), clock=clock)
    limiter.attempt("ada")
    limiter.attempt("ada")
    for _ in range(3):
        with pytest.raises(TooMany) as refusal:
            limiter.attempt("ada")
        assert refusal.value.wait_seconds == pytest.approx(30)
        assert refusal.value.headers == {"retry-after": "30"}
    clock.now += 30
    limiter.attempt("ada")


def test_a_forgiven_client_starts_anew() -> None:
    limiter = RateLimiter(Rate(2, 60), clock=Clock())
    assert refused_after(limiter, "ada") == 2
    limiter.forgive("ada")
    limiter.forgive("nobody")
    assert refused_after(limiter, "ada") == 2


def test_memory_is_bounded_and_the_most_frequent_client_is_kept() -> None:
    limiter = RateLimiter(Rate(2, 60), keys_max=10, clock=Clock())
    assert refused_after(limiter, "ada") == 2
    for number in range(1000):
        limiter.attempt(str(number))
        if number % 5 == 0:
            with pytest.raises(TooMany):
                limiter.attempt("ada")
    assert len(limiter) == 10


@pytest.mark.parametrize(
    ("host", "key"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3::7", "20010db800010002::/64"),
        ("2001:db8:1:2:ffff::1", "20010db800010002::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("unix", "unix"),
    ],
)
def test_addresses_count_by_home(host: str, key: str) -> None:
    connection = HTTPConnection({"type": "http", "headers": [], "client": (host, 1)})
    assert address_of(connection) == key


@pytest.mark.parametrize("url", ["/", "/a", "/a?b=/c#d", "/a//b", "/ä", "/a?next=//evil.example"])
def test_pages_of_this_site_may_come_next(url: str) -> None:
    assert safe_next(url, "/default") == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "a",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        " //evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "///evil.example",
        "http:evil.example",
        "/\x00//evil.example",
        "/\x7f/evil.example",
    ],
)
def test_other_sites_may_not(url: str) -> None:
    assert safe_next(url, "/default") == "/default"


@given(st.text())
def test_the_next_page_stays_on_this_site(url: str) -> None:
    after = httpx.URL("http://site.example/here").join(safe_next(url))
    assert after.host == "site.example"
    assert after.scheme == "http"


async def test_files_are_served_by_their_content_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "site.css").write_text("body {}")
    (tmp_path / "secret.py").write_text("secret")
    assets = Assets(tmp_path)
    app = Starlette(routes=[assets.route()])
    address = assets.url("site.css")
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://site.example"
    ) as browser:
        answer = await browser.get(address)
        assert (answer.status_code, answer.text) == (200, "body {}")
        assert answer.headers["content-type"] == "text/css; charset=utf-8"
        assert "immutable" in answer.headers["cache-control"]
        for other in (
            "/static/site.css",
            "/static/secret.py",
            "/static/..%2fsecret.py",
            "/static/",
        ):
            assert (await browser.get(other)).status_code == 404
    with pytest.raises(KeyError):
        assets.url("missing.css")
    (tmp_path / "site.css").write_text("body { margin: 0 }")
    assert Assets(tmp_path).url("site.css") != address
