"""Restricts how Gradio handles uploaded files, by wrappers around its functions.

What Gradio does, and what is changed: it names an upload's folder by its content, so that clients with the same clip
share one file, which the first who is done deletes for all (here each upload has its own folder); it keeps the
beginning of an upload that broke off (deleted here); it accepts a folder of uploads as a file and fetches URLs that a
client sends (refused here); and it tells clients an upload's whole path (here only the part below the uploads).
"""

from __future__ import annotations

import os
import secrets
import shutil
from functools import cache
from pathlib import Path
from typing import Any

from pvchat.errors import is_disk_full

MAX_FIELD = 1 << 16  # bytes of a text that comes with an upload; Gradio would hold any length in memory
_FULL = "There is no room left for this file on PVChat's disk. Make room there, then upload it again."
_NOT_UPLOADED = "Upload the file first: nothing else on this machine is read."


@cache
def narrow() -> None:
    """Put our wrappers around Gradio's functions, once for this process."""
    from gradio import processing_utils, route_utils, routes

    parser = route_utils.GradioMultiPartParser
    vars(routes).update(upload_fn=_receiving(route_utils.upload_fn), file_fetch=_fetching(route_utils.file_fetch))
    vars(processing_utils).update(
        _check_allowed=_checking(processing_utils._check_allowed),
        async_move_files_to_cache=_renaming(processing_utils.async_move_files_to_cache),
        save_url_to_cache=_refuse, async_ssrf_protected_download=_refuse,
    )  # fmt: skip
    parser.on_part_data = _limiting(parser.on_part_data)  # type: ignore[method-assign]


def _receiving(original: Any) -> Any:
    """Uploading: into `upload_dir/<random>/<content>/<name>`; nothing is left of an upload that broke off."""
    from fastapi import HTTPException
    from starlette.requests import ClientDisconnect

    async def upload_fn(request: Any, upload_dir: str | Path, *rest: Any, **options: Any) -> Any:
        folder = Path(upload_dir) / secrets.token_hex(16)
        try:
            files, *others = await original(request, folder, *rest, **options)
            return [_client_path(file) for file in files], *others
        except ClientDisconnect as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise HTTPException(400, "The upload broke off.") from error  # nobody hears it, and nothing is logged
        except BaseException as error:  # refused, or the server stops
            shutil.rmtree(folder, ignore_errors=True)
            if is_disk_full(error):
                raise HTTPException(507, _FULL) from error
            raise

    return upload_fn


def _limiting(original: Any) -> Any:
    """Parsing an upload: text that is too long is refused."""
    from starlette.formparsers import MultiPartException

    def on_part_data(parser: Any, data: bytes, start: int, end: int) -> None:
        part = parser._current_part
        if part.file is None and len(part.data) + end - start > MAX_FIELD:
            raise MultiPartException("A text beside the file is too long.")
        original(parser, data, start, end)

    return on_part_data


def _checking(original: Any) -> Any:
    """Checking a file: a clear error for a path that the client hasn't uploaded."""
    from gradio import exceptions

    def check_allowed(path: str | Path, check_in_upload_folder: bool) -> None:
        try:
            original(path, check_in_upload_folder)
        except exceptions.InvalidPathError as error:
            raise exceptions.Error(_NOT_UPLOADED, print_exception=False) from error
        if check_in_upload_folder and not Path(path).is_file():
            raise exceptions.Error(_NOT_UPLOADED, print_exception=False)

    return check_allowed


def _renaming(original: Any) -> Any:
    """Passing values from and to a page: paths of uploads are replaced by the names that clients know, and back."""
    from gradio.processing_utils import client_utils

    def from_client(file: dict[str, Any]) -> dict[str, Any]:
        """A URL stays as it is."""
        path = file["path"]
        return file if client_utils.is_http_url_like(path) else {**file, "path": _server_path(path)}

    def to_client(file: dict[str, Any]) -> dict[str, Any]:
        path, name = file["path"], _client_path(file["path"])
        url = file["url"].replace(*map(client_utils.encode_file_path, (path, name)))
        return {**file, "path": name, "url": url}

    async def move(data: Any, block: Any, postprocess: bool = False, **options: Any) -> Any:
        each, ours = client_utils.traverse, client_utils.is_file_obj_with_meta
        if postprocess:
            return each(await original(data, block, postprocess, **options), to_client, ours)
        return await original(each(data, from_client, ours), block, postprocess, **options)

    return move


def _fetching(original: Any) -> Any:
    """Showing an upload (the camera's player does): by the name that the client knows."""

    def file_fetch(path: str, *rest: Any) -> Any:
        found = _server_path(path)
        return original(found if _client_path(found) != found and os.path.isfile(found) else path, *rest)

    return file_fetch


def _root() -> str:
    """The folder of this server's uploads."""
    from gradio.utils import get_upload_folder

    return os.path.normpath(get_upload_folder())


def _client_path(path: str | Path) -> str:
    """An upload's path as clients see it: relative to the folder of uploads."""
    return str(path).removeprefix(_root() + os.sep)


def _server_path(name: str) -> str:
    """The path of an upload that a client names."""
    return os.path.normpath(os.path.join(_root(), name))


def _refuse(*_: Any, **__: Any) -> str:
    from gradio import Error

    raise Error("Upload the file itself: addresses are not fetched.", print_exception=False)
