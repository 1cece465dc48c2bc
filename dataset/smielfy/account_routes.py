"""Who a visitor is, and what she agreed to."""

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse

from dataset.smielfy.errors import RequestError
from dataset.smielfy.middleware import constant_time_equal
from dataset.smielfy.request_body import read_json
from dataset.smielfy.routes import Routes
from dataset.smielfy.static_files import LANGUAGES, read_words
from dataset.smielfy.store import check_space
from dataset.smielfy.visitor_routes import COOKIE, PASS


class AccountRoutes(Routes):
    """Routes for coming, agreeing and leaving."""

    TABLE = """
        GET    /api/me      me      who I am, what I agreed to, what I have given
        POST   /api/enter   enter   {"code"}: give the access code
        POST   /api/consent consent {"agree": true}: get a pseudonym
        POST   /api/shown   shown   {"shown": bool}: whether others may see my pictures
        DELETE /api/me      leave   remove all that is mine
    """

    async def me(self, request):
        """Tell a visitor what is known of her."""
        person = self.service.person(request)
        return JSONResponse(
            {
                "person": person,
                "leaving": self.service.people.leaving(person),
                "entered": self.service.entered(request.headers.get("cookie", "")),
                "shown": bool(person) and self.service.people.shows(person),
                "given": self.service.store.bursts(person) if person else {},
                "people": len(self.service.people),
                "taught": self.service.teaching.net(person) is not None,
            }
        )

    async def enter(self, request):
        """Check the access code."""
        self.service.limit("code", request.client.host if request.client else "")
        self.service.allowed("guess", "all")
        body = await read_json(request, {"code": str})
        if not constant_time_equal(plain(body["code"]), self.service.code):
            # All guesses together, too: who has many addresses has no more of them.
            self.service.limit("guess", "all")
            raise RequestError(403, "wrong_code")
        response = JSONResponse({"entered": True})
        self.service.set_cookie(response, PASS, self.service.pass_)
        return response

    async def consent(self, request):
        """Give a pseudonym to who agrees."""
        self.service.limit("consent", request.client.host if request.client else "")
        body = await read_json(request, {"agree": bool})
        if not body["agree"]:
            raise RequestError(422, "no_consent")
        person = self.service.person(request)
        if person is None:
            check_space(self.service.store.folder)
            language = body.get("language") if body.get("language") in LANGUAGES else "en"
            text = self.consent_text(language)
            person = await run_in_threadpool(
                self.service.writing, self.service.people.agree, text, language
            )
        response = JSONResponse({"person": person}, 201)
        self.service.set_cookie(response, COOKIE, self.service.key.signed("person", person))
        return response

    def consent_text(self, language):
        """What a visitor reads before she agrees."""
        words = read_words(language)["consent"]
        names = ("who_text", "what_text", "kept_text", "yours_text", "agree")
        until = words["until"].format(days=self.service.keep_days) if self.service.keep_days else ""
        text = "\n".join([*(words[name] for name in names), until])
        return text.replace("{keeper}", self.service.keeper or words["keeper"])

    async def shown(self, request):
        """Show the visitor's pictures as examples, or no longer."""
        person = self.service.agreed(request)
        self.service.limit("change", person)
        body = await read_json(request, {"shown": bool})
        await run_in_threadpool(self.service.show, person, body["shown"])
        return JSONResponse({"shown": body["shown"]})

    async def leave(self, request):
        """Remove all that is the visitor's."""
        person = self.service.person(request)
        if person is None:
            raise RequestError(403, "no_consent")
        await run_in_threadpool(self.service.forget, person)
        response = JSONResponse({"person": None})
        response.delete_cookie(COOKIE, httponly=True, samesite="strict", secure=self.service.https)
        return response


def plain(code):
    """An access code without what is easily mistaken: case and blanks."""
    return "".join(code.split()).casefold()
