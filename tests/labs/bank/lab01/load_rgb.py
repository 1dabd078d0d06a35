"""Solutions of ``load_rgb(path, size)``."""

import numpy as np
from PIL import Image, ImageOps

BILINEAR = Image.Resampling.BILINEAR


def _upright(path):
    with Image.open(path) as file:
        return ImageOps.exif_transpose(file)


def _over_white(picture):
    rgba = picture.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")


def _array(picture, size, filter=BILINEAR):
    return np.asarray(picture.resize((size, size), filter))


def right_composite(path, size):
    """exif_transpose, alpha_composite, resize."""
    return _array(_over_white(_upright(path)), size)


def right_paste(path, size):
    """A white picture on which the file is pasted through its own alpha."""
    rgba = _upright(path).convert("RGBA")
    page = Image.new("RGB", rgba.size, (255, 255, 255))
    page.paste(rgba, mask=rgba.getchannel("A"))
    return np.array(page.resize((size, size), BILINEAR))


def right_numpy(path, size):
    """Mixed with white in NumPy."""
    rgba = np.asarray(_upright(path).convert("RGBA"), dtype=np.float64)
    alpha = rgba[..., 3:] / 255
    mixed = np.rint(alpha * rgba[..., :3] + (1 - alpha) * 255).astype(np.uint8)
    return _array(Image.fromarray(mixed), size)


def right_by_hand(path, size):
    """The eight orientations by hand, on arrays."""
    with Image.open(path) as file:
        held = file.getexif().get(274, 1)
        a = np.asarray(_over_white(file))
    if held in (5, 6, 7, 8):
        a = a.swapaxes(0, 1)
    if held in (2, 3, 6, 7):
        a = a[:, ::-1]
    if held in (3, 4, 7, 8):
        a = a[::-1]
    return _array(Image.fromarray(np.ascontiguousarray(a)), size)


def right_resized_first(path, size):
    """Resized with its alpha, then laid over white."""
    small = _upright(path).convert("RGBA").resize((size, size), BILINEAR)
    return np.asarray(_over_white(small))


def wrong_plain_convert(path, size):
    """convert('RGB') drops alpha: the colour under transparent pixels shows."""
    return _array(_upright(path).convert("RGB"), size)


def wrong_over_black(path, size):
    """Composited over black."""
    rgba = _upright(path).convert("RGBA")
    return _array(Image.alpha_composite(Image.new("RGBA", rgba.size, "black"), rgba).convert("RGB"), size)


def wrong_only_mode_rgba(path, size):
    """Believes that only mode RGBA is transparent."""
    picture = _upright(path)
    return _array(_over_white(picture) if picture.mode == "RGBA" else picture.convert("RGB"), size)


def wrong_hard_alpha(path, size):
    """Takes alpha for a yes or no."""
    rgba = np.array(_upright(path).convert("RGBA"))
    rgba[rgba[..., 3] < 128] = 255
    return _array(Image.fromarray(np.ascontiguousarray(rgba[..., :3])), size)


def wrong_orientation_ignored(path, size):
    """Pillow will turn it."""
    with Image.open(path) as file:
        return _array(_over_white(file), size)


def wrong_turned_the_other_way(path, size):
    """Turns 6 and 8 the wrong way round."""
    with Image.open(path) as file:
        turn = {3: 180, 6: 90, 8: 270}.get(file.getexif().get(274, 1), 0)
        return _array(_over_white(file).rotate(turn, expand=True), size)


def wrong_mirrored_forgotten(path, size):
    """Knows the three turns and none of the mirrored ones."""
    with Image.open(path) as file:
        turn = {3: 180, 6: 270, 8: 90}.get(file.getexif().get(274, 1), 0)
        return _array(_over_white(file).rotate(turn, expand=True), size)


def wrong_nearest(path, size):
    """Nearest neighbour."""
    return _array(_over_white(_upright(path)), size, Image.Resampling.NEAREST)


def wrong_default_filter(path, size):
    """Pillow's default, bicubic."""
    return np.asarray(_over_white(_upright(path)).resize((size, size)))


def wrong_box(path, size):
    """The box filter."""
    return _array(_over_white(_upright(path)), size, Image.Resampling.BOX)


def wrong_cropped(path, size):
    """The middle square, as ImageNet's evaluation does."""
    return np.asarray(ImageOps.fit(_over_white(_upright(path)), (size, size), BILINEAR))


def wrong_padded(path, size):
    """Keeps the sides' ratio and pads."""
    return np.asarray(ImageOps.pad(_over_white(_upright(path)), (size, size), BILINEAR))


def wrong_thumbnail(path, size):
    """thumbnail keeps the ratio."""
    picture = _over_white(_upright(path))
    picture.thumbnail((size, size), BILINEAR)
    return np.asarray(picture)


def wrong_mode_kept(path, size):
    """Converts nothing."""
    return _array(_upright(path), size)


def wrong_grey(path, size):
    """Everything through grey."""
    return _array(_over_white(_upright(path)).convert("L").convert("RGB"), size)


def wrong_bgr(path, size):
    """Blue first, as OpenCV has it."""
    return right_composite(path, size)[..., ::-1].copy()


def wrong_scaled(path, size):
    """Divided by 255."""
    return right_composite(path, size) / 255


def wrong_float(path, size):
    """The right values as float32."""
    return right_composite(path, size).astype(np.float32)


def wrong_palette_numbers(path, size):
    """Takes the numbers of a palette for grey levels."""
    picture = _upright(path)
    if picture.mode == "P":
        picture = Image.fromarray(np.asarray(picture).copy())
    return _array(_over_white(picture), size)


def wrong_resized_before_converted(path, size):
    """Resizes the numbers of a palette's colours, which Pillow does by the nearest pixel."""
    with Image.open(path) as file:
        return np.asarray(_over_white(ImageOps.exif_transpose(file).resize((size, size), BILINEAR)))


def wrong_picture_of_pillow(path, size):
    """Forgets to make an array."""
    return _over_white(_upright(path)).resize((size, size), BILINEAR)


def wrong_list(path, size):
    """Nested lists."""
    return right_composite(path, size).tolist()


def wrong_white_on_top(path, size):
    """Lays the white over the picture."""
    rgba = _upright(path).convert("RGBA")
    return _array(Image.alpha_composite(rgba, Image.new("RGBA", rgba.size, "white")).convert("RGB"), size)


def wrong_saved_back(path, size):
    """Saves the converted picture over the file."""
    picture = _over_white(_upright(path))
    picture.save(path, "PNG")
    return _array(picture, size)


def wrong_no_return(path, size):
    """Forgets to return."""
    _array(_over_white(_upright(path)), size)
