import pytest

from probes.configs import words


@pytest.mark.parametrize(
    ("written", "word"),
    [
        ("AdamW", "adamw"),
        ("adamw_torch", "adamw"),
        ("adamw_torch_fused", "adamw"),
        ("adamw_hf", "adamw"),
        ("adamw_apex_fused", "adamw"),
        ("torch.optim.AdamW", "adamw"),
        ("DeepSpeedCPUAdam", "adamw"),
        ("FusedAdam", "adamw"),
        ("Adam", "adam"),
        ("PagedAdamW32bit", "paged_adamw_32bit"),
        ("paged_adamw_8bit", "paged_adamw_8bit"),
        ("adamw_bnb_8bit", "adamw_8bit"),
        ("AdamW8bit", "adamw_8bit"),
        ("SGD", "sgd"),
        ("adafactor", "adafactor"),
        ("paged_lion_32bit", "lion"),
        ("galore_adamw", "other"),
        ("OneBitAdam", "other"),
        ("muon", "other"),
        ("auto", None),
        (None, None),
    ],
)
def test_optimizers_by_family(written, word):
    assert words.optimizer(written) == word


@pytest.mark.parametrize(
    ("written", "word"),
    [
        ("fp16", "float16"),
        ("torch.bfloat16", "bfloat16"),
        ("16-mixed", "float16"),
        (16, "float16"),
        ("auto", None),
        ("no", None),
        (True, None),
        ("FP8", "float8"),
    ],
)
def test_number_formats(written, word):
    assert words.dtype(written) == word


@pytest.mark.parametrize(
    ("written", "word"),
    [
        (1, 1.0),
        ("0.3", 0.3),
        (0, "none"),
        (None, "none"),
        (float("inf"), "none"),
        ("inf", "none"),
        ("auto", None),
        (True, None),
    ],
)
def test_clipping_norms(written, word):
    assert words.norm(written) == word


@pytest.mark.parametrize("written", [float("inf"), float("nan"), "inf", "1e999", -1.0])
def test_a_rate_is_a_positive_number(written):
    assert words.rate(written) is None


@pytest.mark.parametrize(("written", "word"), [("8", 8), (4.0, 4), ("auto", None), (0, None), (2.5, None)])
def test_counts(written, word):
    assert words.count(written) == word


@pytest.mark.parametrize(("written", "word"), [(True, "on"), ("false", "off"), ("auto", "auto"), ("x", None)])
def test_modes(written, word):
    assert words.mode(written) == word


@pytest.mark.parametrize(
    ("written", "word"),
    [("fa2", "flash_attention_2"), (True, "flash_attention_2"), ("disabled", "eager"), ("auto", None)],
)
def test_attention_kernels(written, word):
    assert words.kernel(written) == word


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("kernels-community/vllm-flash-attn3", "flash_attention_3"),
        ("kernels-community/flash-attn2", "flash_attention_2"),
        ("kernels-community/flash-attn", "flash_attention_2"),
        ("kernels-community/metal-sdpa", None),
    ],
)
def test_kernels_of_the_hub_are_known_by_their_name(value, expected):
    assert words.kernel(value) == expected


@pytest.mark.parametrize(
    ("written", "word"), [(True, "eager"), ("on", "eager"), (False, None), ("auto", None)]
)
def test_an_option_that_is_on_stands_for_its_value(written, word):
    assert words.if_on("eager")(written) == word
