"""Takes the graphics card, which belongs to the grader."""

CELLS = {
    "scale_code": "import glob, os\n"
    "print([glob.glob(f'/dev/{name}*') for name in ('nvidia', 'dri/', 'kfd')], os.environ['CUDA_VISIBLE_DEVICES'])\n"
    "def scale(x, f):\n    return f * x"
}


def look(graded):
    assert graded.text("scale_code").strip() == "[[], [], []] -1"
