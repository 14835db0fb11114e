"""People who do not exist, with plausible journeys, for demonstrations, tests and measurements."""

from registry.synth.person import SyntheticPerson, bundle

__all__ = ["SyntheticPerson", "bundle"]
