"""The R4 resources this product itself makes, from plain values; every one carries its privacy labels.

`read(write(x)) == x` holds for every builder, for values of an own source.
"""

from fhir.treatment.person import Identity, PersonDetails, PersonName, Phone
from fhir.treatment.write.care import appointment, episode, treatment_entry, visit
from fhir.treatment.write.labels import About
from fhir.treatment.write.laboratory import lab_result, viral_load
from fhir.treatment.write.medicines import dispense, medicine_of, regimen
from fhir.treatment.write.patient import patient
from fhir.treatment.write.problems import allergy, infection, problem, vaccine

__all__ = [
    "About",
    "Identity",
    "PersonDetails",
    "PersonName",
    "Phone",
    "allergy",
    "appointment",
    "dispense",
    "episode",
    "infection",
    "lab_result",
    "medicine_of",
    "patient",
    "problem",
    "regimen",
    "treatment_entry",
    "vaccine",
    "viral_load",
    "visit",
]
