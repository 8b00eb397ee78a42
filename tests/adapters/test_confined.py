"""The leash on a child that reads strangers' files: it cannot hold us up, flood us, or see our secrets."""

from __future__ import annotations

import psutil
import pytest

from app.adapters.confined import AnswerTooLong, Confined, TookTooLong

FOR_EVER = ("timeit", "-n", "1000000000000")


def test_a_child_that_stays_silent_is_given_up() -> None:
    with Confined(*FOR_EVER, patience=0.3) as child, pytest.raises(TookTooLong):
        child.answer(at_most=100)


def test_a_child_that_says_too_much_is_cut_off() -> None:
    with Confined("this", patience=5) as child, pytest.raises(AnswerTooLong):
        child.answer(at_most=100)
    one_long_line = b'"' + b"x" * 200_000 + b'"'
    with Confined("json.tool", patience=5, given=one_long_line) as child, pytest.raises(AnswerTooLong):
        list(child.lines(longest=1000))


def test_a_child_gets_what_it_was_given_and_ends_in_peace() -> None:
    with Confined("base64", "-e", patience=5, given="连心".encode()) as child:
        assert child.answer(at_most=100) == b"6L+e5b+D\n"
        assert child.verdict() == 0


def test_a_child_does_not_inherit_our_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIANXIN_SECRET", "hidden")
    others = set(psutil.Process().children())
    with Confined(*FOR_EVER, patience=5):
        (child,) = set(psutil.Process().children()) - others
        assert "LIANXIN_SECRET" not in child.environ()
        assert "PYTHONPATH" in child.environ()
