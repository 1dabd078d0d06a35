"""What is kept of a student's output: text and bitmaps, cut to size, whatever the kernel sends."""

import base64

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from autograder.outputs import MAX_OUTPUTS, OutputCollector

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(50)).decode()


def collect(*messages, budget=10_000):
    collector = OutputCollector(budget)
    for kind, content in messages:
        collector.add(kind, content)
    nbformat.validate(new_notebook(cells=[new_code_cell(outputs=collector.outputs)]))
    return collector.outputs


def test_text_of_one_stream_is_joined():
    outputs = collect(
        ("stream", {"name": "stdout", "text": "a\n"}), ("stream", {"name": "stdout", "text": "b\x00\x1b[31m"}),
        ("stream", {"name": "stderr", "text": "c"}), ("stream", {"name": "odd", "text": "d"}),
    )  # fmt: skip
    assert [(output.name, output.text) for output in outputs] == [
        ("stdout", "a\nb�\x1b[31m"), ("stderr", "c"), ("stdout", "d"),
    ]  # fmt: skip


def test_pictures_keep_their_alt_text_and_nothing_live_is_kept():
    data = {"image/png": PNG, "text/plain": "t", "text/html": "<script>", "image/svg+xml": "<svg>",
            "application/javascript": "alert(1)", "text/markdown": "x"}  # fmt: skip
    (output,) = collect(("execute_result", {"data": data, "metadata": {"image/png": {"alt": "A map", "x": {}}}}))
    assert output.output_type == "display_data"  # nbgrader reads an execute_result as a score
    assert dict(output.data) == {"image/png": PNG, "text/plain": "t"}
    assert output.metadata == {"image/png": {"alt": "A map"}}


@pytest.mark.parametrize("png", ["", "not base64!", base64.b64encode(b"GIF89a").decode(), 3, ["x"], None])
def test_pictures_that_are_none_are_dropped(png):
    assert collect(("display_data", {"data": {"image/png": png}})) == []


@pytest.mark.parametrize(
    "content",
    [{}, {"data": 3}, {"data": {"text/plain": ["x"]}}, {"name": 3, "text": 4}, {"traceback": "x"}, {"traceback": [1]},
     {"data": {"text/plain": "x"}, "metadata": 3}],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["stream", "display_data", "execute_result", "error", "clear_output", "odd"])
def test_malformed_messages_do_no_harm(kind, content):
    collect((kind, content))


def test_output_is_cut_once_with_a_note():
    outputs = collect(*[("stream", {"name": "stdout", "text": "x" * 999})] * 100, budget=5000)
    assert sum(len(output.text) for output in outputs if output.name == "stdout") == 5000
    assert [output.text for output in outputs if output.name == "stderr"] == [
        "[grader] More output than is kept; the rest was dropped.\n"
    ]
    many = collect(*[("display_data", {"data": {"text/plain": "x"}})] * 1000)
    assert len(many) == MAX_OUTPUTS + 1


def test_surrogates_can_be_written():
    (output,) = collect(("stream", {"name": "stdout", "text": "a\ud800b"}))
    assert output.text.encode()
