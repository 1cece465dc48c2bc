"""Who has agreed to what, under pseudonyms.

A visitor who agrees gets a random pseudonym, in a signed cookie. One small file a
person says when she agreed and which of her pictures others may see; deleting the
person removes it. Nothing else about her is kept.
"""

import contextlib
import datetime
import hashlib
import hmac
import json
import os
import re
import secrets
import shutil
import threading
from pathlib import Path

from common.output import written
from dataset.smielfy.refused import Refused

NAME = re.compile("s[0-9a-f]{12}")
DELETED = ".deleted"  # ending of the record of a person whose deletion has begun


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


class People:
    """The records of those who agreed.

    Parameters
    ----------
    folder : path-like
        Gets ``NAME.json`` a person, and ``shown/ID.jpg``, the pictures shown as examples.
    """

    def __init__(self, folder):
        self.folder = Path(folder)
        self.shown_folder = self.folder / "shown"
        self.shown_folder.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._records = {}
        for path in self.folder.glob("s*.json"):
            with contextlib.suppress(OSError, ValueError):
                record = json.loads(path.read_text(encoding="utf-8"))
                if NAME.fullmatch(path.stem) and isinstance(record.get("shown"), dict):
                    self._records[path.stem] = record
        named = {name for _, name in self.examples()}
        for path in self.shown_folder.iterdir():  # left when a process was killed
            if path.stem not in named:
                path.unlink(missing_ok=True)

    def __contains__(self, person):
        return person in self._records

    def __len__(self):
        return len(self._records)

    def agree(self):
        """Note a new person's consent; returns her pseudonym."""
        person = f"s{secrets.token_hex(6)}"
        today = datetime.date.today().isoformat()
        self._write(person, {"agreed": today, "shows": False, "shown": {}})
        return person

    def shows(self, person):
        """Whether others may see her pictures."""
        return self._records.get(person, {}).get("shows", False)

    def lacks(self, person, smiley):
        """Whether others may see her pictures, and none of this smiley is shown yet."""
        return self.shows(person) and smiley not in self._records[person]["shown"]

    def examples(self, smiley=None):
        """Pictures that others may see: list of (smiley, id)."""
        with self._lock:
            return [
                (slug, name)
                for record in self._records.values()
                for slug, name in record["shown"].items()
                if smiley in (None, slug)
            ]

    def example(self, name):
        """Bytes of a picture that may be shown, or None."""
        if name not in {shown for _, shown in self.examples()}:
            return None
        try:
            return (self.shown_folder / f"{name}.jpg").read_bytes()
        except OSError:  # taken back at this moment
            return None

    def show(self, person, pictures):
        """Show these pictures of a person and no others.

        Parameters
        ----------
        person : str
        pictures : dict of str to bytes, or None
            One JPEG a smiley; None: she no longer agrees.
        """
        with self._lock:
            if person not in self._records:
                raise Refused(403, "no_consent")
            old = self._records[person]["shown"]
            shown = {smiley: secrets.token_hex(8) for smiley in pictures or ()}
            for smiley, name in shown.items():
                with written(self.shown_folder / f"{name}.jpg") as beside:
                    beside.write_bytes(pictures[smiley])
            record = {**self._records[person], "shows": pictures is not None, "shown": shown}
            self._write(person, record)
            for name in old.values():
                (self.shown_folder / f"{name}.jpg").unlink(missing_ok=True)

    def begin_deletion(self, person):
        """Forget a person's consent; from now on nothing of hers is accepted."""
        with self._lock:
            record = self._records.pop(person, None)
            path = self._path(person)
            with contextlib.suppress(FileNotFoundError):
                os.replace(path, path.with_suffix(DELETED))
            for name in (record or {}).get("shown", {}).values():
                (self.shown_folder / f"{name}.jpg").unlink(missing_ok=True)

    def end_deletion(self, person):
        """Remove the last trace of a person."""
        self._path(person).with_suffix(DELETED).unlink(missing_ok=True)

    def unfinished(self):
        """People whose deletion was begun and not ended, by a kill or a crash."""
        return [path.stem for path in self.folder.glob(f"s*{DELETED}")]

    def _path(self, person):
        return self.folder / f"{person}.json"

    def _write(self, person, record):
        with self._lock:
            with written(self._path(person)) as beside:
                beside.write_text(json.dumps(record), encoding="utf-8")
            self._records[person] = record


def remove_folder(path):
    """Remove a folder and what is in it, if it is there."""
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(path)
