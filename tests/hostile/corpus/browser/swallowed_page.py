"""Tags that are never closed, or closed too often, and comments that swallow or break out of the page."""

CELLS = {
    "why": "</div></div></div></div></body></html><!-- <textarea><title><plaintext><xmp><noscript><table><b><i>"
    "\n\n<select><template>--!><script>alert(1)</script>"
}


def look(graded):
    assert graded.page.rstrip().endswith("</html>")
    assert not {"<plaintext>", "<xmp>", "<textarea>", "<select>"}.intersection(graded.page.split())
