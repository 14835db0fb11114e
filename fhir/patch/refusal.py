"""Why a patch cannot be applied, and the check of what came out of one."""

from typing import NoReturn

from fhir import wire
from fhir.outcome import Issue

MOST_OPERATIONS = 100
LARGEST = wire.MAX_BYTES


class BadPatch(ValueError):
    """Say why a patch was not applied; `failed` means it is well formed and does not fit the resource."""

    def __init__(self, issue: Issue, failed: bool = False) -> None:
        super().__init__(issue.text)
        self.issue = issue
        self.failed = failed


def refuse(number: int, text: str) -> NoReturn:
    """Raise BadPatch for instruction `number` (from 0) that is not well formed."""
    raise BadPatch(Issue("error", "invalid", f"operation[{number}]", "patch-operation", text))


def unfit(number: int, text: str) -> NoReturn:
    """Raise BadPatch for instruction `number` that cannot be done to this resource."""
    raise BadPatch(Issue("error", "processing", f"operation[{number}]", "patch-target", text), failed=True)


def checked(resource: wire.JsonObject, before: wire.JsonObject) -> wire.JsonObject:
    """Return what a patch made, read anew like any body; type and id stay as they were."""
    try:
        made = wire.parse(wire.canonical(resource), LARGEST)
    except wire.BadJson as error:
        raise BadPatch(error.issue, failed=True) from None
    except (TypeError, ValueError, RecursionError):
        text = "The resource would be nested too deep."
        raise BadPatch(Issue("error", "too-costly", "", "depth-limit", text), failed=True) from None
    if any(made.get(name) != before.get(name) for name in ("resourceType", "id")):
        text = "A patch cannot change the type or the id of a resource."
        raise BadPatch(Issue("error", "business-rule", "", "patch-identity", text), failed=True)
    return made
