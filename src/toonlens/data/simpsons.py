"""Pictures of the Simpsons, from Kaggle or from a folder in its layout.

The dataset is Alexandre Attia's "The Simpsons Characters Data" (kaggle.com/alexattia/the-simpsons-characters-dataset,
CC BY-NC-SA 4.0): a folder of pictures for each character, cut out of episodes, and a flat test set. Many pictures are
neighbouring frames of one scene; they never end up on both sides of a split.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from toonlens.errors import UserError

KAGGLE_DATASET = "alexattia/the-simpsons-characters-dataset"
TRAIN_FOLDER, TEST_FOLDER = "simpsons_dataset", "kaggle_simpson_testset"

STUDY_CHARACTERS = (  # those with the most pictures in the Kaggle set, most first
    "homer_simpson", "ned_flanders", "moe_szyslak", "lisa_simpson", "bart_simpson", "marge_simpson",
    "krusty_the_clown", "principal_skinner", "charles_montgomery_burns", "milhouse_van_houten", "chief_wiggum",
    "abraham_grampa_simpson", "sideshow_bob", "apu_nahasapeemapetilon", "kent_brockman", "comic_book_guy",
    "edna_krabappel", "nelson_muntz",
)  # fmt: skip

SUFFIXES = {".jpg", ".jpeg", ".png"}
FOLDS = 10
TEST_FOLDS, VALIDATION_FOLDS = 2, 1  # of FOLDS; the rest is for training
SAME_SCENE = 18.0  # root mean square difference of thumbnails, grey levels from 0 to 255


class Pictures(NamedTuple):
    """``images`` uint8 (N, H, W, 3), RGB, and ``labels`` int64 (N,), indices into the class names."""

    images: np.ndarray
    labels: np.ndarray


@dataclass(frozen=True)
class Simpsons:
    """Three parts that share no scene, and the names of the K classes, in alphabetical order."""

    train: Pictures
    validation: Pictures
    test: Pictures
    class_names: tuple[str, ...]


def load_simpsons(
    root: Path | str | None = None, size: int = 64, characters: int | Sequence[str] = len(STUDY_CHARACTERS)
) -> Simpsons:
    """Read the pictures, stretch them to squares and split them.

    Args:
        root: a folder with one folder of pictures for each character; or one that holds such a folder as
            ``simpsons_dataset`` (once or twice nested) and perhaps the flat ``kaggle_simpson_testset``; or a flat
            folder of ``name_0.jpg``. None downloads the dataset through kagglehub, on first use.
        size: side of the pictures in pixels.
        characters: names; or how many, in the order of `STUDY_CHARACTERS` and then by number of pictures. Where there
            are fewer, all are taken.

    Returns:
        Kaggle's flat test set is ``test`` if it is there and has all the characters, 20 % of the pictures otherwise;
        10 % are ``validation``. Pictures of one scene stay together, and what resembles a picture of Kaggle's test set
        is left out of the other two.

    Raises:
        UserError: no such folder, no pictures in it, a character without pictures, an unreadable picture, an unknown
            name, too few pictures or scenes to split, or no way to download.
    """
    folder = _download() if root is None else Path(root).expanduser()
    if not folder.is_dir():
        raise UserError(f"no folder at {folder}: give the folder of the Simpsons pictures, or no root to download them")
    train_files, test_files = _find(folder)
    names = _choose(train_files, characters, folder)
    labels_of = {name: label for label, name in enumerate(names)}

    known = [(path, labels_of[name]) for name in names for path in train_files[name]]
    tested = all(test_files.get(name) for name in names)
    given = [(path, labels_of[name]) for name in names for path in test_files[name]] if tested else []
    pictures = _read(known + given, size)
    scenes = _scenes(pictures.images)
    train, validation, test = (
        Pictures(pictures.images[i], pictures.labels[i]) for i in _split(pictures.labels, scenes, len(known))
    )
    return Simpsons(train, validation, test, names)


def _download() -> Path:
    import kagglehub

    try:
        return Path(kagglehub.dataset_download(KAGGLE_DATASET))
    # kagglehub lets through whatever the network library raises
    except Exception as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UserError(
            f"the Simpsons pictures could not be downloaded ({reason}): connect to a network, or give root, the folder "
            f"of an unpacked copy of kaggle.com/{KAGGLE_DATASET}"
        ) from None


def _pictures_in(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES and not p.name.startswith("."))


def _by_file_name(folder: Path) -> dict[str, list[Path]]:
    """Pictures called ``name_0.jpg``, ``name_1.jpg``, ..., by name."""
    found: dict[str, list[Path]] = {}
    for path in _pictures_in(folder):
        name, separator, number = path.stem.rpartition("_")
        if separator and number.isdigit():
            found.setdefault(name, []).append(path)
    return found


def _find(root: Path) -> tuple[dict[str, list[Path]], dict[str, list[Path]]]:
    """Pictures of each character, those to split and those of the flat test set (none if it is not there)."""
    levels = [root, root / TRAIN_FOLDER, root / TRAIN_FOLDER / TRAIN_FOLDER]
    test_levels = [root / TEST_FOLDER / TEST_FOLDER, root / TEST_FOLDER]
    test = next((found for level in test_levels if level.is_dir() and (found := _by_file_name(level))), {})
    for level in (level for level in levels if level.is_dir()):
        folders = {
            p.name: _pictures_in(p)
            for p in sorted(level.iterdir())
            if p.is_dir() and not p.name.startswith(".") and p.name not in (TRAIN_FOLDER, TEST_FOLDER)
        }
        if any(folders.values()):
            return folders, test
    flat = _by_file_name(root) or test
    if not flat:
        raise UserError(
            f"no pictures in {root}: there should be a folder of .jpg files for each character, in it or in "
            f"{TRAIN_FOLDER}, or files called name_0.jpg"
        )
    return flat, {}


def _choose(files: dict[str, list[Path]], characters: int | Sequence[str], root: Path) -> tuple[str, ...]:
    if isinstance(characters, int):
        if characters < 2:
            raise UserError(f"characters is at least 2, or a list of names, not {characters}")
        study = {name: place for place, name in enumerate(STUDY_CHARACTERS)}
        ranked = sorted(files, key=lambda name: (study.get(name, len(study)), -len(files[name]), name))
        names = ranked[:characters]
    else:
        names = [characters] if isinstance(characters, str) else list(characters)
        for name in names:
            if name not in files:
                raise UserError(f"no character {name!r} in {root}: there are {', '.join(sorted(files))}")
    for name in names:
        if len(files[name]) < FOLDS:
            raise UserError(
                f"{name} has {len(files[name]) or 'no'} pictures in {root}; splitting takes {FOLDS}: "
                "add some, remove its folder, or leave it out of characters"
            )
    return tuple(sorted(set(names)))


def _read(files: list[tuple[Path, int]], size: int) -> Pictures:
    from rich.progress import track

    images = np.empty((len(files), size, size, 3), np.uint8)
    labels = np.array([label for _, label in files], dtype=np.int64)
    for i, (path, _) in enumerate(track(files, "Simpsons", disable=len(files) < 2000, transient=True)):
        try:
            with Image.open(path) as image:
                images[i] = np.asarray(image.convert("RGB").resize((size, size), Image.Resampling.BICUBIC))
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
            raise UserError(f"cannot read the picture {path} ({type(error).__name__}): replace or delete it") from None
    return Pictures(images, labels)


def _scenes(images: np.ndarray) -> np.ndarray:
    """Number of the scene that each picture (N, H, W, 3) belongs to, (N,): chains of pictures that look alike.

    Two look alike if their 8 x 8 thumbnails differ by less than `SAME_SCENE`.
    """
    from sklearn.cluster import DBSCAN

    small = np.stack([np.asarray(Image.fromarray(i).resize((8, 8), Image.Resampling.BOX)) for i in images])
    points = small.reshape(len(images), -1).astype(np.float32)
    return DBSCAN(eps=SAME_SCENE * points.shape[1] ** 0.5, min_samples=1, n_jobs=-1).fit_predict(points)


def _split(labels: np.ndarray, scenes: np.ndarray, n_known: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Indices of training, validation and test pictures; those from ``n_known`` on are a test set as given."""
    from sklearn.model_selection import StratifiedGroupKFold

    known, given = np.arange(n_known), np.arange(n_known, len(labels))
    known = known[~np.isin(scenes[known], scenes[given])]
    if len(np.unique(scenes[known])) < FOLDS:
        raise UserError(f"the pictures show fewer than {FOLDS} different scenes: too few to split without leakage")
    folding = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=0)
    folds = [known[fold] for _, fold in folding.split(known, labels[known], scenes[known])]
    held = 0 if len(given) else TEST_FOLDS
    test = np.concatenate([given, *folds[:held]]).astype(int)
    validation = np.concatenate(folds[held : held + VALIDATION_FOLDS])
    train = np.concatenate(folds[held + VALIDATION_FOLDS :])
    return np.sort(train), np.sort(validation), np.sort(test)
