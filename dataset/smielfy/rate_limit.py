"""How often somebody may ask for something."""

import time

KEPT = 10_000  # keys remembered; who asks under more names than that is no visitor


class RateLimit:
    """A bucket of tokens a key: full at first, one token a request, refilled steadily.

    Parameters
    ----------
    capacity : int
        Requests allowed at once.
    per_minute : float
        Requests allowed in the long run.
    """

    def __init__(self, capacity, per_minute):
        self.capacity, self.rate = capacity, per_minute / 60
        self._buckets = {}

    def left(self, key, now=None):
        """Seconds until this key may ask, as `wait`, but nothing is used."""
        now = time.monotonic() if now is None else now
        tokens, last = self._buckets.get(key, (self.capacity, now))
        tokens = min(self.capacity, tokens + (now - last) * self.rate)
        return 0 if tokens >= 1 else (1 - tokens) / self.rate

    def wait(self, key, now=None):
        """Seconds until this key may ask (0: it may, and has now used a token)."""
        now = time.monotonic() if now is None else now
        tokens, last = self._buckets.pop(key, (self.capacity, now))
        tokens = min(self.capacity, tokens + (now - last) * self.rate)
        allowed = tokens >= 1
        self._buckets[key] = (tokens - allowed, now)
        if len(self._buckets) > KEPT:  # the longest unused goes first
            del self._buckets[next(iter(self._buckets))]
        return 0 if allowed else (1 - tokens) / self.rate
