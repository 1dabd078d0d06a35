"""Tags whose event handlers run."""

CELLS = {
    "why": "<img src=x onerror=alert(1)><details open ontoggle=alert(2)><summary>s</summary></details>"
    "<b onmouseover=alert(3) onclick='alert(4)'>bold</b><body onload=alert(5)><p onpointerenter=alert(6)>x</p>"
}
QUICK = True


def look(graded):
    assert "<b>bold</b>" in graded.page
