"""How values travel between a student's process and the grader's: raw bytes, no pickle, nothing that can run.

A *tree* is None, a bool, int, float or str, a NumPy array of numbers, or a list, tuple, set or dict (with str keys) of
trees. ``encode`` turns a tree into bytes: a JSON header that says what is where, then the arrays' raw bytes.
``decode`` trusts nothing: it checks lengths, shapes and dtypes before it allocates anything.

``answer`` is the endpoint: it does what a request asks in a namespace (call a function, read a variable).
Whoever asks must not believe the reply: the process that answers runs a student's code.

Layout of a message, integers little-endian: ``TOON`` · header length (8 bytes) · header (JSON, ASCII) · arrays.
"""

import json
import math
import socket
import struct
import traceback
from collections.abc import Mapping
from typing import Any

import numpy as np

MAGIC = b"TOON"
PREFIX = struct.Struct("<4sQ")
MAX_HEADER = 1 << 20  # bytes; JSON costs many times its size once parsed
MAX_DEPTH = 32
MAX_MESSAGE = 64 << 20  # bytes
DTYPES = ("|b1", "|i1", "|u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8", "<f2", "<f4", "<f8")
# Real numbers that few programs read: TensorFlow's half precision, and what NumPy has beyond double precision.
WIDER = {"bfloat16": "<f4", "float128": "<f8", "longdouble": "<f8"}


class ExchangeError(ValueError):
    """A value that cannot travel, or bytes that are not a message. The message is one line."""


def encode(tree: Any) -> bytes:
    """The message for ``tree``.

    Array-likes that know how to become an array (TensorFlow tensors, Keras variables, array subclasses) travel as plain
    arrays, NumPy scalars as arrays of shape ().

    Raises:
        ExchangeError: something in the tree is none of the things that can travel.
    """
    arrays: list[bytes] = []
    header = json.dumps(_describe(tree, arrays, 0), separators=(",", ":")).encode("ascii")
    if len(header) > MAX_HEADER:
        raise ExchangeError(f"too many separate values ({len(header)} bytes to describe them): return an array")
    return b"".join([PREFIX.pack(MAGIC, len(header)), header, *arrays])


def _describe(tree: Any, arrays: list[bytes], depth: int) -> Any:
    """The JSON node of ``tree``; the bytes of its arrays are appended to ``arrays`` in the order of the nodes."""
    if depth > MAX_DEPTH:
        raise ExchangeError(f"values nested more than {MAX_DEPTH} deep")
    if tree is None or isinstance(tree, bool):
        return tree
    if isinstance(tree, (np.generic, np.ndarray)):
        return _describe_array(np.asarray(tree), arrays)
    if isinstance(tree, int):
        return int(tree)
    if isinstance(tree, float):
        return float(tree)
    if isinstance(tree, str):
        return str(tree)
    if isinstance(tree, (list, tuple, set, frozenset)):
        kind = "list" if isinstance(tree, list) else "tuple" if isinstance(tree, tuple) else "set"
        return {kind: [_describe(item, arrays, depth + 1) for item in tree]}
    if isinstance(tree, Mapping):
        if not all(isinstance(key, str) for key in tree):
            raise ExchangeError("a dictionary with a key that is not a string")
        return {"dict": [[str(key), _describe(value, arrays, depth + 1)] for key, value in tree.items()]}
    if hasattr(tree, "__array__"):
        return _describe_array(np.asarray(tree), arrays)
    raise ExchangeError(f"a {type(tree).__name__}, where an array, a number, a string or a list of these is due")


def _describe_array(array: np.ndarray, arrays: list[bytes]) -> dict[str, list]:
    if array.dtype.name in WIDER:
        array = array.astype(WIDER[array.dtype.name])
    dtype = array.dtype.newbyteorder("<")
    if dtype.str not in DTYPES:
        raise ExchangeError(f"an array of dtype {array.dtype}, where real numbers are due")
    arrays.append(array.astype(dtype, copy=False).tobytes(order="C"))
    return {"array": [dtype.str, list(array.shape)]}


def decode(message: bytes, max_bytes: int = MAX_MESSAGE) -> Any:
    """The tree in ``message``, in memory of its own. NumPy scalars come back for arrays of shape ().

    Raises:
        ExchangeError: not a message, too long, a dtype outside ``DTYPES``, or lengths that do not add up.
    """
    if len(message) > max_bytes:
        raise ExchangeError(f"a message of {len(message)} bytes, where {max_bytes} are allowed")
    if len(message) < PREFIX.size:
        raise ExchangeError("not a message: too short")
    magic, length = PREFIX.unpack_from(message)
    if magic != MAGIC or length > MAX_HEADER or PREFIX.size + length > len(message):
        raise ExchangeError("not a message: bad prefix")
    try:
        header = json.loads(message[PREFIX.size : PREFIX.size + length].decode("ascii"))
    except (ValueError, RecursionError):
        raise ExchangeError("not a message: bad header") from None
    reader = _Reader(memoryview(message)[PREFIX.size + length :])
    tree = reader.build(header, 0)
    if reader.rest:
        raise ExchangeError(f"{len(reader.rest)} bytes left over after the last array")
    return tree


class _Reader:
    """Builds a tree from its description, taking the arrays' bytes one after another from ``rest``."""

    def __init__(self, rest: memoryview):
        self.rest = rest

    def build(self, node: Any, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise ExchangeError(f"values nested more than {MAX_DEPTH} deep")
        if node is None or isinstance(node, (bool, int, float, str)):
            return node
        if not isinstance(node, dict) or len(node) != 1:
            raise ExchangeError("not a message: bad node")
        ((kind, body),) = node.items()
        if not isinstance(body, list):
            raise ExchangeError("not a message: bad node")
        if kind == "array":
            return self._array(body)
        if kind == "dict":
            if not all(isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str) for pair in body):
                raise ExchangeError("not a message: bad dictionary")
            return {key: self.build(value, depth + 1) for key, value in body}
        items = [self.build(item, depth + 1) for item in body]
        if kind == "list":
            return items
        if kind == "tuple":
            return tuple(items)
        if kind == "set":
            try:
                return set(items)
            except TypeError:
                raise ExchangeError("a set of things that cannot be in a set") from None
        raise ExchangeError("not a message: unknown kind")

    def _array(self, body: list) -> Any:
        if len(body) != 2 or body[0] not in DTYPES or not isinstance(body[1], list) or len(body[1]) > 32:
            raise ExchangeError("not a message: bad array")
        dtype, shape = np.dtype(body[0]), body[1]
        if not all(type(side) is int and 0 <= side < 1 << 48 for side in shape):
            raise ExchangeError("not a message: bad shape")
        size = math.prod(shape) * dtype.itemsize  # Python integers, so this cannot wrap around
        if size > len(self.rest):
            raise ExchangeError(f"an array of {size} bytes in a message with {len(self.rest)} left")
        raw, self.rest = self.rest[:size], self.rest[size:]
        if dtype.kind == "b" and size and int(np.frombuffer(raw, np.uint8).max()) > 1:
            raise ExchangeError("a truth value that is neither true nor false")
        try:
            return np.frombuffer(raw, dtype).reshape(shape).copy()[()]
        except ValueError:  # an empty array with absurd sides
            raise ExchangeError("not a message: bad shape") from None


def answer(namespace: Mapping[str, Any], request: bytes) -> bytes:
    """Do what ``request`` asks and encode the reply. Never raises for what the namespace's code does.

    Requests are dicts: ``{"do": "call", "name", "args": list, "kwargs": dict}`` or ``{"do": "get", "name"}``.
    Replies are dicts: ``{"value", "args", "kwargs"}`` (the arguments as they are after the call),
    ``{"missing": name}``, ``{"raised": type, "message": str, "where": name of the function that raised}`` or
    ``{"unsendable": reason}``.
    """
    asked = decode(request)
    name = asked["name"]
    if name not in namespace:
        return encode({"missing": name})
    try:
        if asked["do"] == "get":
            reply = {"value": namespace[name]}
        else:
            args, kwargs = asked["args"], asked["kwargs"]
            reply = {"value": namespace[name](*args, **kwargs), "args": args, "kwargs": kwargs}
    except BaseException as error:  # a student's function may raise anything, SystemExit too
        if isinstance(error, KeyboardInterrupt):  # the grader's way of saying that time is up
            raise
        *_, (frame, _) = traceback.walk_tb(error.__traceback__)
        about = {"raised": type(error).__name__, "message": str(error)[:2000], "where": frame.f_code.co_name}
        return encode(about)
    try:
        return encode(reply)
    except ExchangeError as error:
        return encode({"unsendable": str(error)})
    except Exception as error:
        return encode({"unsendable": f"something that breaks when it is looked at ({type(error).__name__})"})


def answer_on(descriptor: int, namespace: Mapping[str, Any]) -> None:
    """Answer requests on the socket ``descriptor`` until an empty one. A frame: its length (8 bytes), then itself."""
    with socket.socket(fileno=descriptor) as connection:
        try:
            while length := struct.unpack("<Q", _receive(connection, 8))[0]:
                reply = answer(namespace, _receive(connection, length))
                connection.sendall(struct.pack("<Q", len(reply)))
                connection.sendall(reply)
        finally:
            connection.detach()


def _receive(connection: socket.socket, count: int) -> bytes:
    parts = []
    while count:
        part = connection.recv(min(count, 1 << 20))
        if not part:
            raise ConnectionError("the grader has hung up")
        parts.append(part)
        count -= len(part)
    return b"".join(parts)
