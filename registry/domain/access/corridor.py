"""What the consents of a corridor open to a partner: for whom, for what, until when, which classes."""

from collections.abc import Iterable
from datetime import date
from typing import Protocol

from registry.domain.model import ConsentRow

# What only says who somebody is; everything else is clinical.
IDENTITY = frozenset({"Patient", "RelatedPerson"})


class Policy(Protocol):
    """What law and agreements allow with a partner, as the node file says."""

    @property
    def data_classes(self) -> tuple[str, ...]:
        """Return the classes of data that may ever leave."""

    @property
    def purposes(self) -> tuple[str, ...]:
        """Return the purposes that count."""


def classes(consent: ConsentRow, policy: Policy, purpose: str, on: date) -> tuple[str, ...]:
    """Return the classes of data a consent opens for a purpose on a local day; none when it counts not."""
    if purpose not in policy.purposes or not consent.covers(purpose, on):
        return ()
    return tuple(name for name in consent.data_classes if name in policy.data_classes)


def people(
    consents: Iterable[ConsentRow], policy: Policy, purpose: str, resource_type: str, on: date
) -> set[str]:
    """Return the owners who agreed that the partner sees resources of this type on that local day."""
    wanted = "identity" if resource_type in IDENTITY else "clinical"
    return {consent.owner_id for consent in consents if wanted in classes(consent, policy, purpose, on)}
