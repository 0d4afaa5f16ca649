"""One picture of all who could be meant, numbered as `--track` counts them.

In: numbers and JPEG thumbnails. Out: JPEG bytes.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

_SIDE, _GAP, _ROW = 192, 12, 5  # pixels of a picture's square and between two; pictures in a row
_INK, _PAPER = (20, 20, 20), (245, 245, 245)


def contact_sheet(pictures: Sequence[tuple[int, bytes]]) -> bytes:
    """The pictures in rows of five, each with its number below.

    Args:
        pictures: number and JPEG bytes of each, at least one.
    """
    columns = min(_ROW, len(pictures))
    lines = -(-len(pictures) // _ROW)
    cell = _SIDE + 2 * _GAP
    sheet = Image.new("RGB", (columns * cell, lines * (cell + 2 * _GAP)), _PAPER)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(size=28)
    for place, (number, data) in enumerate(pictures):
        x, y = place % _ROW * cell + _GAP, place // _ROW * (cell + 2 * _GAP) + _GAP
        with Image.open(io.BytesIO(data)) as picture:
            picture.thumbnail((_SIDE, _SIDE))
            sheet.paste(picture, (x + (_SIDE - picture.width) // 2, y + (_SIDE - picture.height) // 2))
        draw.text((x + _SIDE / 2, y + _SIDE + _GAP), str(number), _INK, font, anchor="mm")
    buffer = io.BytesIO()
    sheet.save(buffer, "JPEG", quality=88)
    return buffer.getvalue()
