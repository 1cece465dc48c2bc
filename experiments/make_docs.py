"""Write README.md, README.ru.md and pages of docs/ from their templates and from results/.

    python experiments/make_docs.py            # write them
    python experiments/make_docs.py --check    # only say which are not as they would be written

A template (docs/templates/, Jinja2) names the numbers; `experiments/core/findings.py` reads them
from the tables that the experiments wrote, so that no number on a page is typed.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import cli

if __name__ == "__main__":
    cli.use_project_python()

TEMPLATES = cli.ROOT / "docs" / "templates"


def page_of(template, root):
    """Where a template's page stands: README in the root, everything else in docs/."""
    return root / template if template.startswith("README") else root / "docs" / template


def verdict(found, comparison, split, augment, wanted):
    """Whether a claim that a setting 'works' or 'fails' held, by the thresholds fixed for it.

    Parameters
    ----------
    found : experiments.core.findings.Findings

    Returns
    -------
    {'held', 'did not hold', 'undecided'}
    """
    from experiments.compare.claims import FAILS, WORKS, answer_of, skill

    majority_rate = found.majority_rate(comparison)
    right = found.people(comparison, split, augment).map(lambda value: skill(value, majority_rate))
    return answer_of(wanted, right, WORKS if wanted == "works" else FAILS)


def render(template, findings, folder):
    """The page of a template in a folder, as text."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    pages = Environment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,  # a name that is not there is an error, not an empty word
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # Markdown, for nobody's browser but by way of a renderer
    )
    return pages.get_template(template).render(found=findings, verdict=verdict)


def main(argv=None):
    """Write or check the pages; ``argv`` as for argparse."""
    parser = cli.parser(__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 if stale")
    args = parser.parse_args(argv)
    from common.output import write_file
    from experiments.core.findings import Findings

    stale = []
    for template in sorted(path.name for path in TEMPLATES.glob("*.md")):
        page = page_of(template, cli.ROOT)
        text = render(template, Findings(), TEMPLATES).encode()
        if page.exists() and page.read_bytes() == text:
            continue
        stale.append(str(page.relative_to(cli.ROOT)))
        if not args.check:
            write_file(page, text)
    if args.check and stale:
        print(
            f"{', '.join(stale)}: not what docs/templates and results/ make; run `make docs`",
            file=sys.stderr,
        )
        return 1
    print(f"written: {', '.join(stale)}" if stale else "all pages are up to date")
    return 0


if __name__ == "__main__":
    cli.run(main)
