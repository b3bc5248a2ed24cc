from __future__ import annotations

import pytest

from app.mcp.tools import TOOLS, described
from app.telling import BadInputError


def test_the_documents_run_is_diagnosed_from_its_files(knowledge, broken):
    found = TOOLS["diagnose"].answer(knowledge, {"paths": [str(broken)], "most": 2})

    assert [len(found["causes"]), len(found["fixes"])] == [2, 2]
    assert (found["causes"][0]["id"], found["fixes"][0]["id"]) == ("fp16-overflow", "use-bf16")
    assert "dtype='bfloat16'" in found["fixes"][0]["patch"]["diff"]


def test_an_agent_goes_on_from_the_link(knowledge, broken):
    first = TOOLS["diagnose"].answer(knowledge, {"paths": [str(broken / "train.log")]})
    second = TOOLS["diagnose"].answer(
        knowledge, {"link": first["link"], "facts": {"gpu.bf16": True}, "tried": {"use-bf16": "no-change"}}
    )

    assert second["fixes"][0]["id"] != "use-bf16"
    assert {fact["id"] for fact in first["facts"]} < {fact["id"] for fact in second["facts"]}


def test_facts_stand_with_their_lines(knowledge, broken):
    found = TOOLS["facts"].answer(knowledge, {"paths": [str(broken)], "text": "torch==2.3.0"})

    by_name = {file["name"]: file for file in found["files"]}
    assert by_name["config.py"]["facts"]["precision.compute"] == "float16"
    assert by_name["config.py"]["where"]["precision.compute"].startswith("config.py:")
    assert by_name["pasted text"]["facts"]["version.torch"] == "2.3.0"
    assert found["problems"] == []


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("fp16-overflow", "causes"),
        ("use-bf16", "fixes"),
        ("overlap-buffers", "advisories"),
        ("loss.symptom", "facts"),
    ],
)
def test_an_entry_is_explained_in_one_language(knowledge, name, kind):
    english, chinese = (
        TOOLS["explain"].answer(knowledge, {"id": name, "lang": lang}) for lang in ("en", "zh")
    )

    assert (english["entry"], english["id"]) == (kind, name)
    assert not any("\u4e00" <= letter <= "\u9fff" for letter in str(english))
    assert any("\u4e00" <= letter <= "\u9fff" for letter in str(chinese))


def test_without_an_id_all_ids_are_told(knowledge):
    found = TOOLS["explain"].answer(knowledge, {})

    assert found["causes"].keys() == knowledge.causes.keys()
    assert found["facts"].keys() == knowledge.facts.keys()


@pytest.mark.parametrize(
    ("tool", "arguments", "line"),
    [
        ("explain", {"id": "use-bf-16"}, "use-bf-16, there is no such entry, did you mean use-bf16?"),
        ("facts", {}, "nothing to read, no path and no text, give one"),
        ("facts", {"paths": ["/no/such/file"]}, "file: cannot be read"),
        ("facts", {"paths": ["/dev/zero"]}, "zero: is no file"),
        ("diagnose", {"paths": ["x"] * 21}, "paths, list should have at most 20 items"),
        ("diagnose", {"command": "ls"}, "command, extra inputs"),
        ("diagnose", [], "the request, input should be"),
    ],
)
def test_bad_arguments_are_one_line(knowledge, tool, arguments, line):
    with pytest.raises(BadInputError) as refused:
        TOOLS[tool].answer(knowledge, arguments)

    assert str(refused.value).startswith(line)
    assert "\n" not in str(refused.value)


def test_each_tool_says_that_it_only_reads():
    for name in TOOLS:
        tool = described(name)
        assert tool["annotations"]["readOnlyHint"]
        assert tool["inputSchema"]["additionalProperties"] is False
