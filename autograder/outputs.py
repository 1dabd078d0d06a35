"""Outputs of a student's cells: cleaned of everything but text and bitmaps, and cut to size."""

import base64
import io
import re
from typing import Any

from nbformat import NotebookNode, from_dict
from PIL import Image

# Text and bitmaps only: HTML, SVG and scripts would run in the browser of whoever reads the feedback.
PICTURES = {"image/png": "PNG", "image/jpeg": "JPEG"}
MAX_PIXELS = 25_000_000  # of one picture; a few kilobytes can unpack to more than a browser can hold
MAX_OUTPUTS = 200
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f]")  # all but tab, newline, return and escape (colours)


class OutputCollector:
    """Gathers the outputs of one cell from the messages of a kernel that may send anything."""

    def __init__(self, budget: int):
        self.outputs: list[NotebookNode] = []
        self._left = budget
        self._cut = self._over = False

    def add(self, kind: str, content: dict[str, Any]) -> None:
        """Keep what a message puts out, as far as it is text or a bitmap and the budget in bytes allows."""
        if kind == "stream":
            self._stream("stderr" if content.get("name") == "stderr" else "stdout", self._text(content.get("text")))
        elif kind in ("execute_result", "display_data"):
            self._data(content.get("data"), content.get("metadata"))
        elif kind == "error":
            traceback = content.get("traceback")
            lines = [self._text(line) for line in traceback[-60:]] if isinstance(traceback, list) else []
            self._append(
                make_output("error", ename=self._text(content.get("ename"))[:200],
                           evalue=self._text(content.get("evalue"))[:2000], traceback=lines)
            )  # fmt: skip

        if self._over:
            self.mark_cut()

    def note(self, text: str) -> None:
        """A line of the grader's own, after what there is."""
        self.outputs.append(make_output("stream", name="stderr", text=f"[grader] {text}\n"))

    def _stream(self, name: str, text: str) -> None:
        last = self.outputs[-1] if self.outputs else None
        if last is not None and last.output_type == "stream" and last.name == name:
            last.text += text
        elif text:
            self._append(make_output("stream", name=name, text=text))

    def _data(self, data: Any, metadata: Any) -> None:
        if not isinstance(data, dict):
            return
        kept, described = {}, {}
        for mime in PICTURES:
            encoded = data.get(mime)
            if isinstance(encoded, str) and len(encoded) <= self._left and (raw := picture_bytes(encoded, mime)):
                kept[mime] = base64.b64encode(raw).decode("ascii")  # anew: what was sent may hold more than base64
                self._left -= len(encoded)
                about = metadata.get(mime) if isinstance(metadata, dict) else None
                if isinstance(about, dict) and isinstance(about.get("alt"), str):
                    described[mime] = {"alt": self._text(about["alt"])}
        if isinstance(data.get("text/plain"), str):
            kept["text/plain"] = self._text(data["text/plain"])
        if kept:
            # Not execute_result: nbgrader would read the first of those as the cell's score.
            self._append(make_output("display_data", data=kept, metadata=described))

    def _append(self, output: NotebookNode) -> None:
        if len(self.outputs) < MAX_OUTPUTS:
            self.outputs.append(output)
        else:
            self._over = True

    def _text(self, text: Any) -> str:
        if not isinstance(text, str):
            return ""
        kept = CONTROL.sub("�", text[: self._left].encode(errors="replace").decode())
        self._over |= len(text) > self._left
        self._left -= len(kept)
        return kept

    def mark_cut(self) -> None:
        """Say, once, that there was more."""
        if not self._cut:
            self._cut = True
            self.note("More output than is kept; the rest was dropped.")


def picture_bytes(encoded: str, mime: str) -> bytes | None:
    """The bitmap in some base64 if it is one of that type, and of a size that a browser can show; else None."""
    try:
        raw = base64.b64decode(encoded, validate=False)
        with Image.open(io.BytesIO(raw), formats=[PICTURES[mime]]) as image:  # reads the header, no pixels
            return raw if image.width * image.height <= MAX_PIXELS else None
    except (ValueError, OSError, SyntaxError, Image.DecompressionBombError):
        return None


def make_output(kind: str, **content: Any) -> NotebookNode:
    """As nbformat's ``new_output``, without its validation: the notebook is validated once, as a whole."""
    return from_dict({"output_type": kind, **content})
