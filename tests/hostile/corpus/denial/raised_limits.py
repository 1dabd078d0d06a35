"""Raises its own limits before it uses them up."""

CELLS = {
    "scale_code": "import resource\n"
    "raised = []\n"
    "for name in ('RLIMIT_NPROC', 'RLIMIT_DATA', 'RLIMIT_FSIZE', 'RLIMIT_NOFILE', 'RLIMIT_CPU'):\n"
    "    soft, hard = resource.getrlimit(getattr(resource, name))\n"
    "    try: resource.setrlimit(getattr(resource, name), (soft + 1, hard + 1)); raised.append(name)\n"
    "    except (OSError, ValueError): pass\n"
    "print(raised)\n"
    "def scale(x, f):\n    return f * x"
}


def look(graded):
    assert graded.text("scale_code").strip() == "[]"
