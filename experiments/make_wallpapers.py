"""Make a set of photos without faces from Debian's wallpaper packages, for nets to develop on.

No net here has learnt from them. Fetched and unpacked beforehand, without installing:
    apt-get download lomiri-wallpapers-16.04 lomiri-wallpapers-20.04 mate-backgrounds \
        plasma-workspace-wallpapers
    for package in *.deb; do dpkg -x $package .; done
Drawn wallpapers and those with people are left out. Writes OUT/*.jpg and OUT/scenes.csv.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()

from experiments.core.expected import expecting

LONGEST = 640  # pixels
# Photos by their path below usr/share; plasma's come in sizes.
PHOTOS = {
    "backgrounds/{}.jpg": (
        "Bridge_by_Sander_Klootwijk", "Dragonfly_by_Bolly", "Kleiber_by_Lukas_Baubkus",
        "Picture_0B_by_freespace", "Picture_1A_by_freespace", "Wine_by_Jakkub_Mede",
        "aitzgorri_by_Aitzol_Berasategi", "free_by_Peter_Nerlich",
        "friends_by_Aitzol_Berasategi", "greentock_by_Peter_Nerlich",
        "life_by_Aitzol_Berasategi", "picosdeeuropa_by_Aitzol_Berasategi",
        "seeding_by_Clements_Engelhardt", "sunset_by_Aitzol_Berasategi",
    ),
    "backgrounds/mate/nature/{}.jpg": (
        "Aqua", "Blinds", "Dune", "FreshFlower", "Garden", "GreenMeadow", "LadyBird",
        "RainDrops", "Storm", "TwoWings", "Wood", "YellowFlower",
    ),
    "wallpapers/{}/contents/images/[0-9]*.jpg": (
        "BytheWater", "ColdRipple", "ColorfulCups", "DarkestHour", "EveningGlow", "FallenLeaf",
        "Grey", "Kite", "OneStandsOut", "Path", "summer_1am",
    ),
}  # fmt: skip


def parse_args(argv=None):
    """The command line."""
    parser = cli.parser(expecting(__doc__, "make_wallpapers"))
    add = parser.add_argument
    help_text = "where the packages were unpacked: has usr/share"
    add("--packages", type=Path, required=True, metavar="DIR", help=help_text)
    out = cli.ROOT / "data" / "parts" / "wallpapers"
    add("--out", type=Path, default=out, help="folder to write (default data/parts/wallpapers)")
    return parser.parse_args(argv)


def main(argv=None):
    """Shrink the photos, then write the table."""
    args = parse_args(argv)
    import cv2

    from common.output import make_folder, write_csv, write_file
    from common.tables import read_picture

    photos = {}
    for pattern, names in PHOTOS.items():
        for name in names:
            # All sizes show the same: the last by name.
            for path in sorted((args.packages / "usr" / "share").glob(pattern.format(name))):
                photos[name] = path
    lacking = sum(map(len, PHOTOS.values())) - len(photos)
    if lacking:
        raise cli.UserError(f"{lacking} photos are not below {args.packages}/usr/share: see --help")
    make_folder(args.out, parents=True)
    for name, path in photos.items():
        image = read_picture(path)
        scale = LONGEST / max(image.shape[:2])
        image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        write_file(args.out / f"{name}.jpg", cv2.imencode(".jpg", image)[1].tobytes())
    rows = [{"path": f"{name}.jpg", "kind": "nature", "split": "val"} for name in photos]
    write_csv(args.out / "scenes.csv", ("path", "kind", "split"), rows)
    print(f"{len(rows)} photos: {args.out / 'scenes.csv'}")


if __name__ == "__main__":
    cli.run(main)
