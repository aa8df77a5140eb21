import os
import threading

import pytest

from edgeface.core.native_log import native_lines_taken, native_log_held


def written(text):
    os.write(2, text.encode())


def test_lines_of_native_code_are_shown_at_the_end_without_its_colors_and_what_names_hold(capfd):
    with native_log_held() as lines:
        written("INFO: ready\n\x1b[0;93m[W] tensor 'a\x1b[2J'\x1b[m\n")
        assert capfd.readouterr().err == ""
    assert lines == ["[W] tensor 'a\x1b[2J'"]
    assert capfd.readouterr().err == "[W] tensor 'a\\x1b[2J'\n"


def test_an_error_takes_the_lines_with_it(capfd):
    def fail():
        written("why\n")
        raise ValueError("x")

    with pytest.raises(ValueError, match="x"), native_log_held() as lines:
        fail()
    assert lines == ["why"]
    assert capfd.readouterr().err == ""


def test_only_the_lines_that_are_asked_for_are_taken(capfd):
    with native_lines_taken(("libpng",)) as lines:
        written("libpng warning: a\nprogress 1/2\r\nlibpng error: b\nlast")
    assert lines == ["libpng warning: a", "libpng error: b"]
    assert capfd.readouterr().err == "progress 1/2\r\nlast"


def test_threads_take_turns(capfd):
    found: dict[int, list[str]] = {}

    def speak(number):
        for _ in range(50):
            with native_lines_taken(("x",)) as lines:
                written(f"x{number}\n")
            assert lines == [f"x{number}"]
        found[number] = lines

    threads = [threading.Thread(target=speak, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {number: [f"x{number}"] for number in range(4)}
    assert capfd.readouterr().err == ""


def test_blocks_may_nest_and_follow_each_other(capfd):
    with native_lines_taken(("outer", "inner")) as outer:
        os.write(2, b"outer 1\n")
        with native_lines_taken(("inner",)) as inner:
            os.write(2, b"inner 1\nouter 2\n")
        os.write(2, b"outer 3\n")
    with native_lines_taken(("outer",)) as after:
        os.write(2, b"outer 4\n")
    assert inner == ["inner 1"]
    assert outer == ["outer 1", "outer 2", "outer 3"]
    assert after == ["outer 4"]
    assert capfd.readouterr().err == ""


def test_a_forked_process_has_captures_of_its_own(capfd):
    with native_lines_taken(("mine",)) as mine:
        os.write(2, b"mine\n")
        child = os.fork()
        if child == 0:
            with native_lines_taken(("theirs",)) as theirs:
                os.write(2, b"theirs\n")
            os._exit(0 if theirs == ["theirs"] else 1)
        assert os.waitpid(child, 0)[1] == 0
    assert mine == ["mine"]
