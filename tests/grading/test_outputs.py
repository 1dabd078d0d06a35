"""What is kept of a student's output: text and bitmaps, cut to size, whatever the kernel sends."""

import base64
import io
import string

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from PIL import Image

from autograder.outputs import MAX_OUTPUTS, OutputCollector


def png(width=2, height=2) -> str:
    file = io.BytesIO()
    Image.new("1", (width, height)).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


PNG = png()


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


@pytest.mark.parametrize(
    "sent", ["", "not base64!", base64.b64encode(b"GIF89a").decode(), PNG[:20], png(9000, 9000), 3, ["x"], None]
)
def test_pictures_that_are_none_or_too_large_are_dropped(sent):
    assert collect(("display_data", {"data": {"image/png": sent, "image/jpeg": sent}})) == []


def test_what_hides_in_base64_is_not_kept():
    hidden = PNG[:8] + '"><!--' + PNG[8:]  # decoders skip what is not in their alphabet
    (output,) = collect(("display_data", {"data": {"image/png": hidden}}))
    assert set(output.data["image/png"]) <= set(string.ascii_letters + string.digits + "+/=")


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
