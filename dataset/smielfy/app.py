"""The service: who asks, what becomes of her pictures, and its application.

Requests are answered by groups of routes: `account_routes` (coming, agreeing, leaving),
`collect_routes`, `mirror_routes` (and teaching), `visitor_routes` (her own pictures) and
`admin_routes`.
"""

import asyncio
import contextlib
import hashlib
import json
import math
import sys

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, cookie_parser
from starlette.responses import JSONResponse, Response

from common.smileys import read_smileys
from dataset.smielfy.account_routes import AccountRoutes, plain
from dataset.smielfy.admin_routes import AdminRoutes
from dataset.smielfy.collect_routes import CollectRoutes
from dataset.smielfy.consent import People
from dataset.smielfy.errors import RequestError
from dataset.smielfy.middleware import GuardMiddleware, constant_time_equal
from dataset.smielfy.mirror_folder import CACHE
from dataset.smielfy.mirror_routes import MirrorRoutes
from dataset.smielfy.rate_limit import RateLimit
from dataset.smielfy.signing import Key
from dataset.smielfy.static_files import read_words, rendered_examples, static_routes
from dataset.smielfy.store import Store, storing_problem
from dataset.smielfy.teaching import Teaching, enough
from dataset.smielfy.visitor_routes import COOKIE, PASS, VisitorRoutes

YEAR = 365 * 24 * 3600
HOUR = 3600
UPLOADS = 60  # pictures being received at once


class Smielfy:
    """The service.

    Parameters
    ----------
    folder : pathlib.Path
        Gets ``collected/`` (the data set), ``people/``, ``nets/`` and ``private/``.
    recognizer : dataset.smielfy.recognizer.Recognizer
    code : str
        The access code; empty for none.
    https : bool
        Whether cookies are for HTTPS only.
    keeper : str
        Who keeps the pictures, as the page says before the consent.
    approve : bool
        Whether the administrator must approve a picture before others see it.
    keep_days : int
        Days after which a person's pictures and consent are deleted; 0 for never.
    """

    def __init__(
        self, folder, recognizer, code="", https=False, keeper="", approve=True, keep_days=0
    ):
        self.recognizer, self.code, self.https, self.keeper = recognizer, plain(code), https, keeper
        self.keep_days = keep_days
        for name in ("", "private", "people", "collected"):
            (folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)
        self.key = Key(folder / "private" / "key")
        self.people = People(folder / "people", approve)
        self.store = Store(folder / "collected", self.people.__contains__)
        self.teaching = Teaching(folder / "nets", folder / "collected", recognizer.smiles)
        recognizer.taught = self.teaching.net
        self.admin = AdminRoutes(self)
        self.tidy()
        self.smileys = read_smileys()
        self.mirror = mirror_of(recognizer.smiles)
        self.words, self.rendered = read_words(), rendered_examples()
        self.limits = {
            "consent": RateLimit(100, 20),  # a class of pupils may share one address
            "code": RateLimit(40, 40),  # a class may share one address
            "guess": RateLimit(20, 5),  # wrong ones, of all together
            "come": RateLimit(40, 40),
            "change": RateLimit(60, 60),
            "burst": RateLimit(40, 30),
            "picture": RateLimit(200, 300),
            "recognize": RateLimit(60, 40 * 60),
            "examples": RateLimit(1000, 6000),  # a class may share one address
        }
        self.receiving = 0

    # Who asks.

    def person(self, request):
        """The visitor's pseudonym, or None."""
        person = self.key.check(request.cookies.get(COOKIE), "person")
        known = person in self.people or self.people.leaving(person)
        return person if known else None

    def agreed(self, request):
        """The visitor's pseudonym; refused without consent."""
        person = self.person(request)
        if person is None or person not in self.people:
            raise RequestError(403, "no_consent")
        return person

    def visitor(self, request):
        """A name to count requests by."""
        return self.person(request) or (request.client.host if request.client else "")

    def entered(self, cookies):
        """Whether the access code was given; cookies as the header's text."""
        return not self.code or constant_time_equal(
            cookie_parser(cookies).get(PASS, ""), self.pass_
        )

    @property
    def pass_(self):
        """What the cookie of who gave the code holds."""
        return self.key.sign("pass", self.code)

    def limit(self, name, key):
        """Refuse what comes too often."""
        wait = self.limits[name].wait(key)
        if wait:
            raise RequestError(429, "too_often", wait=math.ceil(wait))

    def allowed(self, name, key):
        """Refuse while a limit is used up, without using it."""
        wait = self.limits[name].left(key)
        if wait:
            raise RequestError(429, "too_often", wait=math.ceil(wait))

    def set_cookie(self, response, name, value):
        """Give a cookie that no script reads and no other site sends."""
        response.set_cookie(
            name, value, max_age=YEAR, httponly=True, samesite="strict", secure=self.https
        )

    # What it does to her pictures.

    def show(self, person, shown, only_if_shown=False):
        """Choose one picture a smiley to show."""
        pictures = None
        if shown:
            pictures = {}
            for slug, path in self.store.latest(person).items():
                with contextlib.suppress(OSError):  # somebody has deleted the file
                    pictures[slug] = self.store.picture(path)
        self.writing(self.people.show, person, pictures, only_if_shown)

    @contextlib.contextmanager
    def received(self):
        """Hold one of the places for pictures being received."""
        if self.receiving >= UPLOADS:
            raise RequestError(429, "busy", wait=2)
        self.receiving += 1
        try:
            yield
        finally:
            self.receiving -= 1

    def take_back(self, person, **which):
        """Remove some pictures, and what came of them; the reply to it.

        A net that learned from them is forgotten; where enough are left, another is taught.
        """
        removed = self.store.remove(person, **which)
        if self.people.shows(person):
            self.show(person, True, True)
        given, net = self.store.bursts(person), None
        if removed and self.teaching.undo(person):
            self.recognizer.forget(person)
            net = "forgotten"
            if enough(given) and given.keys() <= set(self.recognizer.classes):
                self.teaching.start(person, given)
                net = "learning"
        return JSONResponse({"given": given, "removed": removed, "net": net})

    def forget(self, person):
        """Remove a person: first her consent, then all else; what a kill leaves, a start ends.

        On a full disk all of hers but the rows goes; it may be repeated until they go, too.
        """
        self.writing(self.people.begin_deletion, person)
        self.teaching.undo(person)
        self.recognizer.forget(person)
        self.store.remove(person)
        self.writing(self.people.end_deletion, person)

    def tidy(self):
        """End the deletions that were begun, and delete whose time is over."""
        late = self.people.older_than(self.keep_days) if self.keep_days else []
        for person in [*self.people.unfinished(), *late]:
            try:
                self.forget(person)
            except RequestError as error:  # the disk is still full: the next time
                print(f"cannot delete {person} yet: {error.error}", file=sys.stderr, flush=True)

    @contextlib.asynccontextmanager
    async def tidying(self, application):
        """While the service runs, tidy every hour."""

        async def again():
            while True:
                await asyncio.sleep(HOUR)
                await run_in_threadpool(self.tidy)

        task = asyncio.create_task(again())
        try:
            yield
        finally:
            task.cancel()

    def writing(self, function, *arguments):
        """Call what writes a small file, and say so if the disk is full."""
        try:
            return function(*arguments)
        except OSError as error:
            raise storing_problem(error) from None

    # What is answered when something is wrong.

    async def refuse(self, request, error):
        """Answer a `RequestError`: the page has words for the key, others read the English ones."""
        said = self.words["error"].get(error.error, error.error)
        headers = {"retry-after": str(error.wait)} if error.wait else {}
        return JSONResponse({"error": error.error, "message": said}, error.status, headers)

    async def http_error(self, request, error):
        """Answer what the framework refuses: no such address, no such method."""
        return JSONResponse({"error": "not_found"}, error.status_code, error.headers)

    async def gone(self, request, error):
        """The visitor has left in the middle of a request; nobody reads the answer."""
        return Response(status_code=400)

    def application(self, names=()):
        """The ASGI application; ``names`` as for `dataset.smielfy.middleware.GuardMiddleware`."""
        routes = [
            *AccountRoutes(self).routes(),
            *CollectRoutes(self).routes(),
            *MirrorRoutes(self).routes(),
            *VisitorRoutes(self).routes(),
            *self.admin.routes(),
            *static_routes(self.mirror),
        ]
        return Starlette(
            routes=routes,
            lifespan=self.tidying,
            middleware=[Middleware(GuardMiddleware, names=names, entered=self.entered)],
            exception_handlers={
                RequestError: self.refuse,
                HTTPException: self.http_error,
                ClientDisconnect: self.gone,
            },
        )


def mirror_of(smiles):
    """The folder by which browsers recognise themselves, if there is one for this net, or None."""
    try:
        meta = json.loads((CACHE / "nets" / "meta.json").read_text(encoding="utf-8"))
        same_net = meta["of"] == hashlib.sha256(smiles.read_bytes()).hexdigest()
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return CACHE if same_net else None
