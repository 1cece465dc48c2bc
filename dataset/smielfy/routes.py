"""What the groups of the service's routes have in common."""

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route


class Routes:
    """A group of routes.

    Parameters
    ----------
    service : dataset.smielfy.app.Smielfy

    Attributes
    ----------
    TABLE : str
        A line a route: method, path, name of the method that answers, what it is for.
    """

    TABLE = ""

    def __init__(self, service):
        self.service = service

    def routes(self):
        """Its routes, for Starlette: list of Route."""
        lines = (line.split() for line in self.TABLE.strip().splitlines())
        return [Route(path, getattr(self, name), methods=[kind]) for kind, path, name, *_ in lines]


async def picture_response(read, *arguments):
    """Answer with the JPEG that a function reads; 404 if it gives None, or the file has gone."""
    try:
        data = await run_in_threadpool(read, *arguments)
    except OSError:
        data = None
    if data is None:
        raise HTTPException(404)
    return Response(data, media_type="image/jpeg")
