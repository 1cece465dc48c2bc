"""The numbers of the pages, against tables written here."""

import pytest

from common.cli import UserError
from experiments.core.findings import Findings, Value


@pytest.fixture
def found(tmp_path):
    def write(name, text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    write(
        "eval_split/small/people.csv",
        "person,split,augment,val_accuracy\n"
        "a,person,0,0.4\nb,person,0,0.6\na,person,1,0.7\na,image,1,0.9\nc,person,0,0.5\n",
    )
    write(
        "eval_split/small/balance.csv",
        "split,repeat,fold,smiley,pictures\n"
        "person,0,0,smile,3\nperson,0,1,smile,5\nperson,0,0,sad,2\n"
        "image,0,0,smile,8\nimage,0,0,sad,2\nperson,1,0,sad,90\n",
    )
    write("demo.csv", "video,right,held\nknown,609,630\n")
    write(
        "eval_vote/boxes.csv",
        "box,one_window,vote,gain,gain_low,gain_high\ntrue,0.8,0.7,-0.1,-0.142,0.016\n",
    )
    write(
        "eval_sources/table.csv",
        "trained on,sets,accuracy,change,change low,change high,p corrected\n"
        "all,real,0.7256,,,,\nrendered only,real,0.4,-0.3256,-0.4,-0.25,0.0001\n"
        "without x,real,0.7,-0.0256,-0.1,0.05,1.0\nall,puppets,0.5,,,,\n",
    )
    write(
        "enrol_real/table.csv",
        "pictures_each,people,before,before low,before high,after,after low,after high,gain,"
        "gain low,gain high,others_before,others_before low,others_before high,others_gain,"
        "others_gain low,others_gain high\n"
        "1,11,0.7,0.6,0.8,0.75,0.7,0.85,0.05,-0.01,0.11,0.66,0.65,0.67,-0.004,-0.02,0.012\n",
    )
    return Findings(tmp_path)


def test_a_mean_over_people_lies_within_what_they_have(found):
    value = found.split("small", "person", False)
    assert value.mean == pytest.approx(0.5)
    # Resampled means of three people lie between the least and the greatest of them.
    assert 0.4 <= value.low < 0.45
    assert 0.55 < value.high <= 0.6


def test_the_majority_rate_is_of_the_commonest_class_of_all_pictures(found):
    assert found.majority_rate("small") == pytest.approx(8 / 10)


def test_how_values_are_shown():
    assert str(Value(0.64512, 0.591, 0.6987)) == "0.645 [0.591, 0.699]"
    assert Value(0.64512, 0.591, 0.6987).percent == "65 % [59, 70]"
    assert str(Value(0.5)) == "0.500"
    assert Value(0.0764, -0.0101, 0.16).signed == "+0.076 [-0.010, +0.160]"
    assert Value(-0.5).signed == "-0.500"
    assert Value(0.5).percent == "50 %"
    assert Value(0.996, 0.990, 1.012).percent == "100 % [99, 100]"


def test_what_leaving_a_source_out_changes_and_what_survives_the_correction(found):
    assert found.sources("real") == {
        "all": ("0.726", ""),
        "rendered only": ("0.400", "**-0.326 [-0.400, -0.250]**"),
        "without x": ("0.700", "-0.026 [-0.100, +0.050]"),
    }
    assert list(found.sources("puppets")) == ["all"]


def test_counts_and_gains(found):
    assert found.demo("known") == "609 of 630"
    assert found.vote_gain("true") == "-10 [-14, 2]"


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda found: found.rows("none.csv"), "cannot read"),
        (lambda found: found.demo("unknown"), "no row of video 'unknown'"),
        (lambda found: found.row("eval_split/small/people.csv", split="person"), "has 4 rows"),
    ],
)
def test_what_is_not_there_is_said(found, ask, words):
    with pytest.raises(UserError, match=words):
        ask(found)


def test_what_pictures_of_each_smiley_teach(found):
    assert list(found.enrolment()) == [
        (
            "1",
            [
                "11", "0.700 [0.600, 0.800]", "0.750 [0.700, 0.850]", "+0.050 [-0.010, +0.110]",
                "0.660 [0.650, 0.670]", "-0.004 [-0.020, +0.012]",
            ],
        )
    ]  # fmt: skip
