import io

from probes.logs import reading, source
from probes.logs.source import Source

TEXT = b"one\ntwo\r\n\n 10%|#  | 1/10\r 20%|## | 2/10\n\x1b[32mgreen\x1b[0m\nlast"
PIECES = [
    (0, 0, "one"),
    (4, 1, "two"),
    (10, 3, " 10%|#  | 1/10"),
    (25, 3, " 20%|## | 2/10"),
    (40, 4, "green"),
    (55, 5, "last"),
]


def made(text=TEXT):
    return Source(io.BytesIO(text), len(text), "utf-8")


def test_pieces_are_lines_and_states_of_a_bar_with_the_lines_before_them(monkeypatch):
    for step in (2**20, 7, 1):
        monkeypatch.setattr(source, "_STEP", step)

        assert [(piece.start, piece.lines, piece.text) for piece in made().pieces(0, len(TEXT))] == PIECES


def test_a_piece_is_in_the_stretch_in_which_it_begins():
    assert [piece.text for piece in made().pieces(5, 25)] == [" 10%|#  | 1/10"]
    assert [piece.text for piece in made().pieces(25, 26)] == [" 20%|## | 2/10"]


def test_the_piece_around_each_place_and_the_lines_up_to_it():
    found = made().around({1, 30, 28, 57}, TEXT, 0, 11)

    assert [(piece.lines, piece.text) for piece in found] == [
        (-3, "one"),
        (0, " 20%|## | 2/10"),
        (2, "last"),
    ]


def test_a_block_is_filled_with_line_ends_where_the_file_is_not():
    block = bytearray(len(TEXT) + 5)

    made().fill(-2, memoryview(block))

    assert block == b"\n\n" + TEXT + b"\n\n\n"


def test_a_line_without_end_is_cut():
    (piece,) = made(b"x" * (3 * reading.LONGEST)).pieces(0, 1)

    assert len(piece.text) == reading.LONGEST
