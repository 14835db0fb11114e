"""Words for people: sex, countries, languages, roles."""

from flask_babel import lazy_gettext as _l

SEX = {
    "female": _l("Woman"),
    "male": _l("Man"),
    "other": _l("Other"),
    "unknown": _l("Not known"),
}

COUNTRIES = {
    "VE": _l("Venezuela"),
    "CO": _l("Colombia"),
    "EC": _l("Ecuador"),
    "PE": _l("Peru"),
    "CL": _l("Chile"),
    "BR": _l("Brazil"),
    "BO": _l("Bolivia"),
    "AR": _l("Argentina"),
    "CU": _l("Cuba"),
    "HT": _l("Haiti"),
}

SPOKEN = {
    "es": _l("Spanish"),
    "pt": _l("Portuguese"),
    "en": _l("English"),
    "qu": _l("Quechua"),
    "cni": _l("Asháninka"),
    "shp": _l("Shipibo"),
    "ht": _l("Haitian Creole"),
}

ROLES = {
    "clinician": _l("Clinician"),
    "pharmacist": _l("Pharmacist"),
    "community": _l("Community worker"),
    "laboratory": _l("Laboratory"),
    "region": _l("Region"),
    "programme": _l("Programme"),
    "observatory": _l("Observatory"),
    "privacy": _l("Privacy officer"),
    "administrator": _l("Administrator"),
}
