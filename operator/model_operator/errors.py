"""Every exception of the operator, as one tree.

    OperatorError
    ├── NoCluster             neither a service account nor a kubeconfig tells where the API server is
    ├── ApiError              the API server said no
    │   ├── NotFound          404
    │   ├── Conflict          409: another writer was there first, or owns a field
    │   └── Gone              410: a list or watch must begin again
    ├── NamespaceEnds         nothing more can be made in a namespace that is being deleted
    ├── Unreachable           no answer within the time limit
    ├── NotLeading            another replica may write by now: this process ends
    ├── StillThere            the name is taken by an object on its way out: waited for
    ├── Overtaken             another wrote the object while this one waited to
    └── Finding               an object that we want is somebody else's; never overwritten, always named
        ├── InvalidOwnership  the whole object
        ├── FieldConflict     some of its fields
        └── KindMissing       nobody's: the cluster does not know its kind
            ├── GatewayApiMissing
            └── KedaMissing

A Finding is an answer about the cluster, not a failure of a call: it is told to the user and looked at again later.
"""

import dataclasses
from typing import Any

from model_operator import kinds


class OperatorError(Exception):
    """Base of all."""


class NoCluster(OperatorError):  # noqa: N818 - named for what was found
    """Nothing tells where the API server is, or who we are."""


@dataclasses.dataclass(frozen=True)
class Cause:
    """One cause in the API server's Status: what, where, in its words."""

    reason: str
    field: str
    message: str


class ApiError(OperatorError):
    """The API server answered with an error."""

    def __init__(self, status: int, reason: str, message: str, causes: tuple[Cause, ...] = ()) -> None:
        """Keep the HTTP status, the reason in one word, and the server's own sentence."""
        super().__init__(f"{status} {reason}: {message}")
        self.status = status
        self.reason = reason
        self.message = message
        self.causes = causes

    @property
    def permanent(self) -> bool:
        """The same call gives the same answer until somebody changes something: told to the user.

        Server-side apply answers 500 for a field that the server does not know (an older one, say), and for a value
        that it cannot read.
        """
        if self.status == 500:  # noqa: PLR2004 - HTTP's own numbers
            return any(words in self.message for words in _NOT_READ)
        return 400 <= self.status < 500 and self.status not in {408, 409, 410, 429}  # noqa: PLR2004 - HTTP's own numbers


class NotFound(ApiError):  # noqa: N818 - named for what was found
    """There is no such object (or kind)."""


class Conflict(ApiError):  # noqa: N818 - named for what was found
    """Another writer was first, a precondition does not hold, or a field has another owner."""


class Gone(ApiError):  # noqa: N818 - named for what was found
    """The version asked for is no longer kept."""


class NamespaceEnds(OperatorError):  # noqa: N818 - named for what was found
    """The namespace is being deleted, and our resource with it: nobody is left who would miss what cannot be made.

    No ApiError: there is nothing to tell, and nothing to try again.
    """


class Unreachable(OperatorError):  # noqa: N818 - named for what was found
    """The API server did not answer in time, or not at all."""


class NotLeading(OperatorError):  # noqa: N818 - named for what was found
    """This process does not hold the Lease, or did not renew it in time: it must not write, and ends."""


class StillThere(OperatorError):  # noqa: N818 - named for what was found
    """The name that we need is held by an object that is being deleted, or whose owner was."""


class Overtaken(OperatorError):  # noqa: N818 - named for what happened
    """Another resource wrote the shared object after this one had decided how it should be."""


class Finding(OperatorError):  # noqa: N818 - named for what was found
    """An object that we want to write belongs to somebody else, or cannot be."""

    def __init__(self, key: kinds.Key, owner: str, message: str) -> None:
        """Keep which object, whose it is, and the sentence for the user."""
        super().__init__(message)
        self.key = key
        self.owner = owner

    @property
    def reason(self) -> str:
        """The name of the finding, as an Event's reason."""
        return type(self).__name__


class InvalidOwnership(Finding):
    """An object of the name that we need exists and is not ours."""


class FieldConflict(Finding):
    """Somebody else applies a field that we want to set."""


class KindMissing(Finding):
    """The cluster does not serve a kind: its definition is not installed, or no longer."""


class GatewayApiMissing(KindMissing):
    """A kind of route."""


class KedaMissing(KindMissing):
    """The ScaledObject."""


#: How server-side apply begins to tell of an object that it cannot read.
_NOT_READ = ("typed patch object", "failed to convert new object")
_BY_STATUS = {404: NotFound, 409: Conflict, 410: Gone}


def from_status(status: int, body: object) -> ApiError | NamespaceEnds:
    """Read a metav1.Status as an exception; anything else in the body becomes the message."""
    content: dict[str, Any] = body if isinstance(body, dict) else {"message": str(body)[:500]}
    details = content.get("details") or {}
    causes = tuple(
        Cause(cause.get("reason", ""), cause.get("field", ""), cause.get("message", ""))
        for cause in details.get("causes") or ()
    )
    message = str(content.get("message") or "no message").strip()
    if any(cause.reason == "NamespaceTerminating" for cause in causes):
        return NamespaceEnds(message)
    return _BY_STATUS.get(status, ApiError)(status, content.get("reason") or "Unknown", message, causes)
