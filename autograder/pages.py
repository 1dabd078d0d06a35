"""Markdown of a notebook as HTML that does nothing in the browser of whoever reads it: formgrader and feedback pages.

nbconvert renders as always; what comes out is then cleaned by bleach down to the tags and attributes listed here. Tags
that are not listed stay visible as text, so an honest ``List<int>`` is still read.
"""

import functools
import html
import re
from typing import Any

import bleach
from jinja2 import pass_context
from nbconvert.filters.markdown_mistune import InvalidNotebook, IPythonRenderer, MarkdownWithMath

from autograder.outputs import picture_bytes

MAX_MARKDOWN = 20_000  # characters of one cell; a longer one is shown as it was typed
MAX_TAGS = 1_000  # as many that are never closed would take minutes to clean
TAGS = {
    "a", "abbr", "b", "blockquote", "br", "caption", "center", "code", "dd", "del", "details", "div", "dl", "dt", "em",
    "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "kbd", "li", "ol", "p", "pre", "s", "small", "span", "strong",
    "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul", "var",
}  # fmt: skip
PLAIN = {"abbr", "align", "alt", "colspan", "height", "open", "rowspan", "start", "title", "width"}
PROTOCOLS = {"http", "https", "mailto", "data"}
CODE_CLASS = re.compile(r"highlight( hl-\w+)?|[a-z][a-z0-9]?|err")  # what Pygments gives; no class of the page around
WEB = re.compile(r"(https?://|mailto:|#)", re.IGNORECASE)
PICTURE = re.compile(r"data:(image/(?:png|jpeg));base64,", re.IGNORECASE)


@pass_context
def markdown2html(context: Any, source: str) -> str:
    """nbconvert's filter of the same name, with nothing live in what it gives."""
    attachments = context.get("cell", {}).get("attachments", {})
    return _cleaned(source) if not attachments else safe_html(source, attachments)


def safe_html(source: str, attachments: dict[str, dict[str, str]] | None = None) -> str:
    """HTML of some markdown, cleaned. What is too long or cannot be rendered is shown as typed."""
    if len(source) <= MAX_MARKDOWN and source.count("<") <= MAX_TAGS:
        try:
            renderer = IPythonRenderer(escape=False, exclude_anchor_links=True, attachments=attachments or {})
            rendered = MarkdownWithMath(renderer=renderer).render(source)
            return bleach.clean(rendered, tags=TAGS, attributes=_allowed, protocols=PROTOCOLS)
        except (InvalidNotebook, RecursionError, ValueError):  # the first for attachments that are not there
            pass
    return f"<pre>{html.escape(source)}</pre>"


_cleaned = functools.lru_cache(maxsize=256)(safe_html)  # a class has most of its text in common


def _allowed(tag: str, name: str, value: str) -> bool:
    """Whether an attribute stays: nothing that runs, fetches, styles, or takes the place of something on the page."""
    if name == "href":
        return tag == "a" and WEB.match(value) is not None
    if name == "src":  # nothing from elsewhere: fetching it would tell its owner who reads the page, and when
        found = PICTURE.match(value)
        return tag == "img" and found is not None and picture_bytes(value[found.end() :], found[1].lower()) is not None
    if name == "class":
        return tag in ("div", "span") and CODE_CLASS.fullmatch(value) is not None
    return name in PLAIN
