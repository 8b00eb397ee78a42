"""Sealed fields: they open in their own row only, under old keys too, and are found without being read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.crypto import BrokenSeal, Vault, random_token, token_hash

OLD = Vault({"k0": b"0" * 32}, "k0", b"i" * 32)
VAULT = Vault({"k0": b"0" * 32, "k1": b"1" * 32}, "k1", b"i" * 32)


@given(st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8")))
def test_what_was_sealed_opens_in_its_own_place(context: str, text: str) -> None:
    assert VAULT.open(context, VAULT.seal(context, text)) == text


def test_a_value_moved_to_another_row_does_not_open() -> None:
    sealed = VAULT.seal("areas_person.name:1", "王桂兰")
    with pytest.raises(BrokenSeal):
        VAULT.open("areas_person.name:2", sealed)


def test_an_old_key_still_opens_what_it_sealed() -> None:
    assert VAULT.open("x", OLD.seal("x", "段永平")) == "段永平"
    with pytest.raises(BrokenSeal):
        OLD.open("x", VAULT.seal("x", "段永平"))


@given(st.binary(max_size=80))
def test_rubbish_is_a_broken_seal_and_nothing_else(rubbish: bytes) -> None:
    with pytest.raises(BrokenSeal):
        VAULT.open("x", rubbish)


def test_one_flipped_bit_breaks_the_seal() -> None:
    sealed = bytearray(VAULT.seal("x", "13800138000"))
    sealed[-1] ^= 1
    with pytest.raises(BrokenSeal):
        VAULT.open("x", bytes(sealed))


def test_the_blind_index_finds_equals_and_tells_columns_apart() -> None:
    assert VAULT.index("phone", "1") == OLD.index("phone", "1")
    assert VAULT.index("phone", "1") != VAULT.index("name", "1")
    assert VAULT.index("phone", "1") != VAULT.index("phone", "2")


def test_tokens_are_long_and_their_hashes_differ() -> None:
    tokens = {random_token(24) for _ in range(1000)}
    assert len({token_hash(token) for token in tokens}) == 1000
    assert all(len(token) == 24 and token.isalnum() and token.isascii() for token in tokens)
