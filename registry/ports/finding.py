"""The port that finds sealed resources for a search: by id, by token, by owner, by page."""

from collections.abc import Sequence
from typing import Protocol

from registry.domain.model import SealedResource, SearchToken


class Finding(Protocol):
    """Current resources, never deleted ones, as a search narrows to them."""

    def of_owner(self, owner_id: str, resource_type: str) -> list[SealedResource]:
        """Return the resources of one type that an owner has, in no order."""

    def by_ids(self, resource_type: str, ids: Sequence[str]) -> list[SealedResource]:
        """Return the resources with these ids that there are, in no order."""

    def carrying(self, resource_type: str, token: SearchToken, limit: int) -> list[SealedResource]:
        """Return resources that carry a token, in no order; for tokens that few carry."""

    def ids_carrying(
        self, resource_type: str, tokens: Sequence[SearchToken], after: str, limit: int
    ) -> list[str]:
        """Return the next ids of resources that carry every one of the tokens, in an order of the store."""

    def page(self, owner_id: str, resource_type: str, after: str, limit: int) -> list[SealedResource]:
        """Return the next resources of one type that an owner has, in the byte order of their ids."""
