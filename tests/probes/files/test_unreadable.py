import pytest

from probes.files import unreadable


@pytest.mark.parametrize(
    ("head", "line"),
    [
        (b"%PDF-1.7", "x: is a PDF, paste the text that it shows"),
        (b"\x89PNG\r\n\x1a\n", "x: is a picture, paste the text that it shows"),
        (b"\x80\x04\x95\x00", "x: is a checkpoint, look into it with `whynan scan x`"),
        (b'\x40\x00\x00\x00\x00\x00\x00\x00{"w":', "x: is a checkpoint, look into it with `whynan scan x`"),
        (b"7z\xbc\xaf\x27\x1c", "x: is a 7z archive, unpack it and give the folder"),
        (b'settings{"a": 1}', None),
        (b"PDF: see below", None),
        (b"", None),
    ],
)
def test_what_is_no_text_is_named_with_what_to_do(head, line):
    assert unreadable.by_bytes(head, "x") == line


@pytest.mark.parametrize(
    ("member", "line"),
    [
        ("archive/data.pkl", "x: is a checkpoint, look into it with `whynan scan x`"),
        ("[Content_Types].xml", "x: is an office document, paste the text that it shows"),
        ("arr_0.npy", "x: is an archive of arrays, give the log or the config of the training"),
        ("run/train.log", None),
    ],
)
def test_a_zip_that_is_no_archive_is_known_by_its_members(member, line):
    assert unreadable.by_members(["run/config.py", member], "x") == line
