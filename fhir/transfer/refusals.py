"""Why a resource is not what a transfer of care needs."""

from fhir.outcome import Issue


class NotARequest(ValueError):
    """The content is not a request for a person's summary; `issues` says what is missing, without patient
    data.
    """

    def __init__(self, issues: tuple[Issue, ...]) -> None:
        super().__init__("This is not a request for a person's summary or a transfer of care.")
        self.issues = issues


class NotATransfer(NotARequest):
    """The resource is not the Task of a transfer of care."""

    def __init__(self) -> None:
        words = "This is not the Task of a transfer of care."
        super().__init__((Issue("error", "business-rule", "Task.code", "transfer-task", words),))
