"""Pictures whose data, type and description break out of the attribute that holds them."""

CELLS = {
    "scale_code": "import base64, io\nfrom IPython.display import display\nfrom matplotlib.figure import Figure\n"
    "file = io.BytesIO()\nFigure((1, 1)).savefig(file)\npng = base64.b64encode(file.getvalue()).decode()\n"
    "evil = '\"><script>alert(1)</script><img x=\"'\n"
    "about = {'alt': evil, 'width': evil, 'height': evil}\n"
    "display({'image/png': png[:-40] + evil + png[-40:]}, raw=True, metadata={'image/png': about})\n"
    "display({'image/png': png}, raw=True, metadata={'image/png': about, 'filenames': {'image/png': evil}})\n"
    "display({'image/png': 'R0lGODdh' + evil, 'image/jpeg': png}, raw=True)\n"
    "def scale(x, f):\n    return f * x"
}


def look(graded):
    assert "&gt;&lt;script&gt;alert(1)" in graded.page  # the description, as text
