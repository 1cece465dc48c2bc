"""Who has agreed to what, under pseudonyms.

A visitor who agrees gets a random pseudonym, in a signed cookie. One small file a
person says when she agreed, to which text, and which of her pictures others may see once
the administrator has approved them; deleting the person removes it. Nothing else about her is kept.
"""

import contextlib
import datetime
import hashlib
import json
import os
import re
import secrets
import threading
from pathlib import Path

from common.output import write_file
from dataset.smielfy.errors import RequestError

NAME = re.compile("s[0-9a-f]{12}")
DELETED = ".deleted"  # ending of the record of a person whose deletion has begun


class People:
    """The records of those who agreed.

    Parameters
    ----------
    folder : path-like
        Gets ``NAME.json`` a person, ``shown/ID.jpg``, the pictures shown as examples, and
        ``consent/VERSION.txt``, the texts that people agreed to.
    approve : bool
        Whether the administrator must approve a picture before others see it.
    """

    def __init__(self, folder, approve=True):
        self.folder, self.approve = Path(folder), approve
        self.shown_folder = self.folder / "shown"
        self.shown_folder.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._records = {}
        for path in self.folder.glob("s*.json"):
            with contextlib.suppress(OSError, ValueError):
                record = json.loads(path.read_text(encoding="utf-8"))
                if NAME.fullmatch(path.stem) and isinstance(record.get("shown"), dict):
                    self._records[path.stem] = record
        self._leaving = {path.stem for path in self.folder.glob(f"s*{DELETED}")}
        named = {name for _, _, name in self.all_shown()}
        for path in self.shown_folder.iterdir():  # left when a process was killed
            if path.stem not in named:
                path.unlink(missing_ok=True)

    def __contains__(self, person):
        return person in self._records

    def __len__(self):
        return len(self._records)

    def agree(self, text="", language="en"):
        """Note a new person's consent to a text; returns her pseudonym."""
        person = f"s{secrets.token_hex(6)}"
        version = hashlib.sha256(text.encode()).hexdigest()[:12]
        path = self.folder / "consent" / f"{version}.txt"
        with self._lock:  # a class agrees to the same text at once
            if not path.exists():
                path.parent.mkdir(exist_ok=True)
                write_file(path, text)
        self._write(person, record_of(today(), version, language))
        return person

    def admit(self, person, record=None):
        """Take in a person of an export; who is here already stays as she is.

        Parameters
        ----------
        person : str
        record : dict, optional
            As in her file elsewhere; only the consent in it is taken over.
        """
        if not NAME.fullmatch(person) or person in self._leaving:
            return False
        if person not in self:
            record = record if isinstance(record, dict) else {}
            known = [record.get(name) for name in ("agreed", "version", "language")]
            known = [value if isinstance(value, str) and len(value) < 40 else "" for value in known]
            self._write(person, record_of(known[0] or today(), *known[1:]))
        return True

    def record(self, person):
        """What is noted of a person: a copy."""
        return json.loads(json.dumps(self._records.get(person, {})))

    def names(self):
        """Pseudonyms of all who agreed, the latest last."""
        return sorted(self._records, key=lambda name: self._records[name].get("agreed", ""))

    def older_than(self, days):
        """People who agreed more than so many days ago."""
        last = (datetime.date.today() - datetime.timedelta(days=days)).isoformat()
        return [name for name in self.names() if self._records[name].get("agreed", last) < last]

    def shows(self, person):
        """Whether others may see her pictures."""
        return self._records.get(person, {}).get("shows", False)

    def lacks(self, person, smiley):
        """Whether others may see her pictures, and none of this smiley is shown yet."""
        return self.shows(person) and smiley not in self._records[person]["shown"]

    def all_shown(self):
        """Pictures that their people show, approved or not: list of (person, smiley, id)."""
        with self._lock:
            return [
                (person, slug, name)
                for person, record in self._records.items()
                for slug, name in record["shown"].items()
            ]

    def examples(self, smiley=None):
        """Pictures that others may see: list of (smiley, id)."""
        return [
            (slug, name)
            for person, slug, name in self.all_shown()
            if smiley in (None, slug) and self.approved(person, name)
        ]

    def approved(self, person, name):
        """Whether others may see a picture that a person shows."""
        return not self.approve or name in self._records.get(person, {}).get("approved", [])

    def example(self, name, approved=True):
        """Bytes of a picture that may be shown, or None; to the administrator all may be."""
        if name not in {
            shown
            for person, _, shown in self.all_shown()
            if not approved or self.approved(person, shown)
        }:
            return None
        try:
            return (self.shown_folder / f"{name}.jpg").read_bytes()
        except OSError:  # taken back at this moment
            return None

    def allow(self, name, approved):
        """Approve a picture that somebody shows, or no longer; False if it is not there."""
        with self._lock:
            for person, _, shown in self.all_shown():
                if shown == name:
                    record = self._records[person]
                    rest = [other for other in record.get("approved", []) if other != name]
                    self._write(person, {**record, "approved": rest + [name] * bool(approved)})
                    return True
        return False

    def show(self, person, pictures, only_if_shown=False):
        """Show these pictures of a person and no others.

        Parameters
        ----------
        person : str
        pictures : dict of str to bytes, or None
            One JPEG a smiley; None: she no longer agrees.
        only_if_shown : bool
            Leave it if she shows none: she may have switched it off in the meantime.
        """
        with self._lock:
            if person not in self._records:
                raise RequestError(403, "no_consent")
            if only_if_shown and not self.shows(person):
                return
            old = self._records[person]
            # The same picture keeps its name, and with it the administrator's approval.
            shown = {
                smiley: hashlib.sha256(f"{person} {smiley} ".encode() + picture).hexdigest()[:16]
                for smiley, picture in (pictures or {}).items()
            }
            for smiley, name in shown.items():
                if name not in old["shown"].values():
                    write_file(self.shown_folder / f"{name}.jpg", pictures[smiley])
            names = set(shown.values())
            approved = [name for name in old.get("approved", []) if name in names]
            record = {**old, "shows": pictures is not None, "shown": shown, "approved": approved}
            self._write(person, record)
            for name in set(old["shown"].values()) - names:
                (self.shown_folder / f"{name}.jpg").unlink(missing_ok=True)

    def begin_deletion(self, person):
        """Forget a person's consent; from now on nothing of hers is accepted."""
        with self._lock:
            record = self._records.pop(person, None)
            self._leaving.add(person)
            path = self._path(person)
            with contextlib.suppress(FileNotFoundError):
                os.replace(path, path.with_suffix(DELETED))
            for name in (record or {}).get("shown", {}).values():
                (self.shown_folder / f"{name}.jpg").unlink(missing_ok=True)

    def end_deletion(self, person):
        """Remove the last trace of a person."""
        self._path(person).with_suffix(DELETED).unlink(missing_ok=True)
        self._leaving.discard(person)

    def leaving(self, person):
        """Whether a person's deletion was begun and not ended: by a kill, or a full disk."""
        return person in self._leaving

    def unfinished(self):
        """All whose deletion was begun and not ended."""
        return sorted(self._leaving)

    def _path(self, person):
        return self.folder / f"{person}.json"

    def _write(self, person, record):
        with self._lock:
            write_file(self._path(person), json.dumps(record))
            self._records[person] = record


def today():
    """The day, as ISO text."""
    return datetime.date.today().isoformat()


def record_of(agreed, version, language):
    """What is noted of who agreed to the text of this version, in this language, on this day."""
    return {
        "agreed": agreed, "version": version, "language": language,
        "shows": False, "shown": {}, "approved": [],
    }  # fmt: skip
