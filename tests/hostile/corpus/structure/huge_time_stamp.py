"""A time stamp of five megabytes, in bytes that are no text."""


def build(folder, notebook):
    (folder / "timestamp.txt").write_bytes(b"\xff" * (5 << 20))
