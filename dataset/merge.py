"""Makes one data set of several.

python dataset/merge.py SET… --out FOLDER    copies the pictures
python dataset/merge.py SET… --out ALL.csv   leaves them where they are, below ALL.csv's folder
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()

import os
import posixpath
import re
import shutil

from common.cli import UserError
from common.images import natural_key
from common.output import check_output
from common.smileys import read_smileys
from common.tables import manifest_path
from dataset.manifest import add_names_option, classes_of, read_manifest, write_manifest
from dataset.manifest_summary import summary


def parse_args(argv):
    """Read the command line."""
    parser = cli.parser(__doc__)
    parser.add_argument("sets", nargs="+", metavar="SET", help="folders, or CSV files")
    parser.add_argument("--out", type=Path, required=True, help="new folder, or CSV file")
    parser.add_argument(
        "--apart",
        action="store_true",
        help="people of one name in different sets are different people",
    )
    add_names_option(parser)
    return parser.parse_args(argv)


def main(argv=None):
    """Run the script; ``argv`` as for argparse."""
    arguments = parse_args(argv)
    smileys = None if arguments.any_smiley else read_smileys()
    rows = merge(arguments.sets, arguments.out, arguments.apart, smileys)
    expected = classes_of(rows) if smileys is None else [*smileys]
    print(summary(manifest_path(arguments.out), rows, expected))


def merge(sets, out, apart=False, smileys=None):
    """Merge data sets.

    Parameters
    ----------
    sets : list of path-like
    out : path-like
        A folder to make, to which the pictures are copied; or, ending in ``.csv``, a
        manifest that names the pictures where they are, at or below its own folder.
    apart, smileys :
        As for `merge_rows` and `dataset.manifest.read_manifest`.

    Returns
    -------
    list of dict
        The rows written.
    """
    out = Path(out)
    paths = [manifest_path(data) for data in sets]
    resolved = [path.resolve() for path in paths]
    for path in paths:
        if resolved.count(path.resolve()) > 1:
            raise UserError(f"{path} is named twice: name every set once")
    in_place = out.suffix.lower() == ".csv"
    if in_place:
        check_output(out, *paths)
        folders = [folder_below(path, out) for path in paths]
    else:
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise UserError(f"{out} exists already: name a new folder")
        folders = None
    sources = [read_manifest(path, smileys, pictures=True) for path in paths]
    titles = set_names(paths)
    rows = merge_rows(dict(zip(titles, sources)), apart)
    origins = [path.parent / row["path"] for path, source in zip(paths, sources) for row in source]
    places = [
        posixpath.normpath(posixpath.join(place, row["path"]))
        for place, source in zip(folders or titles, sources)
        for row in source
    ]
    rows = [{**row, "path": place} for row, place in zip(rows, places)]
    if in_place:
        write_manifest(out, rows)
    else:
        copy_set(out, rows, origins)
    return rows


def folder_below(path, out):
    """Folder of a set as the merged manifest names it."""
    folder = os.path.relpath(path.parent.resolve(), out.parent.resolve())
    if folder.split(os.sep)[0] == "..":
        raise UserError(f"{path} is not below {out.parent}: name a folder as --out to copy")
    return Path(folder).as_posix()


def set_names(paths):
    """A name for each set that may be a folder's: its own, numbered where it repeats."""
    found = []
    for path in paths:
        name = path.stem if path.name != "manifest.csv" else path.resolve().parent.name
        found.append(unused(re.sub(r"[^\w-]+", "_", name) or "set", found))
    return found


def unused(name, used):
    """Name itself, or with the least number that makes it a new one."""
    number, new = 1, name
    while new in used:
        number += 1
        new = f"{name}-{number}"
    return new


def merge_rows(sources, apart=False):
    """Rows of several sets in one list; no frame of a clip is there twice.

    Parameters
    ----------
    sources : dict of str to list of dict
        Rows of each set by the set's name.
    apart : bool
        Put the set's name before a person's that an earlier set has, too. Without
        it they are one person, and a clip of hers whose name an earlier set has
        gets the set's name put before it.

    Returns
    -------
    list of dict
        In the order of the sources.
    """
    rows, people, clips = [], set(), set()
    for title, source in sources.items():
        taken = people | {row["person"] for row in source}
        person_names, clip_names = {}, {}
        for row in numbered(source):
            person = row["person"]
            if person not in person_names:
                new = person
                if apart and person in people:
                    new = unused(f"{title}-{person}", taken)
                    taken.add(new)
                person_names[person] = new
            person, key = person_names[person], (person, row["clip"])
            if key not in clip_names:
                clip = row["clip"]
                if (person, clip) in clips:
                    used = {name for who, name in clips if who == person}
                    used |= {r["clip"] for r in source}
                    clip = unused(f"{title}/{clip}", used)
                clip_names[key] = clip
            rows.append({**row, "person": person, "clip": clip_names[key]})
        people |= set(person_names.values())
        clips |= {(row["person"], row["clip"]) for row in rows}
    return rows


def numbered(rows):
    """Rows whose frames are numbers, unique in their clip; where they are not, count anew."""
    clips = {}
    for index, row in enumerate(rows):
        clips.setdefault((row["person"], row["clip"]), []).append(index)
    rows = [dict(row) for row in rows]
    for members in clips.values():
        frames = [rows[index]["frame"] for index in members]
        are_numbers = all(re.fullmatch("[0-9]+", frame) for frame in frames)
        if are_numbers and len({int(frame) for frame in frames}) == len(frames):
            continue
        members.sort(key=lambda k: (natural_key(rows[k]["frame"]), natural_key(rows[k]["path"])))
        for number, index in enumerate(members):
            rows[index]["frame"] = str(number)
    return rows


def copy_set(out, rows, origins):
    """Copy pictures and write their manifest to a folder that appears when it is whole."""
    from tqdm import tqdm

    part = out.with_name(f"{out.name}.part")
    try:
        shutil.rmtree(part, ignore_errors=True)  # of a run that was killed
        part.mkdir()
        for row, origin in zip(tqdm(rows, unit=" pictures", leave=False, disable=None), origins):
            place = part / row["path"]
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(origin, place)
        write_manifest(part, rows)
        os.replace(part, out)
    except OSError as error:
        raise UserError(f"cannot write {out}: {error.strerror or error}") from None
    finally:
        shutil.rmtree(part, ignore_errors=True)


if __name__ == "__main__":
    cli.run(main)
