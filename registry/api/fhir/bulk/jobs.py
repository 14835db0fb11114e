"""Look where a job is, fetch its files, end it (https://hl7.org/fhir/uv/bulkdata/export.html#bulk-data-status-request)."""

from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import quote

import orjson
from flask import Response, request

from fhir.outcome import Issue, operation_outcome
from registry.api.fhir.bulk.kick_off import NDJSON
from registry.api.frame import answers, reading
from registry.domain.bulk import blocks
from registry.domain.bulk.job import Job, JobFile
from registry.ports import Services
from registry.usecases.bulk import status as use_case
from registry.usecases.bulk import writing

LOOK_AGAIN_SECONDS = "2"
JSON = "application/json"
FAILED = "This work could not be finished"
_TYPES = {writing.DELETED: "Bundle", writing.ERRORS: "OperationOutcome"}


def status(services: Services, job_id: str) -> Response:
    """Answer GET [base]/bulk/[id]: 202 at work, 200 with the manifest, 500 when it failed."""
    reading.check_id(job_id)
    caller = reading.caller()
    if request.method == "DELETE":
        use_case.cancel(services, caller, job_id)
        return Response(status=202)
    found = use_case.status(services, caller, job_id)
    match found.job.state:
        case "working":
            return _at_work(found.job)
        case "failed":
            issue = Issue("error", "processing", "", "job-failed", f"{FAILED}: {found.job.error}.")
            return answers.document(orjson.dumps(operation_outcome((issue,))), 500)
    response = Response(orjson.dumps(_manifest(services, found)), content_type=JSON)
    if found.job.expires is not None:
        response.headers["Expires"] = format_datetime(found.job.expires.astimezone(UTC), usegmt=True)
    return response


def file(services: Services, job_id: str, name: str) -> Response:
    """Answer GET [base]/bulk/[id]/[file] with NDJSON, block by block; gzip when the caller takes it."""
    reading.check_id(job_id)
    found = use_case.blocks_of(services, reading.caller(), job_id, name)
    if request.accept_encodings.quality("gzip") > 0:
        response = Response(blocks.gzipped(found), content_type=NDJSON)
        response.headers["Content-Encoding"] = "gzip"
    else:
        response = Response(map(blocks.unpack, found), content_type=NDJSON)
    response.headers["Vary"] = "Accept-Encoding"
    return response


def _at_work(job: Job) -> Response:
    response = Response(status=202)
    whole = f" of {job.total}" if job.total else ""
    response.headers["X-Progress"] = f"{job.done}{whole} done"
    response.headers["Retry-After"] = LOOK_AGAIN_SECONDS
    return response


def _manifest(services: Services, found: use_case.Status) -> dict[str, object]:
    base = answers.address(services, f"bulk/{found.job.id}/")
    plain = [_entry(base, each) for each in found.files if each.type not in _TYPES]
    counted = {"extension": found.counts} if found.counts else {}
    return counted | {
        "transactionTime": _instant(found.job.snapshot),
        "request": found.asked,
        "requiresAccessToken": True,
        "output": plain,
        "deleted": [_entry(base, each) for each in found.files if each.type == writing.DELETED],
        "error": [_entry(base, each) for each in found.files if each.type == writing.ERRORS],
    }


def _entry(base: str, file: JobFile) -> dict[str, object]:
    kind = _TYPES.get(file.type, file.type)
    return {"type": kind, "url": base + quote(file.name), "count": file.count}


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
