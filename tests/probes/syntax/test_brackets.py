import pytest

from probes.syntax.brackets import insert, insert_first, remove


def spans(text):
    """The brackets, and the elements of a list of words."""
    start, end = text.index("("), text.rindex(")") + 1
    elements, at = [], start + 1
    for word in "abc":
        if (place := text.find(word, at, end)) >= 0:
            elements.append((place, place + 1))
            at = place + 1
    return (start, end), elements


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("()", "(new)"),
        ("(a, b)", "(a, b, new)"),
        ("(a, b,)", "(a, b, new,)"),
        ("(\n  a,\n  b,\n)", "(\n  a,\n  b,\n  new,\n)"),
        ("(\n  a,\n  b  # why\n)", "(\n  a,\n  b,  # why\n  new\n)"),
    ],
)
def test_a_new_element_comes_last(text, expected):
    assert insert(text, *spans(text), "new") == expected


@pytest.mark.parametrize(
    ("text", "expected"), [("()", "(new)"), ("(a)", "(new, a)"), ("(\n  a,\n)", "(\n  new,\n  a,\n)")]
)
def test_a_new_element_comes_first(text, expected):
    assert insert_first(text, *spans(text), "new") == expected


@pytest.mark.parametrize(
    ("text", "index", "expected"),
    [
        ("(a)", 0, "()"),
        ("(a,)", 0, "()"),
        ("(a, b)", 0, "(b)"),
        ("(a, b)", 1, "(a)"),
        ("(\n  a,  # one\n  b,\n)", 0, "(\n  b,\n)"),
        ("(\n  a,\n  b)", 1, "(\n  a)"),
        ("(\n  a,  # one\n  b)", 1, "(\n  a,  # one\n  )"),
    ],
)
def test_an_element_goes_with_its_comma(text, index, expected):
    assert remove(text, *spans(text), index) == expected
