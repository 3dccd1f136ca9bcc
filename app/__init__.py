"""The listening test: Flask, its database, its pages."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from .settings import Settings

MAX_REQUEST_BYTES = 256 * 1024
LOGIN_HOURS = 12


def create_app(settings: Settings) -> Flask:
    """The web application of one study, whose database and stimuli are there already.

    Raises:
        EarwitnessError: the study is not prepared, or its database is not ready.
    """
    from flask import Flask  # so that commands that need no server start quickly
    from werkzeug.middleware.proxy_fix import ProxyFix

    from . import faults, headers, security
    from .context import Context, attach
    from .cookies import CookiePolicy
    from .db import open_database
    from .page_templates import loader
    from .versions import load_served, record_version
    from .views import desk, health, media, participant, ratings, researcher, tabs

    database = open_database(settings.database_url)
    served = load_served(settings.folder)
    with database.write() as transaction:
        record_version(transaction, settings.folder)

    # Explicit: Flask cannot find the folder of an editable install by itself.
    app = Flask(__name__, instance_path=str(settings.folder.root))
    app.config.update(
        SECRET_KEY=settings.secret_key,
        MAX_CONTENT_LENGTH=MAX_REQUEST_BYTES,
        MAX_FORM_MEMORY_SIZE=MAX_REQUEST_BYTES,
        SESSION_COOKIE_NAME="earwitness_researcher",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/researcher",
        PERMANENT_SESSION_LIFETIME=timedelta(hours=LOGIN_HOURS),
    )
    app.session_interface = CookiePolicy()
    app.jinja_loader = loader(Path(app.root_path) / "templates")
    if settings.proxies:
        hops = settings.proxies
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops
        )
    attach(app, Context(settings, database, served))
    app.before_request(headers.refuse_cross_site)
    app.before_request(security.require_login)
    app.after_request(headers.add_security_headers)
    faults.init_app(app)
    for view in (participant, ratings, tabs, media, researcher, desk, health):
        app.register_blueprint(view.blueprint)
    return app
