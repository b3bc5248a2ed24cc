import pytest

from probes.files import patterns, sentences, states

RULES = patterns.load()

WENT = {
    "Single GPU: OK. Two GPUs: NaN.": [None, states.FINE, None, states.SICK],
    "fp16 is NaN, bf16 isn't": [states.SICK, states.FINE],
    "bf16 works, fp16 doesn't": [states.FINE, states.SICK],
    "I never saw a single NaN there": [states.FINE],
    "the problem does not go away": [states.SAME],
    "the NaN persists": [states.SAME],
    "it still diverges": [states.SAME],
    "none of them works": [states.SAME],
    "fine at first": [None],
    "the loss is 1.9": [states.NUMBER],
    "I train on two GPUs": [None],
    # of nobody's run, or not known
    "Someone said that it works with fp32": [],
    "It might work in fp32": [],
    "Does it work in fp32?": [],
    "I haven't tested fp32": [],
}


@pytest.mark.parametrize(("text", "went"), WENT.items(), ids=WENT)
def test_how_a_run_goes_in_each_clause(text, went):
    clauses = states.cut(RULES, list(sentences.split(text)))

    assert [clause.state for clause in clauses] == went


def test_a_clause_knows_where_it_stands():
    text = "All fine. With SGD, no NaN"
    told = list(sentences.split(text))

    clause = states.cut(RULES, told)[-1]

    assert told[clause.sentence].text[clause.start : clause.end] == clause.text == " no NaN"
