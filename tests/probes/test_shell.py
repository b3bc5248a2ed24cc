import sys
import time

from probes import shell


def python(code):
    return (sys.executable, "-c", code)


def test_a_program_gives_its_status_and_both_outputs():
    code = "import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"

    assert shell.run(python(code), 30) == shell.Completed(3, "out\n", "err\n")


def test_a_missing_program_is_a_result():
    missing = shell.run(("no-such-program-anywhere", "--help"), 1)

    assert missing == shell.Completed(shell.MISSING, "", "no-such-program-anywhere: not found")


def test_a_file_that_may_not_be_run_is_a_result(tmp_path):
    file = tmp_path / "text"
    file.write_text("hello")

    refused = shell.run((str(file),), 1)

    assert (refused.status, refused.out) == (shell.NOT_RUNNABLE, "")
    assert refused.err.startswith(f"{file}: ")


def test_a_name_that_no_system_takes_is_a_result():
    assert shell.run(("a\0b",), 1).status == shell.NOT_RUNNABLE


def test_a_timeout_is_a_result_and_ends_the_children_too(tmp_path):
    witness = tmp_path / "witness"
    child = f"import time; time.sleep(1.5); open({str(witness)!r}, 'w')"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    start = time.monotonic()

    slow = shell.run(python(parent), 0.5)

    assert slow == shell.Completed(shell.TIMED_OUT, "", f"{sys.executable}: no answer in 0.5 seconds")
    assert time.monotonic() - start < 1.4
    time.sleep(1.5)
    assert not witness.exists()


def test_garbage_bytes_become_replacement_characters():
    code = r"import sys; sys.stdout.buffer.write(b'a\xff\r\nb\x00')"

    assert shell.run(python(code), 30) == shell.Completed(0, "a�\nb\0", "")


def test_a_program_is_given_nothing_to_read():
    assert shell.run(python("import sys; print(repr(sys.stdin.read()))"), 30).out == "''\n"
