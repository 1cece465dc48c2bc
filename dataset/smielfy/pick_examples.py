"""Choose the rendered examples that Smielfy shows: three women a smiley, its clearest frames.

    python dataset/smielfy/pick_examples.py --data data/smileys

Clear is what the smiley net is surest of, since the page asks for what it will recognise.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import cli

cli.use_project_python()

EXAMPLES = 3  # a smiley, each of another woman
QUALITY = 88
BATCH = 128


def parse(argv):
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    root = cli.ROOT
    parser.add_argument("--data", type=Path, default=root / "data" / "smileys", help="rendered set")
    parser.add_argument("--weights", type=Path, default=root / "weights" / "smiles.npz")
    out = root / "dataset" / "smielfy" / "static" / "examples"
    parser.add_argument("--out", type=Path, default=out, help="folder to write (default: the page)")
    return parser.parse_args(argv)


def main(argv=None):
    """Run the script; ``argv`` as for argparse."""
    arguments = parse(argv)
    import cv2
    import numpy as np
    from tqdm import tqdm

    from dataset.manifest import manifest_path, read_manifest
    from dataset.tables import box_of, read_images
    from nets.functions import compile_probabilities
    from nets.input import network_input
    from nets.weights import load_network
    from output import make_folder, written
    from pipeline.windows import crop

    network, meta = load_network(arguments.weights, "smiles")
    probabilities = compile_probabilities(network)
    rows = read_manifest(arguments.data, meta["classes"])
    images = read_images(manifest_path(arguments.data), rows)
    clearest = {}  # by smiley and person: (probability, picture)
    for start in tqdm(range(0, len(rows), BATCH), desc="looking"):
        part = list(zip(rows[start : start + BATCH], images[start:]))
        windows = np.concatenate([crop(image, [box_of(row)]) for row, image in part])
        for (row, image), found in zip(part, probabilities(network_input(windows))):
            sure = found[meta["classes"].index(row["smiley"])]
            people = clearest.setdefault(row["smiley"], {})
            if sure > people.get(row["person"], (0,))[0]:
                people[row["person"]] = (sure, image)
    make_folder(arguments.out)
    for smiley, people in clearest.items():
        best = sorted(people.values(), key=lambda found: -found[0])[:EXAMPLES]
        for number, (_, image) in enumerate(best, 1):
            with written(arguments.out / f"{smiley}-{number}.jpg") as beside:
                cv2.imwrite(str(beside), image, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
        print(f"{smiley}: {', '.join(f'{sure:.2f}' for sure, _ in best)}")


if __name__ == "__main__":
    cli.run(main)
