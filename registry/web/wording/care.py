"""Words for supply, regimen, results, flags and risk."""

from flask_babel import lazy_gettext as _l

# Why a dispense counts as it does (codes of the supply arithmetic).
STEPS = {
    "first": _l("first one known"),
    "no-stock-left": _l("nothing was left before"),
    "carried-over": _l("what was left is added"),
    "carry-capped": _l("what was left is added, up to the limit"),
    "counted": _l("the tablets left were counted"),
    "days-unknown": _l("for how many days is not known"),
    "dose-changed": _l("the daily dose changed"),
    "component-only": _l("a part of the regimen"),
    "completed": _l("completes the regimen"),
    "regimen-changed": _l("the regimen changed, old tablets no longer count"),
    "partial-date": _l("the day is not exact, the earliest counts"),
    "long-acting": _l("an injection, not counted in tablets"),
    "tablets-lost": _l("tablets were lost"),
    "entered-in-error": _l("does not count: entered by mistake"),
    "not-handed-over": _l("does not count: not handed over"),
    "no-date": _l("does not count: no date"),
    "future": _l("does not count: dated in the future"),
    "not-recognised": _l("does not count: the product is not recognised"),
    "other-medicine": _l("does not count: another kind of medicine"),
    "duplicate": _l("does not count: told twice"),
}

CONFLICTS = {
    "other-regimen": _l("Sources name different regimens"),
    "stopped": _l("One source says it was stopped"),
    "not-recognised": _l("One source names a product that is not recognised"),
}

CRITICALITY = {
    "high": _l("high risk"),
    "low": _l("low risk"),
    "unable-to-assess": _l("risk not assessed"),
}

CLINICAL_STATUS = {
    "active": _l("active"),
    "recurrence": _l("came back"),
    "relapse": _l("came back"),
    "inactive": _l("not active"),
    "remission": _l("in remission"),
    "resolved": _l("resolved"),
}

MEDICATION_STATUS = {
    "active": _l("taken now"),
    "completed": _l("ended"),
    "stopped": _l("stopped"),
    "on-hold": _l("paused"),
    "intended": _l("planned"),
    "not-taken": _l("not taken"),
    "unknown": _l("not known if taken"),
}

LEVELS = {
    "STOP": (_l("Ask a prescriber now"), "stop"),
    "ACT": (_l("Change a dose or a medicine"), "act"),
    "WATCH": (_l("Watch"), "watch"),
    "none": (_l("Nothing to do"), "good"),
    "not-assessed": (_l("Not assessed"), "watch"),
}

RISK = {
    "critical": (_l("Critical"), "stop"),
    "high": (_l("High"), "stop"),
    "medium": (_l("Medium"), "act"),
    "low": (_l("Low"), "good"),
}

# Rules of continuity risk: R1 to R10 of the domain, each with the days it counted.
RISK_RULES = {
    "R1": _l("The tablets are finished."),
    "R2": _l("The tablets end before the next appointment."),
    "R3": _l("The tablets end soon and no appointment is booked."),
    "R4": _l("The tablets do not last for the journey."),
    "R5": _l("No recent delivery is known, so the stock is not known."),
    "R6": _l("The person is late for the expected visit."),
    "R7": _l("The person has been away from treatment for more than four weeks."),
    "R8": _l("The cover of costs ends soon."),
    "R9": _l("An interruption would harm this person more than others."),
    "R10": _l("The other registry has not answered the transfer for two weeks."),
}

NEXT_ACTIONS = {
    "dispense-now": _l("Hand over tablets today."),
    "re-engage": _l("Welcome the person back and restart together; ask what made it hard."),
    "bring-pickup-forward": _l("Agree on an earlier pick-up."),
    "book-pickup": _l("Agree on the next pick-up today."),
    "give-extra-supply": _l("Give enough for the journey and the first weeks after it."),
    "trace": _l("Call the person today."),
    "ask-destination": _l("Call the other registry."),
    "renew-coverage": _l("Start the renewal of the cover of costs."),
    "call-about-stock": _l("Ask how many tablets are left."),
    "none": _l("Nothing is due."),
}

WEIGHTS = {
    "pregnant": _l("pregnancy"),
    "breastfeeding": _l("breastfeeding"),
    "low-cd4": _l("CD4 below 200"),
    "advanced-stage": _l("advanced stage"),
    "tuberculosis": _l("tuberculosis"),
    "not-suppressed": _l("last viral load 1,000 or more"),
    "hepatitis-b": _l("hepatitis B"),
    "child": _l("a child"),
}
