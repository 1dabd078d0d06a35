"""Links that run, in every spelling that browsers and markdown accept."""

CELLS = {
    "why": "[a](javascript:alert(1)) [b](JaVaScRiPt:alert(1)) [c](java&#x09;script:alert(1)) [d][x] "
    "<javascript:alert(1)>\n\n[x]: javascript:alert(1)\n\n"
    "<a href='&#106;avascript:alert(1)'>e</a> <a href=' javascript:alert(1)'>f</a> "
    "[g](data:text/html,<script>alert(1)</script>) [h](vbscript:x) <a href='https://example.org'>honest</a>"
}
QUICK = True


def look(graded):
    assert '<a href="https://example.org">honest</a>' in graded.page
    assert 'href="javascript' not in graded.page
