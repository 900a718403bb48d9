"""Bucket: the objects of an object store by their keys; every failure in dmod's words.

Requests are signed by minio and sent as they are, so that whatever S3 has can be asked for: conditions, parts, ranges.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import time
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, TypeVar
from urllib.parse import urlunsplit
from xml.sax.saxutils import escape, unescape

import minio
import urllib3
from minio.credentials.credentials import Credentials as Keys
from minio.deleteobjects import DeleteObject
from minio.error import MinioException, S3Error
from minio.signer import sign_v4_s3
from minio.time import to_amz_date, utcnow

from dmod.data.objects.failure import FIX, AbsentError, PassingError, error_of, failure
from dmod.data.objects.trust import distrust, trusting
from dmod.errors import DmodError, UnreachableError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from dmod.data.objects.credentials import Credentials

AT_ONCE = min(8, max(4, 2 * (os.cpu_count() or 1)))  # requests; more only wait for each other
_ATTEMPTS = 5  # of a request, before the store counts as down
_CRC = "x-amz-checksum-crc32"
_UNSIGNED = "UNSIGNED-PAYLOAD"
_PAUSE = 0.2  # seconds before the second; each further pause is twice as long
_BUCKET = re.compile(r"[a-z0-9](?!.*\.\.)[a-z0-9.-]{1,61}[a-z0-9]")
Result = TypeVar("Result")


class Found(NamedTuple):
    """An object, as a listing tells it."""

    key: str
    size: int  # bytes
    etag: str  # what the store calls its contents
    written: float  # seconds since 1970


class Unfinished(NamedTuple):
    """An object of many parts that was begun and not made."""

    key: str
    upload: str  # the store's id of it
    begun: float  # seconds since 1970


class Bucket:
    """A bucket of a store. Every method raises UnreachableError where the store does not answer or refuses."""

    def __init__(  # noqa: PLR0913 - where it is, and who asks
        self, endpoint: str, bucket: str, credentials: Credentials, *,
        secure: bool, region: str, authority: Path | None = None, hurried: bool = False,
    ) -> None:  # fmt: skip
        self.place = f"{endpoint}/{bucket}"
        self._credentials, self._endpoint, self._name, self._region = credentials, endpoint, bucket, region
        pool = urllib3.PoolManager(
            maxsize=AT_ONCE,
            timeout=urllib3.Timeout(connect=1, read=2) if hurried else urllib3.Timeout(connect=5, read=120),
            retries=False,
            ssl_context=trusting(authority) if secure else None,
        )
        self._http, self._hurried = pool, hurried
        self._keys = Keys(credentials.access_key, credentials.secret_key)
        self._asked = (endpoint, self.place, credentials.origin)
        try:
            self._client = minio.Minio(
                endpoint,
                access_key=credentials.access_key,
                secret_key=credentials.secret_key,
                session_token=credentials.token or None,
                secure=secure,
                region=region,
                http_client=pool,
            )
        except ValueError as error:
            raise UsageError(f"object_store.endpoint: {error}", fix='endpoint = "127.0.0.1:8333"') from error
        if not _BUCKET.fullmatch(bucket):
            why = "it has 3 to 63 small letters, digits, - and ."
            raise UsageError(f'object_store.bucket: "{bucket}" is no name of a bucket', why=why, fix='bucket = "dmod"')

    def put(self, key: str, data: bytes, *, new: bool = False, over: str = "") -> str:
        """Keep an object, whose contents the store holds against their checksum; gives its etag.

        With `new` only where there is none yet, with `over` only in the place of that etag, else ChangedError.
        """
        headers = {"If-None-Match": "*"} if new else {"If-Match": f'"{over}"'} if over else {}
        return self._put(key, data, headers, {})

    def get(self, key: str, start: int = 0, length: int | None = None) -> bytes:
        """The contents, or a part of them, which is shorter where they end before. Raises AbsentError."""
        return self.fetch(key, start, length)[0]

    def fetch(self, key: str, start: int = 0, length: int | None = None) -> tuple[bytes, str]:
        """The contents and the etag. Raises AbsentError."""
        if length == 0:
            return b"", ""
        headers = {} if length is None else {"Range": f"bytes={start}-{start + length - 1}"}
        answer = self._ask("GET", key, headers=headers, fine=(200, 206, 416))
        return (b"" if answer.status == 416 else answer.data), _etag(answer)

    def has(self, key: str) -> bool:
        """Whether there is such an object."""
        try:
            self._ask("HEAD", key)
        except AbsentError:
            return False
        return True

    def list(self, prefix: str) -> Iterator[Found]:
        """All objects whose keys begin so; none where there is no bucket yet."""
        for each in self._listed(prefix, recursive=True):
            written = each.last_modified.timestamp() if each.last_modified else time.time()
            yield Found(str(each.object_name), each.size or 0, (each.etag or "").strip('"'), written)

    def folders(self) -> Sequence[str]:
        """The first parts of all keys."""
        names = (str(each.object_name) for each in self._listed("", recursive=False))
        return [name.rstrip("/") for name in names if name.endswith("/")]

    def make(self) -> None:
        """See that the bucket is there."""

        def ensure() -> None:
            if not self._client.bucket_exists(self._name):
                try:
                    self._client.make_bucket(self._name)
                except S3Error as error:
                    if error.code == "NoSuchBucket":  # another writer is about to have made it
                        raise PassingError(f"{self.place} is being made", fix=FIX) from error
                    if error.code != "BucketAlreadyOwnedByYou":  # another writer was faster
                        raise

        self._again(ensure)

    def delete(self, key: str, *, over: str = "") -> None:
        """Forget an object, with `over` only that of the etag, else ChangedError."""
        self._ask("DELETE", key, headers={"If-Match": f'"{over}"'} if over else {}, fine=(200, 204))

    def delete_all(self, keys: Iterable[str]) -> None:
        """Forget objects, those that are gone already too."""
        errors = self._again(lambda: list(self._client.remove_objects(self._name, [DeleteObject(key) for key in keys])))
        if errors:
            raise DmodError(f"{self.place}: {errors[0].name} cannot be deleted: {errors[0].message}")

    def begin(self, key: str) -> str:
        """Begin an object of many parts; gives the upload's id."""
        answer = self._ask("POST", key, query={"uploads": ""})
        found = re.search(r"<UploadId>([^<]+)</UploadId>", answer.data.decode())
        if not found:
            raise UnreachableError(f"{self.place} began no upload", why="its answer names none", fix="try again")
        return unescape(found[1])

    def put_part(self, key: str, upload: str, number: int, data: bytes) -> str:
        """Keep part `number`, from 1 on; gives its etag. Raises AbsentError for an upload that is gone."""
        return self._put(key, data, {}, {"partNumber": str(number), "uploadId": upload})

    def complete(self, key: str, upload: str, etags: Mapping[int, str]) -> None:
        """Make the object of its parts. Raises AbsentError where the store has lost parts or the upload."""
        parts = "".join(
            f"<Part><PartNumber>{number}</PartNumber><ETag>&quot;{escape(etags[number])}&quot;</ETag></Part>"
            for number in sorted(etags)
        )
        body = f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>".encode()
        answer = self._ask("POST", key, body, query={"uploadId": upload})
        if b"<Error>" in answer.data:  # S3 may have said 200 before it knew
            raise failure(*self._asked, 500, *error_of(answer.data))

    def uploads(self) -> Iterator[Unfinished]:
        """All objects of many parts that were begun and not made; none where there is no bucket yet."""
        key = upload = None
        while True:
            page = self._page(key, upload)
            for each in page.uploads if page else ():
                begun = each.initiated_time.timestamp() if each.initiated_time else time.time()
                yield Unfinished(each.object_name, str(each.upload_id), begun)
            if not page or not page.is_truncated:
                return
            key, upload = page.next_key_marker, page.next_upload_id_marker

    def abort(self, key: str, upload: str) -> None:
        """Forget an object of many parts that was begun, one that is gone already too."""
        with suppress(AbsentError):
            self._ask("DELETE", key, query={"uploadId": upload})

    def _page(self, key: str | None, upload: str | None) -> Any:  # noqa: ANN401 - minio's ListMultipartUploadsResult
        """Some unfinished uploads; minio has a method for it, and no public one."""
        ask = self._client._list_multipart_uploads  # noqa: SLF001 - see above
        try:
            return self._again(lambda: ask(self._name, key_marker=key, upload_id_marker=upload))
        except AbsentError:
            return None

    def _put(self, key: str, data: bytes, headers: Mapping[str, str], query: Mapping[str, str]) -> str:
        """Send an object or a part, which the store holds against its CRC; one that knows none, against its MD5."""
        crc = base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()
        answer = self._ask("PUT", key, data, headers={**headers, _CRC: crc}, query=query)
        if answer.headers.get(_CRC) != crc:
            md5 = hashlib.md5(data, usedforsecurity=False).digest()
            if _etag(answer) != md5.hex():
                said = {**headers, "Content-MD5": base64.b64encode(md5).decode()}
                answer = self._ask("PUT", key, data, headers=said, query=query)
        return _etag(answer)

    def _ask(  # noqa: PLR0913, PLR0917 - what a request is made of
        self,
        method: str,
        key: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        fine: Sequence[int] = (200, 204),
    ) -> urllib3.BaseHTTPResponse:
        def once() -> urllib3.BaseHTTPResponse:
            address, signed = self._signed(method, key, dict(headers or {}), dict(query or {}))
            answer = self._http.request(method, address, body=body, headers=signed)
            if answer.status not in fine:
                raise failure(*self._asked, answer.status, *error_of(answer.data))
            return answer

        return self._again(once)

    def _signed(self, method: str, key: str, headers: dict[str, str], query: dict[str, str]) -> tuple[str, Any]:
        """The address of a request, and its headers with a signature that leaves the body to its checksum."""
        url = self._client._base_url.build(  # noqa: SLF001 - only minio's own requests have it, which hash each body
            method=method,
            region=self._region,
            bucket_name=self._name,
            object_name=key,
            query_params=query,  # type: ignore[arg-type]
        )
        now = utcnow()
        headers |= {"Host": url.netloc, "x-amz-content-sha256": _UNSIGNED, "x-amz-date": to_amz_date(now)}
        headers |= {"x-amz-security-token": self._credentials.token} if self._credentials.token else {}
        signed = sign_v4_s3(
            method=method, url=url, region=self._region, headers=headers,  # type: ignore[arg-type]
            credentials=self._keys, content_sha256=_UNSIGNED, date=now,
        )  # fmt: skip
        return urlunsplit(url), signed

    def _again(self, call: Callable[[], Result]) -> Result:
        """The result of a call, which is tried again for a while where that may help."""
        attempts = 1 if self._hurried else _ATTEMPTS
        for attempt in range(attempts):
            try:
                return call()
            except PassingError as error:
                last: UnreachableError = error
            except urllib3.exceptions.HTTPError as error:
                if wrong := distrust(self._endpoint, str(error)):
                    raise wrong from error
                last = self._down(error)
            except S3Error as error:
                status = error.response.status if error.response is not None else 500
                self._raise(failure(*self._asked, status, error.code or "", error.message or ""), error)
            except MinioException as error:
                if wrong := distrust(self._endpoint, str(error)):
                    raise wrong from error
                last = UnreachableError(f"{self.place} gives no sensible answer", why=str(error)[:200], fix=FIX)
            if attempt + 1 < attempts:
                time.sleep(_PAUSE * 2**attempt)
        raise last

    @staticmethod
    def _raise(error: DmodError, cause: Exception) -> NoReturn:
        raise error from cause

    def _listed(self, prefix: str, *, recursive: bool) -> Sequence[minio.datatypes.Object]:
        try:
            return self._again(lambda: list(self._client.list_objects(self._name, prefix, recursive=recursive)))
        except AbsentError:
            return []

    def _down(self, error: urllib3.exceptions.HTTPError) -> UnreachableError:
        cause = error.__cause__ or error.__context__ or error
        reason = getattr(cause, "strerror", None) or type(error).__name__.removesuffix("Error")
        return UnreachableError(f"the object store {self._endpoint} does not answer", why=str(reason).lower(), fix=FIX)


def _etag(answer: urllib3.BaseHTTPResponse) -> str:
    return answer.headers.get("ETag", "").strip('"')
