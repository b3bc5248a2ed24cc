import pytest

from probes.dataset import survey
from probes.dataset.rows import Place


def surveyed(*rows, **limits):
    return survey.survey([(Place("line", i), row, False) for i, row in enumerate(rows, 1)], **limits)


def complaints(found):
    return {what: [place.number for place in tally.places] for what, tally in found.tallies.items()}


def ids(labels, tokens=3):
    return {"input_ids": list(range(tokens)), "labels": labels}


@pytest.mark.parametrize(
    ("row", "what"),
    [
        (None, survey.BROKEN),
        ({"foo": 1}, survey.NO_SAMPLE),
        ({"instruction": "Add.", "output": " \n"}, survey.EMPTY),
        ({"messages": [{"role": "user", "content": "Hi"}]}, survey.EMPTY),
        (ids([-100, -100, -100]), survey.MASKED),
        (ids([-100, 2]), survey.UNEVEN),
        ({"input_ids": [3, -200, 5]}, survey.NEGATIVE),
    ],
)
def test_a_bad_row_is_named(row, what):
    found = surveyed({"prompt": "a", "response": "b"}, row, ids([-100, 1, 2]))

    assert complaints(found) == {what: [2]}


def test_good_rows_have_no_complaints_and_are_counted_by_form():
    found = surveyed({"prompt": "a", "response": "b"}, {"text": "c"}, {"text": "d"})

    assert (found.rows, found.forms, found.tallies) == (3, {"prompt and response": 1, "text": 2}, {})


def test_nan_and_duplicates_are_found_whatever_the_columns():
    rows = [(Place("row", 0), {"a": 1, "b": 2}, True), (Place("row", 1), {"b": 2, "a": 1}, False)]
    found = survey.survey(rows)

    assert found.tallies[survey.NOT_FINITE].places == [Place("row", 0)]
    assert found.tallies[survey.DUPLICATE].places == [Place("row", 1)]


def test_duplicates_are_sought_among_a_bounded_number_of_rows(monkeypatch):
    monkeypatch.setattr(survey, "MOST_HASHED", 2)
    found = surveyed({"text": "a"}, {"text": "b"}, {"text": "a"})

    assert (found.hashed, found.tallies) == (2, {})


def test_rows_are_held_against_the_maximum_length():
    rows = [
        ids([-100, 1, 2]),
        ids([-100] * 3 + [1], 4),
        {"prompt": "a b", "response": "c d"},
        {"prompt": "a b c", "response": "d"},
    ]
    long, lost = survey.TOO_LONG, survey.NO_ANSWER_LEFT

    assert complaints(surveyed(*rows, max_length=3)) == {long: [2], lost: [2]}
    assert complaints(surveyed(*rows, max_length=3, length=lambda text: len(text.split()))) == {
        long: [2, 3, 4],
        lost: [2, 4],
    }


def test_only_the_first_rows_are_named():
    tally = surveyed(*[None] * 9).tallies[survey.BROKEN]

    assert (tally.count, len(tally.places)) == (9, survey.MOST_PLACES)
