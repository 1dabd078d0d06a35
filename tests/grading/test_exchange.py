"""The bytes between the student's process and the grader's."""

import contextlib
import json

import ml_dtypes
import numpy as np
import pytest

from toonlens import exchange
from toonlens.exchange import DTYPES, MAGIC, PREFIX, ExchangeError, answer, decode, encode

TREES = [
    None, True, 0, -(2**80), 1.5, float("inf"), "é\n\ud800", [], (), {}, set(),
    [1, (2.0, {"a": [None]})], {(0, 1), (1, 2)},
]  # fmt: skip


@pytest.mark.parametrize("tree", TREES, ids=repr)
def test_trees_come_back_as_they_were(tree):
    back = decode(encode(tree))
    assert back == tree
    assert type(back) is type(tree)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 5), (2, 3, 4)])
def test_arrays_come_back_as_they_were(dtype, shape):
    array = np.random.default_rng(0).integers(0, 2, shape).astype(dtype)
    (back,) = decode(encode([array]))
    np.testing.assert_array_equal(back, array)
    assert back.dtype == array.dtype
    assert back.shape == shape


def test_views_and_foreign_byte_order_travel():
    array = np.arange(12.0).reshape(3, 4)
    for view in (array.T, array[::-1, ::2], array.astype(">f8"), array.view(np.matrix)):
        back = decode(encode(view))
        assert type(back) is np.ndarray
        np.testing.assert_array_equal(back, view)


def test_rare_real_numbers_travel_in_a_common_type():
    assert decode(encode(np.array([1.5, 2.0], np.longdouble))).dtype == np.float64
    half = decode(encode(np.array([1.5, 2.0]).astype(ml_dtypes.bfloat16)))
    assert (half.dtype, half.tolist()) == (np.float32, [1.5, 2.0])


def test_a_decoded_array_is_the_readers_own():
    message = bytearray(encode(np.zeros(3)))
    back = decode(bytes(message))
    back += 1  # writable, so a copy
    assert back.tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    "value", [object(), np.array([None]), np.zeros(2, complex), np.array("a"), {1: 2}, b"raw", np.zeros(2, "M8[s]")]
)
def test_what_cannot_travel(value):
    with pytest.raises(ExchangeError):
        encode(value)


def test_nesting_is_bounded():
    tree: list = []
    for _ in range(100):
        tree = [tree]
    with pytest.raises(ExchangeError, match="nested"):
        encode(tree)


def message(header, body=b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return PREFIX.pack(MAGIC, len(text)) + text + body


@pytest.mark.parametrize(
    "forged",
    [
        b"", b"TOON", b"PK\x03\x04" + bytes(40), PREFIX.pack(MAGIC, 2**63) + b"1", PREFIX.pack(MAGIC, 99) + b"1",
        message(b"\xff\xfe"), message(b"[" * 100_000), message(b"1" * 5000), message(b"{"), message([1]),
        message({"array": ["<f8", [2]]}, bytes(15)), message({"array": ["<f8", [2]]}, bytes(17)),
        message({"array": ["<f8", [2**40, 2**40, 0]]}, b"x"), message({"array": ["<f8", [2**62, 2**62]]}, bytes(8)),
        message({"array": ["<f8", [-1, -8]]}, bytes(64)), message({"array": ["<f8", [True]]}, bytes(8)),
        message({"array": ["<f8", [1.0]]}, bytes(8)), message({"array": ["|O", [1]]}, bytes(8)),
        message({"array": ["V8", [1]]}, bytes(8)), message({"array": [["<f8"], [1]]}, bytes(8)),
        message({"array": ["|b1", [1]]}, b"\x02"), message({"array": ["|u1", [0] * 40]}),
        message({"set": [{"list": []}]}), message({"dict": [[1, 2]]}), message({"dict": [["a"]]}),
        message({"pickle": []}), message({"list": {}}), message({"list": [], "tuple": []}),
        message({"array": ["|u1", [2**47, 0]]} ), message({"array": []}),
    ],
)  # fmt: skip
def test_forged_messages_are_refused(forged):
    try:
        value = decode(forged)
    except ExchangeError:
        return
    assert isinstance(value, np.ndarray)
    assert value.size == 0  # absurd sides are harmless where nothing is allocated


def test_random_bytes_never_do_more_than_raise():
    rng = np.random.default_rng(1)
    good = encode([np.arange(5.0), {"a": (1, "x", None)}])
    for _ in range(3000):
        bad = bytearray(good)
        for place in rng.integers(0, len(bad), 3):
            bad[place] = rng.integers(256)
        with contextlib.suppress(ExchangeError):
            decode(bytes(bad))


def test_too_long_a_message():
    with pytest.raises(ExchangeError, match="where 100 are allowed"):
        decode(encode(np.zeros(100)), max_bytes=100)


class Bomb:
    def __array__(self, dtype=None, copy=None):
        raise RuntimeError


@pytest.mark.parametrize(
    ("function", "reply"),
    [
        (lambda x: x + 1, "value"),
        (lambda x: 1 / 0, "raised"),
        (lambda x: exit(), "raised"),
        (lambda x: print, "unsendable"),
        (lambda x: Bomb(), "unsendable"),
        (lambda x: np.zeros(2, complex), "unsendable"),
    ],
)
def test_answer_never_raises_for_a_students_code(function, reply):
    request = encode({"do": "call", "name": "f", "args": [1], "kwargs": {}})
    assert reply in decode(answer({"f": function}, request))


def test_answer_missing_and_get():
    assert decode(answer({}, encode({"do": "get", "name": "x"}))) == {"missing": "x"}
    assert decode(answer({"x": 3}, encode({"do": "get", "name": "x"}))) == {"value": 3}


def test_limits_are_far_apart_from_real_use():
    assert len(encode(np.zeros((16, 224, 224, 3), np.float32))) < exchange.MAX_MESSAGE
