"""One session, one open tab: which one may answer now, and how another takes over.

A tab names itself with each request. The first one holds the session until it lets go or another
takes over; then the older is told, and stores nothing until it takes the session back. What names
no tab (a bot, a form that was sent before its script ran) is taken: it is the only one there.
"""

from __future__ import annotations

import re

from .tables import Session

TAB = re.compile(r"[A-Za-z0-9_-]{1,31}\.[A-Za-z0-9_-]{1,31}")  # browser, tab: both random
HEADER = "X-Earwitness-Tab"


def may_answer(session: Session, tab: str | None) -> bool:
    """Whether a request of this tab may change the session; a free session becomes the tab's."""
    if session.status != "started" or not tab or not TAB.fullmatch(tab):
        return True  # what is over says so itself
    if session.tab is None:
        session.tab = tab
    return session.tab == tab


def take_over(session: Session, tab: str) -> bool:
    """Make this tab the one that answers; False for what cannot name one."""
    if not TAB.fullmatch(tab):
        return False
    session.tab = tab
    return True


def let_go(session: Session, tab: str) -> None:
    """A closed tab frees the session, so that another device need not ask."""
    if session.tab == tab:
        session.tab = None
