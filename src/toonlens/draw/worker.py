"""``python -m toonlens.draw.worker RECIPE START STOP STEP SIZE OPTIONS``: pictures and masks as raw bytes on stdout."""

import json
import sys

from toonlens.draw.batch import recipe


def main() -> None:
    name, start, stop, step, size, options = sys.argv[1:]
    draw = recipe(name)
    for index in range(int(start), int(stop), int(step)):
        picture, mask = draw(index, int(size), **json.loads(options))
        sys.stdout.buffer.write(picture.tobytes() + mask.tobytes())


if __name__ == "__main__":
    main()
