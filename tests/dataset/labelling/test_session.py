"""The labelling tool's logic, by sequences of keys and mouse events; no window, no file."""

import random

import numpy as np
import pytest

from common.cli import UserError
from common.smileys import read_smileys
from dataset.labelling.document import Document
from dataset.labelling.faces import Faces
from dataset.labelling.geometry import AREA, CANVAS, ROW, SMALLEST, TIMELINE
from dataset.labelling.keys import BINDINGS, CODES, COMMANDS, SMILEY_KEYS, key_name
from dataset.labelling.session import Session

SIZE, COUNT = (640, 360), 30
SMILEYS = list(read_smileys())


def faces_of(frame):
    """Two faces, the better one moves by 10 pixels a frame; none in frame 20."""
    if frame == 20:
        return np.zeros((0, 4)), np.zeros(0)
    boxes = [[100.0 + 10 * frame, 100, 80, 80], [20.0, 200, 60, 60]]
    return np.array(boxes), np.array([0.9, 0.7])


def session(detect=faces_of, position=0):
    return Session(Document(SIZE), COUNT, SMILEYS, "anna", Faces(detect), position)


def keys(session, *names):
    for name in names:
        session.key(name)
    return session


def drag(session, *points):
    """Drag the mouse from point to point of the frame."""
    points = [session.view.to_canvas(*point) for point in points]
    session.mouse("down", *points[0])
    for point in points[1:]:
        session.mouse("move", *point)
    session.mouse("up", *points[-1])
    return session


def smileys(session, frames=range(COUNT)):
    marks = session.document.marks
    return [marks[frame].smiley if frame in marks else "-" for frame in frames]


def state(session):
    return dict(session.document.marks), set(session.document.starts)


def test_a_key_a_smiley_in_the_tables_order():
    assert len(SMILEY_KEYS) == len(set(SMILEY_KEYS)) == len(SMILEYS) == 17
    for key, smiley in zip("1234567890qwertyu", SMILEYS):
        assert keys(session(), key).mark.smiley == smiley
    assert not {*SMILEY_KEYS} & {*COMMANDS}
    assert len(COMMANDS) == sum(len(names) for _, _, names, _ in BINDINGS)
    assert all(hasattr(Session, command) for command, _ in COMMANDS.values())


def test_a_label_takes_the_detectors_square_and_both_carry_on():
    tool = keys(session(), "1", "right", "right", "2", "right")
    assert smileys(tool, range(5)) == ["smile", "smile", "laugh", "laugh", "-"]
    assert [tool.document.marks[f].box for f in range(4)] == [
        (100, 100, 80), (110, 100, 80), (120, 100, 80), (130, 100, 80),
    ]  # fmt: skip
    assert tool.mark.person == "anna"


def test_a_frame_reached_by_a_jump_takes_the_square_before_it():
    tool = drag(session(None), (50, 60), (150, 160))
    keys(tool, "1", "home", "n", "2")
    assert smileys(tool, range(3)) == ["smile", "laugh", "-"]
    assert tool.mark.box == (50, 60, 100)
    assert tool.mark.own_box


def test_squares_stay_where_they_are_if_they_do_not_follow():
    tool = keys(session(), "f", "1", "right")
    assert tool.mark.box == (100, 100, 80)
    tool = drag(session(None), (50, 60), (150, 160))
    keys(tool, "1", "right", "right")
    assert tool.mark.box == (50, 60, 100)


def test_a_corrected_square_keeps_its_correction_when_it_follows():
    tool = keys(session(), "1")
    drag(tool, (140, 140), (145, 130))
    keys(tool, "right", "right")
    assert tool.mark.box == (125, 90, 80)
    # Where there is no face the square stays.
    tool = keys(session(position=19), "1", "right")
    assert tool.mark.box == (290, 100, 80)


def test_a_change_reaches_what_was_carried_on_up_to_the_next_label():
    tool = keys(session(), "1", *["right"] * 4, "backspace", *["right"] * 4, "home", *["right"] * 2)
    keys(tool, "3")
    assert smileys(tool, range(10)) == ["smile"] * 2 + ["sad"] * 2 + [None] * 5 + ["-"]
    drag(tool, (160, 140), (160, 150))
    assert [tool.document.marks[f].box[1] for f in range(9)] == [100, 100] + [110] * 7
    keys(tool, "z", "z")
    assert smileys(tool, range(10)) == ["smile"] * 4 + [None] * 5 + ["-"]


def test_nothing_is_carried_backwards_by_jumps_or_over_labels():
    tool = keys(session(), "1", "down", "2", "left", "up")
    assert smileys(tool) == ["smile"] + ["-"] * 9 + ["laugh"] + ["-"] * 19
    keys(tool, "home", *["right"] * 12)
    assert smileys(tool, range(13)) == ["smile"] * 10 + ["laugh"] * 3


def test_clips_stop_what_is_carried_on():
    tool = keys(session(), "1", *["right"] * 3, "left", "c")
    assert tool.document.starts == {2}
    keys(tool, "home", "2")
    assert smileys(tool, range(5)) == ["laugh", "laugh", "smile", "smile", "-"]
    assert [tool.document.clip(frame) for frame in (0, 1, 2, 29)] == [0, 0, 2, 2]
    keys(tool, *["right"] * 9, "c", "left", "right")
    assert tool.position == 9
    assert tool.mark.smiley == "smile"  # it was there before the clip began
    keys(tool, "pageup", "pageup", "pagedown", "pagedown")
    assert tool.position == 9
    keys(tool, "right", "c", "left", "right", "right")
    assert smileys(tool, [10, 11]) == ["smile", "smile"]
    tool = keys(session(), "down", "c", "home", "1", *["right"] * 12)
    assert tool.position == 12
    assert smileys(tool) == ["smile"] * 10 + ["-"] * 20
    assert "first clip" in keys(tool, "home", "c").message


def test_playing_carries_on_and_ends_with_the_video():
    tool = keys(session(position=25), "1", "space", "]")
    assert tool.speed == 2
    for _ in range(10):
        tool.tick()
    assert not tool.playing
    assert smileys(tool, range(25, 30)) == ["smile"] * 5
    assert keys(tool, "space").playing is False
    keys(tool, "home", "space")
    tool.mouse("down", 5, 5)
    assert not tool.playing


def test_the_next_frame_without_a_label_is_searched_from_the_first_again():
    tool = keys(session(), "1", "right", "right", "home", "n")
    assert tool.position == 3
    keys(tool, "1", "end", "1", "n")
    assert tool.position == 4
    tool = session()
    keys(tool, "1", *["right"] * COUNT, "n")
    assert "no other frame" in tool.message


def test_without_a_face_or_a_detector_the_mouse_is_asked_for():
    tool = keys(session(position=20), "1")
    assert tool.mark is None
    assert "draw the square" in tool.message
    tool = keys(session(None), "d", "f", "1", "backspace", "i")
    assert state(tool) == ({}, set())

    def broken(frame):
        raise UserError("weights/big.npz is truncated")

    tool = keys(session(broken), "1")
    assert "big.npz is truncated: draw the square" in tool.message
    drag(tool, (10, 10), (60, 60))
    assert keys(tool, "1", "right").mark.smiley == "smile"


def test_proposals_take_turns():
    tool = keys(session(), "d")
    assert tool.mark.box == (100, 100, 80)
    assert tool.mark.smiley is None
    assert keys(tool, "d").mark.box == (20, 200, 60)
    assert keys(tool, "d").mark.box == (100, 100, 80)
    # The square before decides between faces that are both well seen.
    tool = session(lambda frame: (faces_of(frame)[0], np.array([0.9, 0.85])))
    keys(tool, "d", "d")
    tool.seek(1)
    assert keys(tool, "d").mark.box == (20, 200, 60)


@pytest.mark.parametrize(
    ("points", "box"),
    [
        ([(300, 100), (350, 140)], (300, 100, 50)),  # a new one, as large as the longer way
        ([(300, 200), (260, 150)], (250, 150, 50)),  # up and to the left
        ([(130, 130), (150, 135), (130, 150)], (100, 120, 80)),  # moved
        ([(180, 180), (200, 200)], (100, 100, 100)),  # its corner
        ([(102, 102), (122, 122)], (120, 120, 60)),  # the opposite one, not taken exactly
        ([(180, 180), (180, 180)], (100, 100, 80)),  # a mere click
        ([(300, 100), (301, 101)], (100, 100, 80)),  # a click that slips
        ([(130, 130), (-500, 130)], (-40, 100, 80)),  # its centre stays in the frame
        ([(180, 180), (105, 105)], (100, 100, SMALLEST)),
    ],
)
@pytest.mark.parametrize("zoomed", [False, True])
def test_the_mouse_draws_moves_and_resizes(points, box, zoomed):
    tool = keys(session(), "d")
    if zoomed:
        for _ in range(2):
            tool.mouse("in", *tool.view.to_canvas(200, 150))
        assert tool.view.zoom == 1.25**2
        assert np.allclose(tool.view.to_frame(*tool.view.to_canvas(200, 150)), (200, 150))
    drag(tool, *points)
    if points[-1] == (105, 105):
        assert tool.mark.box[2] <= 8
    else:
        assert tool.mark.box == pytest.approx(box, abs=0.11)
    assert tool.drag is None


def test_a_small_square_can_still_be_moved():
    tool = drag(session(None), (100, 100), (110, 110))
    drag(tool, (105, 105), (155, 105))
    assert tool.mark.box == pytest.approx((150, 100, 10), abs=0.11)


def test_a_drag_is_one_step_of_undo_and_can_be_given_up():
    tool = keys(session(), "d")
    before = state(tool)
    drag(tool, *[(130 + k, 130) for k in range(20)])
    keys(tool, "z")
    assert state(tool) == before
    at = tool.view.to_canvas(130, 130)
    tool.mouse("down", *at)
    tool.mouse("move", at[0] + 50, at[1])
    assert tool.box != tool.mark.box
    keys(tool, "1")  # keys wait for the mouse
    keys(tool, "esc")
    assert tool.drag is None
    assert not tool.closed
    assert state(tool) == before


def test_the_timeline_and_the_list_of_smileys_are_clicked():
    tool = session()
    tool.mouse("down", TIMELINE[2] * 0.5, TIMELINE[1] + 3)
    tool.mouse("move", TIMELINE[2] * 0.999, 9999)
    assert tool.position == COUNT - 1
    tool.mouse("move", -50, 0)
    tool.mouse("up", -50, 0)
    assert tool.position == 0
    tool.mouse("down", AREA[0] + 20, 2.5 * ROW)
    tool.mouse("up", AREA[0] + 20, 2.5 * ROW)
    assert tool.mark.smiley == "sad"
    tool.mouse("down", AREA[0] + 20, CANVAS[1] - 1)
    tool.mouse("down", 20, CANVAS[1] - 1)
    assert len(tool.document.marks) == 1


def test_the_square_is_moved_by_keys():
    tool = keys(session(None), "p")
    drag(tool, (100, 100), (200, 200))
    assert keys(tool, "l").mark.box == (102, 100, 100)
    assert keys(tool, "i", "j", "k").mark.box == (100, 100, 100)
    assert keys(tool, "p").mark.box == (98, 98, 104)
    assert keys(tool, "o").mark.box == (100, 100, 100)


def test_help_takes_the_next_key():
    tool = keys(session(), "h")
    assert tool.help
    assert not keys(tool, "1").help
    assert tool.mark is None
    assert not keys(tool, "?", "esc").closed
    assert keys(tool, "esc").closed


def test_zooming_stays_within_the_frame():
    tool = keys(session(), "d", *["+"] * 50)
    assert tool.view.zoom == 16
    assert np.allclose(tool.view.centre, (140, 140))
    keys(tool, *["-"] * 50)
    assert tool.view.zoom == 1
    assert np.allclose(tool.view.centre, (320, 180))


def test_undo_returns_to_where_it_was_done_and_redo_is_lost_by_a_change():
    tool = keys(session(), "1", "right", "right", "end", "z")
    assert tool.position == 1
    keys(tool, "home", "x")
    assert tool.position == 2
    keys(tool, "z", "2", "x")
    assert "nothing to redo" in tool.message
    assert smileys(tool, range(3)) == ["smile", "laugh", "-"]


def check(tool):
    marks, starts = tool.document.marks, tool.document.starts
    assert 0 <= tool.position < COUNT
    assert starts <= set(range(1, COUNT))
    for frame, mark in marks.items():
        x, y, side = mark.box
        assert SMALLEST <= side <= max(SIZE)
        assert -0.1 <= x + side / 2 <= SIZE[0]
        assert -0.1 <= y + side / 2 <= SIZE[1]
        assert mark.smiley in [None, *SMILEYS]
        if not (mark.own_box and mark.own_smiley):
            assert frame - 1 in marks
            assert frame not in starts
        if not mark.own_smiley:
            before = marks[frame - 1]
            assert (mark.smiley, mark.person) == (before.smiley, before.person)
    assert 1 <= tool.view.zoom <= 16


def random_event(tool, rng):
    """Do something at random: mostly keys that change something."""
    kind = rng.random()
    if kind < 0.45:
        tool.key(rng.choice(["1", "2", "q", "right", "right", "right", "backspace", "d", "c"]))
    elif kind < 0.7:
        tool.key(rng.choice([key for key in [*COMMANDS, *SMILEY_KEYS] if key != "esc"]))
    elif kind < 0.75:
        tool.tick()
    else:
        event = rng.choice(["down", "move", "move", "up", "up", "in", "out"])
        tool.mouse(event, rng.uniform(-20, CANVAS[0] + 20), rng.uniform(-20, CANVAS[1] + 20))


@pytest.mark.parametrize("seed", range(12))
def test_whatever_is_done_keeps_the_rules_and_can_be_undone(seed):
    rng = random.Random(seed)
    tool = session(faces_of if seed % 3 else None)
    for _ in range(300):
        before, here, revision = state(tool), tool.position, tool.document.revision
        moves = tool.playing
        random_event(tool, rng)
        check(tool)
        after = state(tool)
        if after == before:
            continue
        assert tool.document.revision > revision
        if tool.document._undone or moves or tool.drag:
            continue  # the event was itself an undo, or more than one thing
        there = tool.position
        keys(tool, "z")
        assert state(tool) == before
        assert tool.position == here or tool.help
        keys(tool, "x")
        assert (state(tool), tool.position) == (after, there)
    end = state(tool)
    tool.drag, tool.help = None, False
    steps = len(tool.document._done)
    keys(tool, *["z"] * (steps + 1))
    assert state(tool) == ({}, set())
    keys(tool, *["x"] * (len(tool.document._undone)))
    keys(tool, *["z"] * (len(tool.document._done) - steps))
    assert state(tool) == end


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (ord("1"), "1"), (ord("Q"), "q"), (32, "space"), (27, "esc"), (8, "backspace"),
        (0xFF51, "left"), (0x10FF53, "right"), (0x250000, "left"), (63235, "right"),
        (127, "delete"), (0xFFB3, "3"), (ord("?"), "?"),
        (0x6CA, "q"),  # й in X11
        (0x6DF, "]"),  # ъ
        (ord("я"), "z"), (ord("б"), ","),
        (0xFFE1, None), (0, None), (ord("@"), None), (200, None),
    ],
)  # fmt: skip
def test_codes_of_keys_on_every_system(code, name):
    assert key_name(code) == name


def test_every_named_key_has_a_code():
    named = {key for key in COMMANDS if len(key) > 1}
    assert named == set(CODES)
