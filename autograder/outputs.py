"""Outputs of a student's cells: cleaned of everything but text and bitmaps, and cut to size."""

import base64
import re
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_output

# Text and bitmaps only: HTML, SVG and scripts would run in the browser of whoever reads the feedback.
PICTURES = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}
MAX_OUTPUTS = 200
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f]")  # all but tab, newline, return and escape (colours)


class OutputCollector:
    """Gathers the outputs of one cell from the messages of a kernel that may send anything."""

    def __init__(self, budget: int):
        self.outputs: list[NotebookNode] = []
        self._left = budget
        self._cut = False

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
                new_output("error", ename=self._text(content.get("ename"))[:200],
                           evalue=self._text(content.get("evalue"))[:2000], traceback=lines)
            )  # fmt: skip

    def note(self, text: str) -> None:
        """A line of the grader's own, after what there is."""
        self.outputs.append(new_output("stream", name="stderr", text=f"[grader] {text}\n"))

    def _stream(self, name: str, text: str) -> None:
        last = self.outputs[-1] if self.outputs else None
        if last is not None and last.output_type == "stream" and last.name == name:
            last.text += text
        elif text:
            self._append(new_output("stream", name=name, text=text))

    def _data(self, data: Any, metadata: Any) -> None:
        if not isinstance(data, dict):
            return
        kept, described = {}, {}
        for mime, magic in PICTURES.items():
            picture = data.get(mime)
            if isinstance(picture, str) and len(picture) <= self._left and _is_picture(picture, magic):
                kept[mime] = picture.strip()
                self._left -= len(picture)
                about = metadata.get(mime) if isinstance(metadata, dict) else None
                if isinstance(about, dict) and isinstance(about.get("alt"), str):
                    described[mime] = {"alt": self._text(about["alt"])}
        if isinstance(data.get("text/plain"), str):
            kept["text/plain"] = self._text(data["text/plain"])
        if kept:
            # Not execute_result: nbgrader would read the first of those as the cell's score.
            self._append(new_output("display_data", data=kept, metadata=described))

    def _append(self, output: NotebookNode) -> None:
        if len(self.outputs) < MAX_OUTPUTS:
            self.outputs.append(output)
        else:
            self._mark_cut()

    def _text(self, text: Any) -> str:
        if not isinstance(text, str):
            return ""
        kept = CONTROL.sub("�", text[: self._left].encode(errors="replace").decode())
        if len(text) > self._left:
            self._mark_cut()
        self._left -= len(kept)
        return kept

    def _mark_cut(self) -> None:
        if not self._cut:
            self._cut = True
            self.note("More output than is kept; the rest was dropped.")


def _is_picture(text: str, magic: bytes) -> bool:
    try:
        return base64.b64decode(text, validate=False).startswith(magic)
    except ValueError:
        return False
