"""People who do not exist, with plausible journeys, for demonstrations, tests and measurements."""

from registry.synth.people import SyntheticPerson, bundle, people

__all__ = ["SyntheticPerson", "bundle", "people"]
