"""What Gradio does with clients' files, narrowed: each upload has a folder of its own, and no address is fetched.

Gradio names an upload's folder by its content, so that four clients with the same clip share one file and the first who
is done deletes it for all. It leaves what came of an upload that broke off. It takes a folder of uploads for an upload.
It also fetches what a client names by an address; nothing here talks to the network.
"""

from __future__ import annotations

import secrets
import shutil
from functools import cache
from pathlib import Path
from typing import Any

_NOT_UPLOADED = "Upload the file first: nothing else on this machine is read."


@cache
def narrow() -> None:
    """Put ours in the place of Gradio's functions, once for this process."""
    from fastapi import HTTPException
    from gradio import exceptions, processing_utils, route_utils, routes
    from starlette.requests import ClientDisconnect

    whole, allowed = route_utils.upload_fn, processing_utils._check_allowed

    async def upload_fn(request: Any, upload_dir: str | Path, *rest: Any, **options: Any) -> Any:
        """An upload, in `upload_dir/<random>/<content>/<name>`; nothing stays of one that broke off."""
        folder = Path(upload_dir) / secrets.token_hex(16)
        try:
            return await whole(request, folder, *rest, **options)
        except ClientDisconnect as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise HTTPException(400, "The upload broke off.") from error  # nobody hears it, and nothing is logged
        except BaseException:  # refused, or the server stops
            shutil.rmtree(folder, ignore_errors=True)
            raise

    def check_allowed(path: str | Path, check_in_upload_folder: bool) -> None:
        """Raise a sentence for what a client names and hasn't uploaded."""
        try:
            allowed(path, check_in_upload_folder)
        except exceptions.InvalidPathError as error:
            raise exceptions.Error(_NOT_UPLOADED, print_exception=False) from error
        if check_in_upload_folder and not Path(path).is_file():
            raise exceptions.Error(_NOT_UPLOADED, print_exception=False)

    vars(routes)["upload_fn"] = upload_fn
    vars(processing_utils).update(
        _check_allowed=check_allowed, save_url_to_cache=_refuse, async_ssrf_protected_download=_refuse_soon
    )


def _refuse(*_: Any, **__: Any) -> str:
    from gradio import Error

    raise Error("Upload the file itself: addresses are not fetched.", print_exception=False)


async def _refuse_soon(*_: Any, **__: Any) -> str:
    return _refuse()
