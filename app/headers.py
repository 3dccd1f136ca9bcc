"""Security headers on every response and the check that a request comes from our own pages."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Request, Response, abort, request

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

# No inline script or style, nothing from elsewhere, never in a frame.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; media-src 'self'; connect-src 'self'; worker-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not `no-referrer`: with it browsers send `Origin: null` with our own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
HSTS = "max-age=31536000"


def add_security_headers(response: Response) -> Response:
    """Set the headers of every response; pages are never kept by a cache."""
    response.headers.update(SECURITY_HEADERS)
    response.headers.setdefault("Cache-Control", "no-store")
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = HSTS
    return response


def refuse_cross_site() -> None:
    """Answer 403 to an unsafe request that another site's page has caused.

    The check needs no token in the page, so that an answer given after hours is still accepted.
    """
    if not is_same_origin(request):
        abort(403, "This request came from another site. Open the test's own page and try again.")


def is_same_origin(request: Request) -> bool:
    """Whether the request is harmless or was made by one of our pages.

    Browsers state `Sec-Fetch-Site` on secure origins and localhost and `Origin` everywhere;
    what sends neither is no browser and carries no one's cookies.
    """
    if request.method in SAFE_METHODS:
        return True
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.host
