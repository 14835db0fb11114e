"""The search tokens of a resource: what may be found without opening everything.

What may be tokenised is a contract of this node: identifiers, names and full birth dates of people;
identifiers of everything else; names and references of the directory, which is about no patient.
"""

from collections.abc import Sequence

from fhir import search, wire
from fhir.search.kinds.texts import parts_of
from registry.domain.model import SearchToken
from registry.ports import Services
from registry.usecases.care.record.sealing import DIRECTORY

NAME = "name"
IDENTIFIER = "identifier"


def of(services: Services, resource: wire.JsonObject) -> list[SearchToken]:
    """Return every search token of a resource, each once."""
    resource_type = str(resource["resourceType"])
    if resource_type == "Patient":
        return _of_patient(services, resource)
    known = search.parameters(resource_type)
    found: list[SearchToken] = []
    if IDENTIFIER in known:
        for entry in known[IDENTIFIER].get(resource):
            found += of_identifier(services, resource_type, _text(entry, "system"), _text(entry, "value"))
    if resource_type in DIRECTORY:
        if NAME in known:
            words = " ".join(text for each in known[NAME].get(resource) for text in parts_of(each))
            found += of_words(services, resource_type, words)
        found += _references(services, resource)
    return list(dict.fromkeys(found))


def of_identifier(services: Services, resource_type: str, system: str, value: str) -> list[SearchToken]:
    """Return the tokens `system|value` (when there is a system) and `|value` under a type's own name."""
    return _under(resource_type, IDENTIFIER, services.index.identifiers(system, value))


def of_words(services: Services, resource_type: str, words: str) -> list[SearchToken]:
    """Return whole-word, prefix and sound tokens of a name under a type's own name."""
    return _under(resource_type, NAME, services.index.names(words))


def of_reference(services: Services, resource_type: str, name: str, target: str) -> list[SearchToken]:
    """Return the token of a reference (`Organization/1`) of a directory entry."""
    return _under(resource_type, name, services.index.identifiers("", target))


def _of_patient(services: Services, resource: wire.JsonObject) -> list[SearchToken]:
    tokens: list[SearchToken] = []
    for identifier in resource.get("identifier", ()):
        if value := identifier.get("value"):
            tokens += services.index.identifiers(str(identifier.get("system", "")), str(value))
    for name in resource.get("name", ()):
        words = " ".join([*name.get("given", ()), str(name.get("family", "")), str(name.get("text", ""))])
        tokens += services.index.names(words)
    tokens += services.index.birth_date(str(resource.get("birthDate", "")))
    return list(dict.fromkeys(tokens))


def _references(services: Services, resource: wire.JsonObject) -> list[SearchToken]:
    resource_type = str(resource["resourceType"])
    base = f"{services.settings.base_url}/fhir"
    return [
        token
        for parameter in search.parameters(resource_type).values()
        if parameter.kind == "reference"
        for element in parameter.get(resource)
        if (target := search.target_of_element(element, base))
        for token in of_reference(services, resource_type, parameter.name, "/".join(target))
    ]


def _under(resource_type: str, name: str, tokens: Sequence[SearchToken]) -> list[SearchToken]:
    """Give tokens a name of their own: a person's document is never found by another resource's."""
    if resource_type == "Patient":
        return list(tokens)
    return [SearchToken(f"{resource_type}.{name}", token.kind, token.value, token.older) for token in tokens]


def _text(entry: object, name: str) -> str:
    value = entry.get(name) if isinstance(entry, dict) else None
    return value if isinstance(value, str) else ""
