"""The statement that finds versions for a history, newest first."""

from typing import Any

from sqlalchemy import Select, exists

from registry.domain.model import SealedResource, Versions
from registry.store import tables
from registry.store.shapes import Shape

SHAPE = Shape(tables.resource_version, SealedResource)
_ALL = tables.resource_version.c


def select_versions(asked: Versions, limit: int) -> Select[Any]:
    """Return the statement; each row is the position, then the columns of SHAPE."""
    wanted = SHAPE.select.add_columns(_ALL.position).where(_ALL.type == asked.type)
    if asked.id:
        wanted = wanted.where(_ALL.id == asked.id)
    if asked.owner_id:
        wanted = wanted.where(_ALL.owner_id == asked.owner_id)
    if asked.since:
        wanted = wanted.where(_ALL.updated >= asked.since)
    if asked.end:
        wanted = wanted.where(_ALL.updated < asked.end)
    if asked.start:
        later = tables.resource_version.alias()
        replaced = exists().where(
            later.c.type == _ALL.type,
            later.c.id == _ALL.id,
            later.c.version == _ALL.version + 1,
            later.c.updated <= asked.start,
        )
        wanted = wanted.where(~replaced)
    if asked.before:
        wanted = wanted.where(_ALL.position < asked.before)
    return wanted.order_by(_ALL.position.desc()).limit(limit)
