"""The researcher's cookie; participants get none."""

from __future__ import annotations

from flask import Flask, request
from flask.sessions import SecureCookieSessionInterface


class CookiePolicy(SecureCookieSessionInterface):
    """`Secure` wherever the request came by HTTPS; over plain HTTP on a LAN it still works."""

    def get_cookie_secure(self, app: Flask) -> bool:  # noqa: ARG002
        """Whether browsers may send the cookie over HTTPS only."""
        return request.is_secure
