"""Measure oneDNN's convolutions of the smiley net by precision, and ours in float32.

One window, one thread, the thread's own processor time, medians of 200 turns. Writes layers.csv.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()

from common.output import write_file
from experiments.core.expected import expecting


def main(argv=None):
    """Measure and write the table."""
    parser = cli.parser(expecting(__doc__, "bench/layers"))
    parser.add_argument("--out", type=Path, default=cli.ROOT / "results" / "bench")
    args = parser.parse_args(argv)
    from nets.fast import library

    folders = library.onednn_folders()
    if folders is None:
        raise cli.UserError("oneDNN is not installed: run make setup")
    headers, libraries = folders
    with tempfile.TemporaryDirectory() as folder:
        program = f"{folder}/layers"
        source = str(Path(__file__).with_suffix(".cc"))
        ours = next(path for path in library.SOURCES if path.name == "winograd.cc")
        options = [*library.FLAGS[:4], str(ours), f"-I{ours.parent}", f"-I{headers}"]
        options += [f"-L{libraries}", "-l:libdnnl.so.3"]
        options += [f"-Wl,-rpath,{libraries}", "-o", program]
        command = [library.theano.config.cxx, source, *options]
        subprocess.run(command, check=True)
        alone = {**os.environ, "OMP_NUM_THREADS": "1"}
        table = subprocess.run([program], check=True, capture_output=True, env=alone).stdout
    write_file(args.out / "layers.csv", table)
    print(table.decode())


if __name__ == "__main__":
    cli.run(main)
