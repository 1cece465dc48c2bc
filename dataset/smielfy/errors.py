"""How the service says no."""


class RequestError(Exception):
    """A request that is answered with an error the page has words for.

    Parameters
    ----------
    status : int
        HTTP status code, 400 to 507.
    error : str
        Key under ``error`` in the files of ``locales/``.
    wait : int, optional
        Seconds after which it is worth trying again.
    """

    def __init__(self, status, error, wait=None):
        super().__init__(error)
        self.status, self.error, self.wait = status, error, wait
