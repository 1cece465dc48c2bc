"""The script that writes the pages: a number changed by hand is noticed, and mended."""

from types import SimpleNamespace

import pytest

from experiments import make_docs
from experiments.core.statistics import over_people


@pytest.fixture
def project(tmp_path, monkeypatch):
    folder = tmp_path / "docs" / "templates"
    folder.mkdir(parents=True)
    (folder / "README.md").write_text("{{ found.demo('known') }} frames\n")
    (folder / "more.md").write_text("nothing to fill in\n")
    monkeypatch.setattr(make_docs, "TEMPLATES", folder)
    monkeypatch.setattr(make_docs.cli, "ROOT", tmp_path)
    monkeypatch.setattr(
        "experiments.core.findings.Findings.demo", lambda self, video: f"609 of 630 of {video}"
    )
    return tmp_path


def test_pages_are_written_and_then_up_to_date(project, capsys):
    assert make_docs.main([]) == 0
    assert (project / "README.md").read_text() == "609 of 630 of known frames\n"
    assert (project / "docs" / "more.md").read_text() == "nothing to fill in\n"
    assert make_docs.main(["--check"]) == 0
    assert "up to date" in capsys.readouterr().out


def test_a_number_changed_by_hand_is_noticed(project, capsys):
    make_docs.main([])
    page = project / "README.md"
    page.write_text(page.read_text().replace("609", "619"))
    assert make_docs.main(["--check"]) == 1
    assert "README.md: not what" in capsys.readouterr().err
    assert "619" in page.read_text()  # a check writes nothing
    make_docs.main([])
    assert "619" not in page.read_text()


def test_a_name_that_is_not_there_is_an_error(project):
    (project / "docs" / "templates" / "more.md").write_text("{{ found.nothing }}\n")
    with pytest.raises(Exception, match="nothing"):
        make_docs.main([])


@pytest.mark.parametrize(
    ("people", "fails", "works"),
    [
        ([0.95, 0.96, 0.97], "did not hold", "held"),
        ([0.50, 0.51, 0.52], "held", "did not hold"),  # skill 0 to 0.04 over a guess of 0.5
        ([0.76, 0.77, 0.78], "did not hold", "did not hold"),  # skill 0.52 to 0.56
        ([0.55, 0.75, 0.95], "undecided", "undecided"),
    ],
)
def test_a_verdict_is_that_of_the_claims_thresholds(people, fails, works):
    found = SimpleNamespace(people=lambda *_: over_people(people), majority_rate=lambda _: 0.5)
    assert make_docs.verdict(found, "set", "person", True, "fails") == fails
    assert make_docs.verdict(found, "set", "person", True, "works") == works
