import hypothesis
import pytest
from hypothesis import strategies

from probes.files import patterns, sentences

STANCE = patterns.load().stance


def test_sentences_keep_their_line_and_abbreviations_do_not_end_them():
    text = "Loss is nan, e.g. at step 3. Why?\n没有办法。求助！\n\n- torch 2.1.0\nThe script:\nits loss stays"

    assert [(s.text, s.line, s.block) for s in sentences.split(text)] == [
        ("Loss is nan, e.g. at step 3.", 1, 0),
        ("Why?", 1, 0),
        ("没有办法。", 2, 0),
        ("求助！", 2, 0),
        ("- torch 2.1.0", 4, 1),
        ("The script:", 5, 1),
        ("its loss stays", 6, 1),
    ]


def test_a_line_that_goes_on_in_lower_case_is_one_sentence_with_the_next():
    assert [s.text for s in sentences.split("the loss is\nnan after a while")] == [
        "the loss is nan after a while"
    ]


def test_a_sentence_without_end_is_cut():
    assert [len(s.text) for s in sentences.split("a" * 900)] == [400, 400, 100]


def sense(function, text, word):
    start = text.index(word)
    return function(text, start, start + len(word))


@pytest.mark.parametrize(
    ("text", "word", "is_negated"),
    [
        ("I am not using fp16", "fp16", True),
        ("train without DeepSpeed", "DeepSpeed", True),
        ("fp16: False", "fp16", True),
        ("没有用 lora", "lora", True),
        ("bf16 关闭", "bf16", True),
        ("no matter what, fp16 breaks", "fp16", False),
        ("it does not converge, fp16 is on", "fp16", False),
        ("DeepSpeed offload is on", "DeepSpeed", False),
        ("不断出现nan", "nan", False),
    ],
)
def test_a_negation_holds_within_its_clause(text, word, is_negated):
    assert sense(STANCE.negated, text, word) == is_negated


@pytest.mark.parametrize(
    ("text", "word", "is_asked"),
    [
        ("Should I use bf16?", "bf16", True),
        ("是不是 fp16 的问题", "fp16", True),
        ("默认用的是 bf16 吗？", "bf16", True),
        ("Why is the loss nan with fp16?", "fp16", False),
        ("为什么用 fp16 会 nan", "fp16", False),
    ],
)
def test_a_yes_or_no_question_states_nothing(text, word, is_asked):
    assert sense(STANCE.asked, text, word) == is_asked


@pytest.mark.parametrize(
    ("text", "word", "is_fine"),
    [
        ("on an A100 it works, but the V100 gives nan", "A100", True),
        ("on an A100 it works, but the V100 gives nan", "V100", False),
        ("单卡正常，但多卡loss为nan", "单卡", True),
        ("单卡正常，但多卡loss为nan", "多卡", False),
        ("at first the A100 run is normal", "A100", False),
        ("the A100 run is not normal", "A100", False),
        ("does it work on an A100?", "A100", False),
        ("fine-tuning on an A100", "A100", False),
    ],
)
def test_a_healthy_run_is_told_from_the_sick_one(text, word, is_fine):
    assert sense(STANCE.fine, text, word) == is_fine


@hypothesis.given(strategies.text(max_size=1000))
def test_any_text_is_cut_without_loss_of_letters(text):
    def letters(part):
        return "".join(part.split())

    assert letters("".join(sentence.text for sentence in sentences.split(text))) == letters(text)


def test_an_ellipsis_between_numbers_does_not_end_a_sentence():
    text = "scale goes 65536, 32768, ... 1 and the job aborts... Then nothing."

    assert [s.text for s in sentences.split(text)] == [
        "scale goes 65536, 32768, ... 1 and the job aborts...",
        "Then nothing.",
    ]


@pytest.mark.parametrize(
    ("text", "word", "denied"),
    [
        ("flash-attn is not installed", "flash-attn", True),
        ("ZeRO-3 is not in use here", "ZeRO-3", True),
        ("LoRA is on our todo list", "LoRA", True),
        ("flash attn doesn't build", "flash attn", True),
        ("I went from ZeRO-1 to ZeRO-3", "ZeRO-1", True),
        ("I went from ZeRO-1 to ZeRO-3", "ZeRO-3", False),
        ("replacing Llama 2 by Llama 3", "Llama 2", True),
        ("LoRA is used", "LoRA", False),
    ],
)
def test_what_is_ruled_out_or_left_behind_is_denied(text, word, denied):
    start = text.index(word)

    assert STANCE.negated(text, start, start + len(word)) is denied


@pytest.mark.parametrize(
    ("text", "elsewhere"),
    [
        ("In the paper they used lr 2e-5", True),
        ("A friend has four 4090", True),
        ("The README says lr 2e-5", True),
        ("V100, A100 and 3090 show the same nan", True),
        ("We use lr 2e-5 on four 4090", False),
        ("In the paper they used lr 2e-5, but I use lr 1e-4", False),
    ],
)
def test_somebody_elses_run_is_not_the_one_reported(text, elsewhere):
    assert STANCE.elsewhere(text, len(text) - 4, len(text)) is elsewhere
