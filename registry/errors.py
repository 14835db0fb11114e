"""Refusals of the registry: one small class each, with a sentence for a person and no patient data."""

from collections.abc import Sequence

from fhir.outcome import Issue


class Refusal(Exception):
    """A request that ends with a reason; `code` is the FHIR issue type, `status` the HTTP answer,
    `exit_code` the CLI's.
    """

    code = "processing"
    status = 422
    exit_code = 1

    def __init__(self, sentence: str, issues: Sequence[Issue] = ()) -> None:
        """Keep the sentence and, for bad resources, every issue found."""
        super().__init__(sentence)
        self.sentence = sentence
        self.issues = tuple(issues)


class BadInput(Refusal):
    """The input breaks a rule; the issues name field and rule."""

    code, status, exit_code = "invalid", 400, 2


class Unprocessable(Refusal):
    """The input is well formed but breaks a business rule or profile."""

    code, status, exit_code = "business-rule", 422, 2


class NotSignedIn(Refusal):
    """No valid session or token."""

    code, status, exit_code = "login", 401, 3


class ClientRefused(NotSignedIn):
    """A client assertion that is not accepted; `claimed` is whom it names, which nothing proves."""

    def __init__(self, claimed: str = "") -> None:
        """Keep whom it names; the sentence tells nothing."""
        super().__init__("The client assertion is not accepted.")
        self.claimed = claimed


class NotAllowed(Refusal):
    """The caller is known and may not do this."""

    code, status, exit_code = "forbidden", 403, 3


class TooCostly(Refusal):
    """The search would read everybody; the sentence says what to add."""

    code, status, exit_code = "too-costly", 403, 2


class NotFound(Refusal):
    """Nothing there, or nothing the caller may know of."""

    code, status, exit_code = "not-found", 404, 4


class Gone(Refusal):
    """It was there and has been deleted."""

    code, status, exit_code = "deleted", 410, 4


class Unreadable(Refusal):
    """Sealed data does not open: its key was destroyed, or somebody changed it. Which of these is never
    said.
    """

    code, status, exit_code = "deleted", 410, 4

    def __init__(self, owner_id: str = "", place: str = "") -> None:
        """Say the one sentence there is, because the reason would help an attacker; owner and place (table
        and row) are for the audit trail, which notes it when the unit ends.
        """
        super().__init__("The sealed data cannot be read.")
        self.owner_id = owner_id
        self.place = place


class Conflict(Refusal):
    """It clashes with what is stored."""

    code, status, exit_code = "conflict", 409, 5


class VersionConflict(Refusal):
    """Somebody else wrote a newer version first."""

    code, status, exit_code = "conflict", 412, 5


class SeveralMatches(Refusal):
    """A condition that must pick one resource picks several."""

    code, status, exit_code = "multiple-matches", 412, 5


class TooLarge(Refusal):
    """The input is larger or deeper than this node accepts."""

    code, status, exit_code = "too-long", 413, 2


class TooMany(Refusal):
    """Too many requests; try again later."""

    code, status, exit_code = "throttled", 429, 6


class NotReady(Refusal):
    """The node cannot do this now (database, broker, disk); nothing was stored."""

    code, status, exit_code = "transient", 503, 7


class Misconfigured(Refusal):
    """The node is not set up for this; the sentence says what to do."""

    code, status, exit_code = "not-supported", 500, 8


class NotTaken(Refusal):
    """A partner's message was not taken in; `sender`, `msg_id` and `digest` are known only when its
    signature was right.
    """

    code = "security"

    def __init__(
        self, status: int, reason: str, sender: str = "", msg_id: str = "", digest: str = ""
    ) -> None:
        """Keep the HTTP status of the refusal and a machine code; the sentence tells nothing more."""
        super().__init__("The message was not accepted.")
        self.status = status
        self.reason = reason
        self.sender = sender
        self.msg_id = msg_id
        self.digest = digest
