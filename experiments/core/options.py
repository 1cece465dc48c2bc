"""Options that several comparisons share; imports nothing that is slow."""

import argparse
import json
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from common import cli
from common.arguments import count


@dataclass(frozen=True)
class Recipe:
    """How every arm of a comparison is trained.

    Parameters
    ----------
    batch : int
        Pictures a batch.
    rate : float
        First learning rate.
    schedule : str
        One of `experiments.core.training.SCHEDULES`.
    batches : int
        The budget, in batches of 32 pictures.
    """

    batch: int = 32
    rate: float = 3e-3
    schedule: str = "cosine"
    batches: int = 6000


def comparison_parser(doc, files):
    """A parser of what all comparisons of trainings take; ``files`` says what --out gets."""
    parser = cli.parser(doc)
    parser.add_argument("--data", required=True, help="folder with manifest.csv, or a CSV file")
    parser.add_argument("--out", required=True, type=Path, help=f"folder for {files}")
    add_runner_options(parser)
    add_stale_option(parser)
    return parser


def add_recipe_options(parser):
    """How every arm is trained: given here, or chosen by `experiments/choose_recipe.py`."""
    add = parser.add_argument
    add("--batch", type=count, help=f"pictures a batch (default {Recipe.batch})")
    add("--rate", type=float, help=f"first learning rate (default {Recipe.rate})")
    add("--schedule", choices=("cosine", "late"), help="how it falls (default cosine)")
    add(
        "--recipe",
        type=Path,
        metavar="JSON",
        help="file that experiments/choose_recipe.py has written; what is given above goes before",
    )


def recipe_of(args):
    """The recipe that parsed arguments mean; raise a `UserError` for a file that is none."""
    recipe = Recipe()
    if args.recipe:
        try:
            found = json.loads(args.recipe.read_text())["chosen"]
            values = asdict(recipe).items()
            recipe = Recipe(**{name: type(value)(found[name]) for name, value in values})
        except FileNotFoundError:
            raise cli.UserError(
                f"there is no {args.recipe}: run 'make choose-recipe' first"
            ) from None
        except (ValueError, KeyError, TypeError):
            raise cli.UserError(f"{args.recipe} is not of experiments/choose_recipe.py") from None
    given = {name: getattr(args, name) for name in ("batch", "rate", "schedule")}
    recipe = replace(recipe, **{name: v for name, v in given.items() if v is not None})
    if not recipe.rate > 0 or recipe.batch < 1:
        raise cli.UserError("--rate and --batch must be above 0")
    return recipe


def numbers(text):
    """`5,10` as a growing tuple."""
    values = tuple(sorted({int(part) for part in text.split(",")}))
    if values[0] < 1:
        raise argparse.ArgumentTypeError("numbers are at least 1")
    return values


def add_runner_options(parser):
    """Where jobs run: processes of this machine, or workers of Dask."""
    add = parser.add_argument
    add("--processes", type=count, default=os.cpu_count(), help="default: one a core")
    add(
        "--scheduler",
        metavar="ADDRESS",
        help="of Dask's scheduler, such as tcp://10.0.0.1:8786, whose workers train instead "
        "(docs/cluster.md)",
    )


def add_stale_option(parser):
    """What to do with finished arms whose code has changed since."""
    parser.add_argument(
        "--stale",
        choices=("refuse", "train", "keep"),
        default="refuse",
        help="finished arms of other code: name them and end (default), train them anew, or keep "
        "them, which the report says",
    )


def runner_options(args):
    """What `experiments.core.arms.run_arms` takes, of the arguments of `comparison_parser`."""
    return {
        "source": args.data, "out": args.out, "processes": args.processes,
        "scheduler": args.scheduler, "stale": args.stale,
    }  # fmt: skip
