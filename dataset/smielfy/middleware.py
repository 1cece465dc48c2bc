"""What every request passes on its way in, and every reply on its way out."""

import hmac
import ipaddress
import re
from urllib.parse import urlsplit

from starlette.responses import JSONResponse

PAGE = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; "
    "style-src 'self'; img-src 'self' blob:; "
    "media-src 'self' blob:; connect-src 'self'; manifest-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": PAGE,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(self), microphone=(), geolocation=(), display-capture=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
SAFE = ("GET", "HEAD")
OURS = "x-smielfy"  # another site's page cannot send it without asking, and we do not answer
OPEN = ("/api/me", "/api/enter", "/api/sign-in", "/api/smileys")  # without the access code


class GuardMiddleware:
    """Middleware: names of the host, cross-site requests, the access code, headers.

    Parameters
    ----------
    app : ASGI application
    names : collection of str
        Host names, lower case, beside addresses and ``localhost``. Others are refused: a
        foreign name that resolves to this machine would make a foreign page ours.
    entered : callable
        Takes the cookies' header; whether the visitor has given the access code.
    """

    def __init__(self, app, names=(), entered=lambda cookies: True):
        self.app, self.names, self.entered = app, {"localhost", *names}, entered

    async def __call__(self, scope, receive, send):
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        api = scope["path"].startswith(("/api/", "/example/"))

        async def guarded(message):
            if message["type"] == "http.response.start":
                own = {name for name, _ in message["headers"]}
                extra = {**HEADERS, "cache-control": "no-store" if api else "no-cache"}
                message["headers"] = [
                    *message["headers"],
                    *((k.encode(), v.encode()) for k, v in extra.items() if k.encode() not in own),
                ]
            await send(message)

        problem = self.problem(scope, api)
        if problem:
            status, error = problem
            await JSONResponse({"error": error}, status)(scope, receive, guarded)
        else:
            await self.app(scope, receive, guarded)

    def problem(self, scope, api):
        """(status, error) for a request that is not let in, or None."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in
                   reversed(scope["headers"])}  # fmt: skip
        host = headers.get("host", "")
        if not self.our_host(host):
            return 421, "wrong_host"
        if scope["method"] not in SAFE:
            origin = headers.get("origin")
            foreign = origin is not None and origin != f"{scope['scheme']}://{host}"
            foreign |= headers.get("sec-fetch-site", "same-origin") != "same-origin"
            if foreign or OURS not in headers:
                return 403, "cross_site"
        # The administrator has a key of her own.
        open_ = scope["path"] in OPEN or f"{scope['path']}/".startswith("/api/admin/")
        if api and not open_ and not self.entered(headers.get("cookie", "")):
            return 401, "code_needed"
        return None

    def our_host(self, host):
        """Whether a Host header names this machine."""
        try:
            name = urlsplit(f"//{host}").hostname or ""
            ipaddress.ip_address(name)
        except ValueError:
            name = re.sub(r":\d*$", "", host).lower().rstrip(".")
            return name in self.names
        return True


def constant_time_equal(a, b):
    """Compare two texts in a time that does not tell where they differ."""
    return hmac.compare_digest(a.encode("utf-8", "replace"), b.encode("utf-8", "replace"))
