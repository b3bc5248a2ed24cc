import pytest

from app.conclusion import ABNORMAL, UNJUDGED, conclude
from app.session import Session
from probes.report import JUDGED, Fact, Report


@pytest.mark.parametrize("name", JUDGED)
@pytest.mark.parametrize(
    ("value", "verdict"), [("ok", UNJUDGED), ("wrong", ABNORMAL), ("unstable", ABNORMAL)]
)
def test_a_machine_that_computes_wrong_is_abnormal_whatever_the_loss_does(knowledge, name, value, verdict):
    session = Session().read(Report("this machine", "machine", (Fact(name, value, "self-test"),)))

    assert conclude(knowledge, session).verdict == verdict
