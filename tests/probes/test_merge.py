import pytest

from probes.merge import merge
from probes.report import ASSUMED, Fact, Report, Unknown


def report(kind, value, *, fact="optimizer.learning_rate", state="measured", names=True):
    facts = [Fact(fact, value, kind, state)]
    if names:
        facts.append(Fact("framework.name", "xtuner", kind))
    return Report(kind, kind, tuple(facts))


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize(
    ("fact", "better", "worse"),
    [
        ("optimizer.learning_rate", "command", "config"),
        ("optimizer.learning_rate", "config", "environment"),
        ("optimizer.learning_rate", "config", "log"),
        ("optimizer.learning_rate", "log", "report"),
        ("precision.compute", "config", "report"),
        ("precision.compute", "watch", "command"),
        ("probe.origin", "watch", "report"),
        ("probe.headroom", "headroom", "watch"),  # how near it began says more than where it ended
        ("loss.symptom", "log", "config"),
        ("loss.symptom", "log", "report"),
        ("gradient.trend", "log", "config"),
        ("loss_scale.trend", "log", "report"),
        ("gpu.count", "machine", "command"),
        ("gpu.name", "machine", "environment"),
        ("version.torch", "machine", "environment"),
        ("version.torch", "environment", "log"),
    ],
)
def test_one_source_is_believed(fact, better, worse, order):
    reports = [report(better, 1, fact=fact), report(worse, 2, fact=fact)][::order]
    assert merge(reports).values()[fact] == 1


def test_what_is_written_beats_a_default_wherever_it_stands():
    reports = [report("command", 1, state=ASSUMED), report("report", 2)]
    assert merge(reports).values()["optimizer.learning_rate"] == 2


def test_the_launchers_config_beats_deepspeeds():
    reports = [report("config", 1, names=False), report("config", 2)]
    assert merge(reports).values()["optimizer.learning_rate"] == 2


def test_xtuner_writes_batch_accumulation_and_clipping_over_deepspeeds():
    def part(fact, value):
        return Report("ds.json", "config", (Fact(fact, value, "ds.json:1"),))

    command = Report("run", "command", (Fact("framework.name", "xtuner", "run:1"),))
    assert merge([part("batch.accumulation", 4), command]).values() == {"framework.name": "xtuner"}
    assert merge([part("optimizer.learning_rate", 1e-5), command]).values()["optimizer.learning_rate"] == 1e-5
    assert merge([part("batch.accumulation", 4)]).values() == {"batch.accumulation": 4}


def test_what_another_report_knows_is_no_longer_unknown():
    unknown = (Unknown("optimizer.learning_rate", "not given"), Unknown("lora.enabled", "not given"))
    merged = merge([Report("a", "command", unknown=unknown), report("config", 1)])
    assert merged.unknown == (Unknown("lora.enabled", "not given"),)


def test_the_longest_curve_is_kept():
    short, long = ((1, 2.0),), ((1, 2.0), (2, 1.0))
    merged = merge([Report("a", "log", curve=short), Report("b", "log", curve=long)])
    assert (merged.name, merged.kind, merged.curve) == ("a, b", "merged", long)


def test_nothing_merges_to_nothing():
    assert merge([]) == Report("", "merged")
