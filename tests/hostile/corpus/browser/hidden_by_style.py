"""Styles that hide the score, cover the page, or fetch from elsewhere."""

CELLS = {
    "why": "<style>.pull-right{display:none} body{background:url(//evil.example/seen)}</style>"
    "<div style='position:fixed;inset:0;background:white'>Score 5.5</div><p class='panel-heading'>x</p>"
    "<font size=99>x</font><link rel=stylesheet href=//evil.example/x.css>"
}


def look(graded):
    assert "inset:0" not in graded.page
