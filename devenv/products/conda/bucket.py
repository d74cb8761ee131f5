"""A channel in a bucket of S3, or of a server with its protocol.

boto3 finds credentials, the region and AWS_ENDPOINT_URL as other S3 tools do, and supports conditional
writes (If-None-Match, If-Match). Servers without these ignore the headers, so the caller checks the
channel before an upload, and the uploaded file afterwards.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from devenv.core.errors import (
    DevenvError,
    PreconditionError,
    StateError,
    UnreachableError,
    UsageError,
)
from devenv.products.conda.channel import listed_digest, with_record
from devenv.products.conda.inspection import records_of
from devenv.products.conda.package import CondaPackage
from devenv.system.answers import timeout_of
from devenv.system.files import temporary_folder

Stamp = list[Any]
"""Of an object: its size in bytes, and its tag, which is another one for another content."""
INDEX = "repodata.json"
OTHER_INDEXES = ("repodata.json.zst", "repodata_shards.msgpack.zst")
"""Installers prefer these to repodata.json, and would use an old index."""
TRIES = 10
"""Maximum number of tries if others change the index meanwhile."""
_LOGIN = "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE."
_KEYS = ("InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken")
_CHANGED = ("PreconditionFailed", "ConditionalRequestConflict", "412")


_ABSENT = {"IfNoneMatch": "*"}
_NAMES = {
    "EndpointConnectionError": "no connection",
    "ConnectionClosedError": "it closed the connection",
    "IncompleteReadError": "it closed the connection",
    "ResponseStreamingError": "it closed the connection",
}


class _Changed(Exception):
    """A conditional write failed, since the object has changed."""


@dataclass(frozen=True)
class Bucket:
    """A channel in a bucket. address: s3://BUCKET/PATH. client: of boto3. timeout: in seconds."""

    address: str
    client: Any
    timeout: float
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def name(self) -> str:
        """The name of the bucket, without the path of the channel."""
        return urlsplit(self.address).netloc

    def key(self, subdir: str, file: str) -> str:
        """The key of the object for a file of the channel."""
        return "/".join(filter(None, (urlsplit(self.address).path.strip("/"), subdir, file)))

    @property
    def identity(self) -> str:
        """The channel on its server: the address says nothing of AWS_ENDPOINT_URL."""
        return f"{self.client.meta.endpoint_url} {self.address.rstrip('/')}"

    def objects(self) -> dict[str, Stamp]:
        """SUBDIR/FILE of each object that a channel consists of, with its size and tag.

        UsageError if nothing is stored at the address.
        """
        top = f"{self.key('', '')}/".lstrip("/")
        with _errors(self):
            pages = self.client.get_paginator("list_objects_v2").paginate(
                Bucket=self.name, Prefix=top
            )
            found = [one for page in pages for one in page.get("Contents", ())]
        if not found:
            raise UsageError(
                f"{self.address}: there is no channel, nothing is stored there",
                fix="Check the address. devenv conda upload makes a channel.",
            )
        keys = {one["Key"].removeprefix(top): one for one in found}
        return {
            key: [int(one["Size"]), str(one["ETag"])]
            for key, one in sorted(keys.items())
            if re.fullmatch(r"[^./][^/]*/[^./][^/]*", key)
        }

    def listed(self, subdir: str, file: str) -> str | None:
        """The SHA-256 of a file in the channel's index; None if it is not listed."""
        index = self.read(subdir, INDEX)
        return None if index is None else listed_digest(index[0], file, self.address)

    def read(self, subdir: str, file: str) -> tuple[bytes, str] | None:
        """The content and the tag of an object; None if it does not exist."""
        with _errors(self):
            answer = self._opened(subdir, file)
            return None if answer is None else (answer["Body"].read(), str(answer["ETag"]))

    def online_digest(self, subdir: str, file: str) -> str | None:
        """The SHA-256 of the file that the channel serves; None if there is none."""
        digest = hashlib.sha256()
        with _errors(self):
            answer = self._opened(subdir, file)
            if answer is None:
                return None
            for block in answer["Body"].iter_chunks(1 << 20):
                digest.update(block)
        return digest.hexdigest()

    def download(self, subdir: str, file: str, place: Path) -> Stamp:
        """Download an object to a file. Returns its size and tag. StateError if it does not exist."""
        with _errors(self), place.open("wb") as stream:
            answer = self._opened(subdir, file)
            if answer is None:
                raise StateError(f"{self.address} has no {subdir}/{file}")
            for block in answer["Body"].iter_chunks(1 << 20):
                stream.write(block)
        return [int(answer["ContentLength"]), str(answer["ETag"])]

    def _opened(self, subdir: str, file: str) -> dict[str, Any] | None:
        try:
            answer: dict[str, Any] = self.client.get_object(
                Bucket=self.name, Key=self.key(subdir, file)
            )
        except self.client.exceptions.NoSuchKey:
            return None
        return answer

    def send(self, package: CondaPackage, path: Path, scratch: Path, *, force: bool) -> None:
        """Upload one file and list it. scratch: a directory for temporary files.

        If this is interrupted at any time, the index does not list a file that differs from the object.
        """
        record = _record(path, scratch, self.environ)
        self._list("noarch", "", {})
        if force:
            self._list(package.subdir, package.file, {})
        try:
            with path.open("rb") as stream:
                self._put(package.subdir, package.file, stream, {} if force else _ABSENT)
        except _Changed:
            # A process may have been killed before it listed the file. If it is the same, continue.
            if self.online_digest(package.subdir, package.file) != package.sha256:
                raise StateError(
                    f"{self.address} already has a different {package.file},"
                    " which its index does not list",
                    fix="Raise the build number, or replace it: --force",
                ) from None
        self._list(package.subdir, package.file, record)

    def _list(self, subdir: str, file: str, record: Mapping[str, object]) -> None:
        """Write the index with the record of a file. Retries if another process changes it meanwhile."""
        for _ in range(TRIES):
            index = self.read(subdir, INDEX)
            try:
                text = with_record(index and index[0], subdir, file, record)
            except ValueError:
                raise StateError(f"{self.address}/{subdir}: its index is not valid JSON") from None
            if index and json.loads(index[0]) == json.loads(text):
                return
            if self.write_index(subdir, text, index and index[1]):
                return
        raise self.busy()

    def write_index(self, subdir: str, text: str, tag: str | None) -> bool:
        """Replace an index if its tag is still the same. Returns whether. tag: None for no index."""
        try:
            self._put(subdir, INDEX, text.encode(), {"IfMatch": tag} if tag else _ABSENT)
        except _Changed:
            return False
        self.remove_other_indexes(subdir)
        return True

    def remove_other_indexes(self, subdir: str) -> None:
        """Delete the `OTHER_INDEXES` of a subdir, which installers prefer to the index."""
        with _errors(self):
            for name in OTHER_INDEXES:
                self.client.delete_object(Bucket=self.name, Key=self.key(subdir, name))

    def busy(self) -> StateError:
        """The error to raise after `TRIES` attempts to write an index that others keep changing."""
        return StateError(
            f"{self.address}: others changed its index {TRIES} times meanwhile",
            fix="Run it again.",
        )

    def _put(self, subdir: str, file: str, content: object, condition: Mapping[str, str]) -> None:
        with _errors(self):
            self.client.put_object(
                Bucket=self.name, Key=self.key(subdir, file), Body=content, **condition
            )


def bucket_of(address: str, environ: Mapping[str, str]) -> Bucket:
    """The channel at an address. UsageError for an invalid one, PreconditionError without boto3."""
    parts = urlsplit(address)
    if parts.scheme != "s3" or not parts.netloc or "@" in parts.netloc:
        raise UsageError(
            f"{address.rpartition('@')[2]!r} is not the address of a channel in S3",
            fix="Give it as s3://BUCKET/CHANNEL. " + _LOGIN,
        )
    if find_spec("boto3") is None:
        raise PreconditionError("channels in S3 need boto3", fix='pip install "simdevenv[s3]"')
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError

    timeout = timeout_of(environ)
    limits = {"connect_timeout": timeout, "read_timeout": timeout}
    retries = {"mode": "standard", "total_max_attempts": 2}
    try:
        client = boto3.client("s3", config=Config(**limits, retries=retries))
    except (BotoCoreError, ValueError) as error:
        raise UsageError(f"the settings of S3 are not valid: {error}", fix=_LOGIN) from None
    return Bucket(address, client, timeout, environ)


def _record(path: Path, scratch: Path, environ: Mapping[str, str]) -> dict[str, Any]:
    """The index record of a package."""
    with temporary_folder(scratch) as folder:
        return records_of([path], folder / "channel", scratch, environ)[path]


@contextmanager
def _errors(bucket: Bucket) -> Iterator[None]:
    """Convert the library's errors. Their own messages may contain a signed address."""
    from botocore import exceptions as known

    try:
        yield
    except (known.NoCredentialsError, known.PartialCredentialsError):
        raise UsageError(f"{bucket.address}: no credentials for S3", fix=_LOGIN) from None
    except (known.ConnectTimeoutError, known.ReadTimeoutError):
        raise _unreachable(bucket, f"no answer within {bucket.timeout:g} s") from None
    except (known.ConnectionError, known.HTTPClientError, known.IncompleteReadError) as error:
        raise _unreachable(bucket, _NAMES.get(type(error).__name__, str(error))) from None
    except known.ClientError as error:
        raise _refusal(bucket, error.response) from None
    except known.BotoCoreError as error:
        raise StateError(f"{bucket.address}: {error}", fix=_LOGIN) from None


def _unreachable(bucket: Bucket, words: str) -> UnreachableError:
    where = bucket.client.meta.endpoint_url
    return UnreachableError(
        f"{bucket.address}: {where} cannot be reached: {words}",
        fix="Check AWS_ENDPOINT_URL and the network.",
    )


def _refusal(bucket: Bucket, response: Mapping[str, Any]) -> Exception:
    code, words = str(response["Error"].get("Code", "")), response["Error"].get("Message", "")
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in _CHANGED or status == 412:
        return _Changed()
    where = bucket.address
    refusals: dict[str, DevenvError] = {
        "NoSuchBucket": UsageError(
            f"{where}: there is no bucket {bucket.name}", fix="Create it, or check its name."
        ),
        "AccessDenied": UsageError(
            f"{where}: these credentials may not do this",
            fix="Ask its owner for the right to read and to write, or use others: AWS_PROFILE.",
        ),
        **dict.fromkeys(
            _KEYS, UsageError(f"{where}: the credentials are not valid ({code})", fix=_LOGIN)
        ),
    }
    if code in refusals:
        return refusals[code]
    return StateError(f"{where}: HTTP {status}: {code} {words}", fix="Ask whoever runs the server.")
