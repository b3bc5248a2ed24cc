import pytest

from probes.files import privacy


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/home/anna/models/Qwen2-7B", "Qwen2-7B"),
        ("/data/llama-30b-hf/", "llama-30b-hf"),
        (r"D:\models\chatglm3-6b", "chatglm3-6b"),
        ("./ckpt/qwen", "qwen"),
        ("~/qwen", "qwen"),
        ("Qwen/Qwen2-7B-Instruct", "Qwen/Qwen2-7B-Instruct"),
        ("llama2", "llama2"),
        ("", ""),
    ],
)
def test_of_a_path_only_the_last_component_is_kept(path, name):
    assert privacy.last_component(path) == name


def test_what_is_no_text_leaves_as_it_is():
    assert [privacy.shareable(value) for value in (True, 2e-5, "float16", "/a/b/c")] == [
        True,
        2e-5,
        "float16",
        "c",
    ]
