"""The three networks of the course, by name."""

from toonlens.errors import UserError

ARCHITECTURES = ("vgg16", "resnet50", "densenet121")


def check_arch(arch: str) -> None:
    """Raise UserError unless ``arch`` is one of `ARCHITECTURES`."""
    if arch not in ARCHITECTURES:
        raise UserError(f"unknown network {arch!r}: there are {', '.join(ARCHITECTURES)}")
