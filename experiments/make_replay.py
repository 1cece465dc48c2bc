"""Pack the replay set: few, small pictures that keep a fine-tuned network from forgetting.

    python experiments/make_replay.py --data data/smileys

packs them for those who have the shipped weights and not the rendered set: of every
woman and smiley the first and the last frame, as JPEG, 96 pixels square, the face's square
in the middle half.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()

from experiments.smileys.replay import REPLAY, kept, pack


def main(argv=None):
    """Run the script; ``argv`` as for argparse."""
    parser = cli.parser(__doc__)
    default = cli.ROOT / "data" / "smileys"
    parser.add_argument("--data", type=Path, default=default, help="rendered set (data/smileys)")
    parser.add_argument("--out", type=Path, default=REPLAY, help="default weights/replay.npz")
    arguments = parser.parse_args(argv)
    from common.output import check_output
    from experiments.smileys.data import SmileyData

    check_output(arguments.out)
    data = SmileyData.read(arguments.data)
    pack(*data.of(kept(data.rows)), arguments.out)
    print(f"{arguments.out}: {len(kept(data.rows))} of {len(data.rows)} pictures of {data.hash()}")


if __name__ == "__main__":
    cli.run(main)
