from __future__ import annotations

import base64
import json
import math
import random
import time
import zlib
from pathlib import Path

import pytest

from app import link
from app.link import LinkError, decode, encode
from app.session import Said, Session, known
from app.ui.share import leaves
from kb.model import Knowledge
from probes.report import ASSUMED, Fact, Report

SECRET = "/home/alice/secret-project/config.py:41"
SESSION = Session(
    reports=(
        Report(
            "config.py",
            "config",
            (
                Fact("precision.compute", "float16", SECRET),
                Fact("optimizer.learning_rate", 2e-5, "config.py:12"),
                Fact("optimizer.max_grad_norm", 1.0, "transformers' default", ASSUMED),
                Fact("lora.enabled", False, "config.py:1"),
            ),
        ),
        Report(
            "log",
            "log",
            (Fact("loss.symptom", "nan-after-steps", "train.log:14"),),
            curve=((10, 1.825), (20, math.nan)),
        ),
    ),
    answers=(("run.last_change", "model"), ("data.padding", None)),
    tried=(("use-bf16", "no-change"),),
    knowledge="0123456789",
    said=Said((("fp16-overflow", 83), ("hardware", 100)), (("use-bf16", 0),)),
)
SAID = Said(
    (("fp16-overflow", 34), ("lr-too-high", 21), ("labels-all-masked", 8)),
    (("use-bf16", 34), ("lower-learning-rate", 21), ("drop-fully-masked-samples", 8)),
)
GOLDEN = sorted((Path(__file__).parent / "links").glob("*.json"))


def test_a_link_carries_facts_answers_tried_fixes_curve_and_what_was_said(knowledge: Knowledge) -> None:
    again = decode(encode(SESSION))

    assert (again.answers, again.tried) == (SESSION.answers, SESSION.tried)
    assert (again.knowledge, again.said) == (SESSION.knowledge, SESSION.said)
    before, after = known(SESSION, knowledge), known(again, knowledge)
    assert after.values() == before.values()
    assert after.assumed() == ("optimizer.max_grad_norm",)
    assert [step for step, _ in after.curve] == [10, 20]
    assert after.curve[0][1] == pytest.approx(1.825, rel=0.006)
    assert math.isnan(after.curve[1][1])


def test_a_link_of_a_link_is_the_same_link() -> None:
    assert encode(decode(encode(SESSION))) == encode(SESSION)


def test_no_path_and_no_name_of_a_file_travels() -> None:
    sources = [fact.source for report in decode(encode(SESSION)).reports for fact in report.facts]

    assert "config:41" in sources
    assert not any("alice" in source or "config.py" in source for source in sources)


def test_an_empty_session_has_a_link() -> None:
    assert decode(encode(Session())) == Session()


def test_a_full_diagnosis_fits_into_900_characters(knowledge: Knowledge) -> None:
    rng = random.Random(0)
    ids = [fact for fact in knowledge.facts.values() if fact.typical]
    rows = [(fact.id, rng.choice(list(fact.typical))) for fact in ids]
    read = tuple(Fact(name, value, f"config.py:{rng.randrange(300)}") for name, value in rows[:27])
    session = Session(
        (Report("a", "config", read),),
        tuple(rows[27:52]),
        (("use-bf16", "no-change"), ("use-adamw", "worse")),
        "0123456789",
        SAID,
    )
    curve = tuple((10 * i, 3 - math.log1p(i) / 2 + rng.gauss(0, 0.05)) for i in range(500))

    assert len(encode(session)) <= 900
    assert len(encode(session.read(Report("log", "log", curve=curve)))) <= 1200


def test_one_changed_letter_is_told_in_one_sentence() -> None:
    good = encode(SESSION)
    for position in range(len(good)):
        letter = "A" if good[position] != "A" else "B"
        with pytest.raises(LinkError, match=r"^The link [^\n]*\.$"):
            decode(good[:position] + letter + good[position + 1 :])


@pytest.mark.parametrize(
    "text",
    ["", "x", "1", "3abc", "2!!", "2" + "A" * 9000, "https://example.org", "1AAAAAAAA", "2AAAAAAAA", "诊断"],
)
def test_what_is_no_link_is_told_in_one_sentence(text: str) -> None:
    with pytest.raises(LinkError, match=r"^The link [^\n]*\.$"):
        decode(text)


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_a_link_of_any_version_opens_for_ever(path: Path) -> None:
    golden = json.loads(path.read_text(encoding="utf-8"))

    held = leaves(golden["link"])
    assert {name: held[name] for name in golden["holds"]} == golden["holds"]
    if path.name.startswith("v1"):
        assert decode(golden["link"]).said == Said()


def test_every_version_has_its_golden_links() -> None:
    assert sorted({path.name[:2] for path in GOLDEN}) == [f"v{version}" for version in sorted(link._WORDS)]


def forged(text: bytes) -> str:
    """A link with a right checksum round any content."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15, 9, zlib.Z_DEFAULT_STRATEGY, link._WORDS[link.VERSION])
    packed = packer.compress(text) + packer.flush()
    return link.VERSION + base64.urlsafe_b64encode(link._checksum(packed) + packed).decode().rstrip("=")


@pytest.mark.parametrize(
    "text",
    [
        b"not json",
        b"[" * 60_000,
        b"{}",
        b'["",[],[],[],[],[]]',
        b'["",[["config","a b",1,"m",1]],[],[],[]]',
        b'["",[["config","a",{"x":1},"m",1]],[],[],[]]',
        b'["",[["config","a",NaN,"m",1]],[],[],[]]',
        b'["",[["config","a","\\u0000","m",1]],[],[],[]]',
        b'["",[["config","a",1,"x",1]],[],[],[]]',
        b'["",[],[1],[],[]]',
        b'["",[],[],[["<script>",1]],[]]',
        b'["",[],[],[],[["use-bf16","a\\"b"]]]',
        b'["../../etc",[],[],[],[]]',
        b'["",[],[],[],[],[[["use-bf16",101]],[]]]',
        b'["",[],[],[],[],[[["<b>",1]],[]]]',
        b'["",[],[],[],[],[[],[],[]]]',
        b'["",[],[],[],[],[[' + b",".join([b'["a",1]'] * 30) + b"],[]]]",
        b'["",' + b"[" + b",".join([b'["c","a",1,"m",1]'] * 500) + b"],[],[],[]]",
        b" " * 1_000_000,
    ],
)
def test_a_forged_link_is_refused_quickly(text: bytes) -> None:
    start = time.process_time()

    with pytest.raises(LinkError):
        decode(forged(text))
    assert time.process_time() - start < 0.5


def test_a_local_models_folders_stay_at_home() -> None:
    report = Report("a", "config", (Fact("model.name", "/home/alice/secret/llama-ft", "a:1"),))
    hub = Report("b", "command", (Fact("model.name", "meta-llama/Meta-Llama-3-8B", "b:1"),))

    assert decode(encode(Session((report,)))).reports[0].values() == {"model.name": "llama-ft"}
    assert decode(encode(Session((hub,)))).reports[0].values() == {"model.name": "meta-llama/Meta-Llama-3-8B"}
    answered = Session().answer("model.name", "C:\\Users\\alice\\llama-ft")
    assert decode(encode(answered)).answers == (("model.name", "llama-ft"),)
