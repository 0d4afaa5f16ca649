"""What Gradio does with clients' files, narrowed: each upload has a folder of its own, and no address is fetched.

Gradio names an upload's folder by its content, so that four clients with the same clip share one file and the first who
is done deletes it for all. It also fetches what a client names by an address; nothing here talks to the network.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any


def narrow() -> None:
    """Put ours in the place of Gradio's functions, for this process; twice does no harm."""
    from gradio import processing_utils, route_utils, routes

    whole = route_utils.upload_fn

    async def upload_fn(request: Any, upload_dir: str | Path, *rest: Any, **options: Any) -> Any:
        """An upload, in `upload_dir/<random>/<content>/<name>`."""
        return await whole(request, Path(upload_dir) / secrets.token_hex(16), *rest, **options)

    vars(routes)["upload_fn"] = upload_fn
    vars(processing_utils).update(save_url_to_cache=_refuse, async_ssrf_protected_download=_refuse_soon)


def _refuse(*_: Any, **__: Any) -> str:
    from gradio import Error

    raise Error("Upload the file itself: addresses are not fetched.", print_exception=False)


async def _refuse_soon(*_: Any, **__: Any) -> str:
    return _refuse()
