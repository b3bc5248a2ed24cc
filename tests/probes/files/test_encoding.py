import pytest

from probes.files.encoding import find

TEXT = "# 学习率与精度\nlearning_rate: 1e-4\nfp16: true\n"


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (TEXT.encode(), "utf-8"),
        (TEXT.encode("utf-8-sig"), "utf-8-sig"),
        (TEXT.encode("utf-16"), "utf-16"),
        (b"\xfe\xff" + TEXT.encode("utf-16-be"), "utf-16"),
        (TEXT.encode("utf-32"), "utf-32"),
        (TEXT.encode("utf-16-le"), "utf-16-le"),
        (TEXT.encode("utf-16-be"), "utf-16-be"),
        (TEXT.encode("gbk"), "gb18030"),
        (TEXT.encode()[:4], "utf-8"),  # cut in the middle of a character
        (b"", "utf-8"),
        (bytes(range(256)), "gb18030"),
    ],
)
def test_the_bytes_tell_the_encoding(head, name):
    assert find(head) == name
