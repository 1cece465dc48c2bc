"""The key that signs cookies and bursts."""

import contextlib
import hashlib
import hmac
import os
import secrets
from pathlib import Path


class Key:
    """The secret that signs cookies and bursts; made once, readable by its owner only."""

    def __init__(self, path):
        path = Path(path)
        with contextlib.suppress(FileExistsError):
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(descriptor, "wb") as file:
                file.write(secrets.token_bytes(32))
        self._secret = path.read_bytes()
        if len(self._secret) < 32:  # killed while writing it
            path.unlink()
            self.__init__(path)

    def sign(self, *parts):
        """Signature of texts: 32 hexadecimal digits."""
        text = "\n".join(parts).encode("utf-8", "surrogatepass")
        return hmac.new(self._secret, text, hashlib.sha256).hexdigest()[:32]

    def signed(self, *parts):
        """The last text with the signature of all behind it."""
        return f"{parts[-1]}.{self.sign(*parts)}"

    def check(self, value, *parts):
        """The text in what `signed` made with the same ``parts`` before it, or None."""
        text, _, signature = (value or "").rpartition(".")
        right = hmac.compare_digest(
            signature.encode("utf-8", "replace"), self.sign(*parts, text).encode()
        )
        return text if right else None
