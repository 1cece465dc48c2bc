"""The bodies of requests, read with bounds on their size and time."""

import asyncio
import collections
import json

from dataset.smielfy.errors import RequestError

JSON_BYTES = 2000  # of a request that is no picture
PATIENCE = 20  # seconds a request's body may take


async def read_body(request, most):
    """Read a request's body of at most so many bytes: 413 above, 408 if it takes too long."""
    length = request.headers.get("content-length", "0")
    if length.isdecimal() and int(length[:18]) > most:
        raise RequestError(413, "too_large")
    body = bytearray()

    async def read():
        async for chunk in request.stream():
            body.extend(chunk)
            if len(body) > most:
                raise RequestError(413, "too_large")

    try:
        await asyncio.wait_for(read(), PATIENCE)
    except asyncio.TimeoutError:
        raise RequestError(408, "too_slow") from None
    return bytes(body)


async def read_json(request, fields):
    """Read a small JSON object.

    Parameters
    ----------
    request : Request
    fields : dict of str to type
        What it must hold.

    Raises
    ------
    RequestError
        400 for what is no JSON, 422 for a missing field or one of another type.
    """
    try:
        value = json.loads(await read_body(request, JSON_BYTES))
    except (ValueError, RecursionError):
        raise RequestError(400, "no_json") from None
    if not isinstance(value, collections.abc.Mapping):
        raise RequestError(422, "wrong_fields")
    if any(type(value.get(name)) is not kind for name, kind in fields.items()):
        raise RequestError(422, "wrong_fields")
    return value
