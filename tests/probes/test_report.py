from probes.report import shareable


def test_what_is_no_text_leaves_as_it_is():
    assert [shareable(value) for value in (True, 2e-5, "float16", "/a/b/c")] == [
        True,
        2e-5,
        "float16",
        "c",
    ]
