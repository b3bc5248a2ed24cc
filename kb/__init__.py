"""The knowledge base and the reasoning over it."""

from kb.derive import Derived, derive
from kb.diagnosis import Diagnosis, diagnose
from kb.explain import Explanation, explain
from kb.load import KnowledgeError, load
from kb.model import Knowledge
from kb.policy import Ask, Stop, Try

__all__ = [
    "Ask",
    "Derived",
    "Diagnosis",
    "Explanation",
    "Knowledge",
    "KnowledgeError",
    "Stop",
    "Try",
    "derive",
    "diagnose",
    "explain",
    "load",
]
