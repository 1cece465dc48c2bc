"""Train the article's smiley net for real people, on a mixture of sources.

    python experiments/train_real.py --data DATA --rendered DIR --puppets DIR --out runs/real

DATA is the folder of published sets (`fer/`, `genki/`, `strangers.csv`, `grimaces.csv`,
`faces.csv`, `portraits.csv`, `expressions.csv`); rendered people come from
`dataset/make_data.py`, puppeteered photographs from `dataset/make_puppets.py`. The mixture is
`experiments/real/recipe.py`; `--without SOURCE` leaves an ingredient out, `--only rendered` is
the control. Of the first half of the performers of `expressions.csv` every second one trains;
the others, and people whom no other source trains on, choose how it is finished. With `--final`
all of that half train, and it is finished as a training without it has chosen: its chosen.json.

Ctrl-C saves and ends; `--resume` goes on, also after a kill.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()

from experiments.core.expected import expecting


def parse_args(argv=None):
    """The command line."""
    parser = cli.parser(expecting(__doc__, "train_real"))
    add = parser.add_argument
    add("--data", type=Path, required=True, help="folder of the published sets")
    add("--rendered", type=Path, default=cli.ROOT / "data" / "many", help="default data/many")
    puppets = cli.ROOT / "data" / "puppets"
    add("--puppets", type=Path, nargs="+", default=[puppets], metavar="DIR", help="data/puppets")
    add("--without", nargs="*", default=[], metavar="SOURCE", help="sources to leave out")
    add("--only", nargs="*", metavar="SOURCE", help="the only sources to take")
    add(
        "--init",
        type=lambda word: None if word == "none" else Path(word),
        default=cli.ROOT / "weights" / "strangers.npz",
        metavar="FILE",
        help="net to start from, 'none' for none (default weights/strangers.npz)",
    )
    add("--epochs", type=int, default=20, help="of --steps batches each (default 20)")
    add("--steps", type=int, default=300, help="batches an epoch (default 300)")
    add("--batch", type=int, default=32)
    add("--rate", type=float, default=2e-3, help="first learning rate (default 0.002)")
    add("--adjust", type=float, default=1.0, help="of the logits by the classes' shares (1)")
    add(
        "--final",
        type=Path,
        metavar="FILE",
        help="chosen.json of a training without this: all performers of the first half train, "
        "and the net is finished as that one has chosen",
    )
    add("--seed", type=int, default=0)
    add("--workers", type=int, default=1, help="processes that augment")
    add("--resume", action="store_true", help="go on where a training stopped")
    add("--out", required=True, type=Path, help="folder for real.npz and metrics.jsonl")
    args = parser.parse_args(argv)
    for name in ("epochs", "steps", "batch"):
        if getattr(args, name) < 1:
            parser.error(f"--{name} must be at least 1")
    from experiments.real.recipe import SHARES

    unknown = [name for name in (*args.without, *(args.only or ())) if name not in SHARES]
    if unknown:
        parser.error(f"there is no source {unknown[0]!r}: there are {', '.join(SHARES)}")
    args.names = [name for name in args.only or SHARES if name not in args.without]
    if not args.names:
        parser.error("no source is left")
    if args.final and "acted" not in args.names:
        parser.error("--final takes the source acted in")
    return args


def read_data(args):
    """What trains, and who chooses or is told: (Mixture, list of `choosing.Chooser`)."""
    from experiments.real import choosing, recipe
    from experiments.real.mixture import Mixture

    acting = "first half" if args.final else "train"
    parts = recipe.parts_of(args.names, args.data, args.rendered, args.puppets, acting)
    mixture = Mixture(parts, args.batch)
    for name, (count, share) in counts_of(mixture).items():
        print(f"{name}: {count} faces, share {share}")
    sets = choosing.choosers(
        args.names, args.data, args.rendered, args.puppets, acted=not args.final
    )
    return mixture, [*sets, *choosing.told(args.data)]


def counts_of(mixture):
    """Faces of each source, and its share of the batches: dict of name to [int, float]."""
    return {part.source.name: [len(part.source), part.share] for part in mixture.parts}


def train(mixture, sets, args):
    """Train until the end, or until Ctrl-C: the network, and the last epoch's metrics."""
    from common.interrupt import Interrupt
    from experiments.real.training import train_real

    with Interrupt() as interrupt:
        return train_real(
            mixture,
            sets,
            args.out,
            init=args.init,
            adjust=args.adjust,
            epochs=args.epochs,
            steps=args.steps,
            seed=args.seed,
            rate=args.rate,
            workers=args.workers,
            resume=args.resume,
            stop=lambda: interrupt.wanted,
        )


def finish_network(network, mixture, sets, final, seed):
    """Finish a trained network as those who choose want it, or as another training has chosen.

    Returns
    -------
    (list of dict, dict)
        What was tried, as from `experiments.real.finish.finish`; of it what was taken, with what
        it has added to the ``bias``.
    """
    from experiments.real.finish import finish, see_no_colour, taken
    from experiments.real.finish_as import finish_as, note_bias

    see_no_colour(network)
    before = network.b.get_value()
    if final:
        tried = finish_as(final, network, mixture, sets, seed)
    else:
        tried = finish(network, mixture, sets, seed)
    return tried, {**taken(tried), "bias": note_bias(before, network.b.get_value())}


def recalls_of(network, sets):
    """Recall of each label in each set that chose: dict of name to dict."""
    from experiments.real.choosing import SMILEYS, recalls
    from experiments.smileys.metrics import predict
    from nets.functions import compile_probabilities

    probabilities = compile_probabilities(network)
    return {
        one.name: recalls(predict(probabilities, one.inputs), one.targets, SMILEYS) for one in sets
    }


def training_words(args, chosen):
    """How it was trained and finished, for the model card."""
    from experiments.real.card import bias_words

    weight = chosen["weight"]
    start = f"from `{args.init.name}`" if args.init else "from nothing"
    return (
        f"{start}, {args.epochs} epochs of {args.steps} batches of {args.batch} "
        f"windows (`REAL` in `experiments/real/mixture.py`), seed {args.seed}, Adam, the rate "
        f"falling from {args.rate:g} to 0 along a cosine, to its end. The "
        f"logits were adjusted by the classes' shares at strength {args.adjust:g}. Batch "
        f"statistics: {1 - weight:.2f} of the mixture's, {weight:.2f} of its real faces'; "
        f"the last layer's bias: {bias_words(chosen['penalty'])}."
    )


def main(argv=None):
    """Train, finish and save the net, print what it reaches on those who chose."""
    args = parse_args(argv)
    from common.output import make_folder, write_file
    from experiments.core.results import command_line
    from experiments.core.training import check_unfinished
    from experiments.real.card import write_card
    from experiments.real.finish_as import read_chosen
    from experiments.real.labels import SMILEYS
    from nets.weights import save_weights

    make_folder(args.out, parents=True)
    if not args.resume:
        check_unfinished(args.out, args.epochs * args.steps)
    final = read_chosen(args.final) if args.final else None
    mixture, sets = read_data(args)
    network, chosen = train(mixture, sets, args)
    tried, finished = finish_network(network, mixture, sets, final, args.seed)
    chosen = {**chosen, **finished}
    recalled = recalls_of(network, sets)
    origin = command_line("experiments/train_real.py", argv, without=["--resume"])
    classes = list(SMILEYS)
    save_weights(
        args.out / "real.npz", network, "smiles", classes=classes, normalized=True, origin=origin
    )
    chosen["training"] = training_words(args, chosen)
    note = {"command": origin, "sources": counts_of(mixture), "finish": tried, **chosen}
    write_file(args.out / "chosen.json", json.dumps(note, indent=1))
    write_card(args.out / "real.md", mixture, note, recalled, final)
    shown = {name: round(value, 3) for name, value in chosen.items() if "_own" in name}
    print(
        f"weight {chosen['weight']}, penalty {chosen['penalty']}, on the validation sets: {shown}"
    )
    return 0


if __name__ == "__main__":
    cli.run(main)
