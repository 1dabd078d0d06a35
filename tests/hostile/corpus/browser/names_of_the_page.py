"""Ids and names that take the place of those of the page."""

CELLS = {"why": "<a name=scale id=toc>x</a><p id=scale>y</p>\n\n# scale\n\n<a href='#scale'>to the question</a>"}


def look(graded):
    assert graded.page.count('name="scale"') == 1
    assert 'id="scale"' not in graded.page
