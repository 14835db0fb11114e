"""Warnings about what a person takes: their rows, their working, and pairs nobody has assessed."""

import pytest

from fhir.treatment.model import Allergy, Coding, Concept, Problem, RegimenPeriod, TreatmentRecord
from registry.domain.care.findings import ATC
from registry.domain.care.flags import Flag, flags
from tests.unit.care.facts import (
    OWN,
    PARTNER,
    TLD,
    TLE,
    T,
    day,
    fhir_date,
    given,
    medicine,
    result,
    taking,
)

ON = day("2026-03-01")
LPV = frozenset({"AZT", "3TC", "LPV", "RTV"})
HBSAG = result("hbsag", "2025-01-01", text="Negative")


def other(text: str, *, atc: str = "", ingredients=None, **more) -> RegimenPeriod:
    codings = (Coding(ATC, atc),) if atc else ()
    values = {"status": "active", "start": fhir_date("2026-01-01"), "is_antiretroviral": False} | more
    return RegimenPeriod(medicine(ingredients, text, *codings), OWN, **values)


def raised(what, *medications, unverified=False, hbsag=(HBSAG,), **facts) -> dict[str, Flag]:
    record = TreatmentRecord(
        dispenses=(given("2026-02-20", 30, what),),
        medications=medications,
        results=(*hbsag, *facts.pop("results", ())),
        **facts,
    )
    found = flags(record, ON, T, include_unverified=unverified)
    return {
        f"{flag.id} {'+'.join(flag.conditions)}" if flag.id == "not-assessed" else flag.id: flag
        for flag in found
    }


def test_a_common_regimen_alone_raises_nothing() -> None:
    assert raised(TLD) == {}


def test_dolutegravir_with_rifampicin_asks_for_the_double_dose_and_shows_its_working() -> None:
    found = raised(TLD, other("Rifampicina 300 mg", ingredients=frozenset({"RIF"})))
    flag = found["F1"]
    assert (flag.level, flag.drugs, flag.conditions, flag.verified) == (
        "ACT",
        ("DTG",),
        ("rifampicin",),
        True,
    )
    assert flag.source
    assert flag.dated is not None
    (fact,) = flag.facts
    assert (fact.kind, fact.text, str(fact.day), fact.source) == (
        "medicine",
        "Rifampicina 300 mg",
        "2026-01-01",
        OWN,
    )
    assert "50 mg" in flag.text("es")
    assert "F1b" not in found


def test_drugs_without_a_row_beside_a_known_interaction_are_not_assessed() -> None:
    found = raised(TLD, other("Rifampicina", ingredients=frozenset({"RIF"})))
    flag = found["not-assessed rifampicin"]
    assert (flag.level, flag.drugs, flag.verified) == ("not-assessed", ("3TC", "TDF"), False)
    assert flag.text("en") == (
        "TDF, 3TC with rifampicin: this table has no reviewed rule. Ask before combining them."
    )


def test_unverified_rows_appear_only_when_asked_for() -> None:
    rifampicin = other("Rifampicina", ingredients=frozenset({"RIF"}))
    assert not raised(TLD, rifampicin, unverified=True)["F1b"].verified
    assert "F22" not in raised(frozenset({"ABC", "3TC", "ATV", "RTV"}), other("omeprazol"))
    assert "F22" in raised(frozenset({"ABC", "3TC", "ATV", "RTV"}), other("omeprazol"), unverified=True)


def test_rifampicin_counts_for_two_weeks_after_its_end() -> None:
    def ended(on: str, status: str = "completed"):
        return raised(TLD, other("rifampicina", end=fhir_date(on), status=status))

    assert "F1" in ended("2026-02-15")
    assert "F1" not in ended("2026-02-14")
    assert "F1" not in ended("2026-02-20", "not-taken")
    assert str(ended("2026-02-20")["F1"].facts[0].day) == "2026-02-20"


@pytest.mark.parametrize("start", ["2026-03-02", "2026-04"])
def test_a_medicine_that_has_not_begun_raises_nothing(start: str) -> None:
    assert raised(TLD, other("rifampicina", start=fhir_date(start))) == {}


@pytest.mark.parametrize(
    ("what", "medication", "flag", "level"),
    [
        (LPV, other("rifampicina"), "F3", "STOP"),
        (frozenset({"TAF", "FTC", "BIC"}), other("rifampicina"), "F3", "STOP"),
        (frozenset({"TAF", "FTC", "BIC"}), other("rifampicina"), "F5", "WATCH"),
        (frozenset({"TDF", "3TC", "RAL"}), other("rifampicina"), "F2", "ACT"),
        (LPV, other("rifabutina"), "F3b-PI", "ACT"),
        (frozenset({"DRV", "COBI", "TAF", "FTC"}), other("rifabutina"), "F3b-avoid", "STOP"),
        (frozenset({"DTG", "RPV"}), other("rifabutina"), "F3b-RPV", "STOP"),
        (TLE, other("rifabutina"), "F3b-EFV", "ACT"),
        (frozenset({"TDF", "3TC", "DOR"}), other("rifabutina"), "F3b-DOR", "ACT"),
        (frozenset({"TAF", "FTC", "DTG"}), other("rifabutina"), "F3b-TAF", "STOP"),
        (LPV, other("3HP semanal", ingredients=frozenset({"RPT"})), "F6-LPV", "STOP"),
        (TLD, other("hidróxido de aluminio"), "F8", "ACT"),
        (TLD, other("Ferrous sulfate"), "F8", "ACT"),
        (TLD, other("?", atc="N03AF01"), "F9", "ACT"),
        (TLD, other("Metformina 850 mg"), "F10", "ACT"),
        (TLD, other("dofetilide"), "F11-dofetilide", "STOP"),
        (TLD, other("amodiaquina"), "F11-amodiaquine", "ACT"),
        (LPV, other("?", atc="C10AA01"), "F12", "STOP"),
        (TLE, other("levonorgestrel implante"), "F13", "ACT"),
        (frozenset({"AZT", "3TC", "NVP"}), other("?", atc="G03AA07"), "F13-NVP", "ACT"),
        (TLE, other("metadona"), "F14-EFV", "ACT"),
        (LPV, other("buprenorfina"), "F14-PI", "ACT"),
        (LPV, other("ribavirina"), "F15", "ACT"),
    ],
)
def test_each_pair_of_the_reference_raises_its_flag(what, medication, flag: str, level: str) -> None:
    assert raised(what, medication)[flag].level == level


def test_boosters_follow_the_protease_inhibitor_they_boost() -> None:
    found = raised(LPV, other("rifapentina semanal", ingredients=frozenset({"RPT"})))
    assert found["not-assessed rifapentine-weekly"].drugs == ("3TC", "AZT")


def test_assessed_without_consequence_raises_nothing() -> None:
    assert raised(TLD, other("rifabutina")) == {}


@pytest.mark.parametrize(
    ("dose", "condition"),
    [
        ("900 mg una vez por semana", "rifapentine-weekly"),
        ("600 mg al día, 28 días", "rifapentine-daily"),
        ("", "rifapentine"),
    ],
)
def test_weekly_and_daily_rifapentine_are_different_conditions(dose: str, condition: str) -> None:
    found = raised(TLD, other("rifapentina", ingredients=frozenset({"RPT"}), dose=dose))
    drugs = {"rifapentine-weekly": ("3TC", "TDF")}.get(condition, ("3TC", "DTG", "TDF"))
    assert found[f"not-assessed {condition}"].drugs == drugs


def test_efavirenz_with_rifampicin_is_assessed_at_600_mg_only() -> None:
    rifampicin = other("rifampicina")
    assert "EFV" in raised(TLE, rifampicin)["not-assessed rifampicin"].drugs
    strong = taking(TLE, "2025-01-01", dose="TDF/3TC/EFV 300/300/600 mg")
    found = raised(TLE, rifampicin, regimens=(strong,))
    assert "EFV" not in found["not-assessed rifampicin"].drugs


def test_a_statin_salt_is_not_a_calcium_product() -> None:
    assert "F8" not in raised(TLD, other("Atorvastatin calcium 20 mg"))


def test_a_protease_inhibitor_beside_tenofovir_is_to_be_watched() -> None:
    found = raised(frozenset({"TDF", "3TC", "DRV", "RTV"}))
    assert found["F16"].level == "WATCH"
    assert [fact.text for fact in found["F16"].facts] == ["DRV"]


def allergy(text: str, **more) -> Allergy:
    return Allergy(Concept(text), OWN, **more)


def test_an_allergy_to_a_medicine_that_is_taken_is_a_stop() -> None:
    found = raised(frozenset({"ABC", "3TC", "DTG"}), allergies=(allergy("Abacavir", criticality="high"),))
    assert (found["A1"].level, found["A1"].drugs) == ("STOP", ("ABC",))
    assert found["not-assessed allergy-ABC"].text("en").startswith("recorded allergy (ABC):")


def test_abacavir_after_hypersensitivity_is_never_to_be_started() -> None:
    found = raised(TLD, allergies=(allergy("abacavir"),), unverified=True)
    assert (found["F18"].level, found["F18"].drugs) == ("STOP", ())
    assert "A1" not in found


@pytest.mark.parametrize(
    "harmless",
    [allergy("penicilina"), allergy("efavirenz", clinical_status="resolved"), allergy("no", none_known=True)],
)
def test_other_allergies_do_not_touch_the_regimen(harmless: Allergy) -> None:
    assert raised(TLE, allergies=(harmless,)) == {}


@pytest.mark.parametrize(
    ("said", "expected"), [("Positivo", True), ("negative", False), ("pendiente", False)]
)
def test_hla_b5701_counts_when_positive(said: str, expected: bool) -> None:
    hla = result("other", "2025-01-01", text=said)
    hla = type(hla)(**{**vars(hla), "concept": Concept("HLA-B*57:01")})
    assert ("F18" in raised(TLD, results=(hla,), unverified=True)) is expected


def test_hepatitis_b_forbids_to_drop_its_medicine() -> None:
    found = raised(TLD, hbsag=(HBSAG, result("hbsag", "2026-01-01", text="Reactivo")))
    assert (found["F19"].level, found["F19"].drugs) == ("STOP", ("TDF", "3TC"))
    assert found["F19"].facts[0].text == "Reactivo"


def test_a_hepatitis_b_problem_counts_until_it_is_resolved() -> None:
    def problem(kind: str, status: str = "active") -> Problem:
        return Problem(kind, Concept(kind), PARTNER, status)

    assert "F19" in raised(TLD, problems=(problem("hepatitis-b"),))
    assert raised(TLD, problems=(problem("hepatitis-b", "resolved"),)) == {}
    assert raised(TLD, hbsag=(), problems=(problem("no-hepatitis-b"),)) == {}


@pytest.mark.parametrize("hbsag", [(), (result("hbsag", "2025-01-01", text="pendiente"),)])
def test_an_unknown_hepatitis_b_status_asks_for_the_test(hbsag) -> None:
    found = raised(TLD, hbsag=hbsag)
    assert found["F19-unknown"].level == "WATCH"
    assert found["F19-unknown"].facts[0].kind == "missing"


def test_nevirapine_after_two_weeks_without_tablets_needs_its_lead_in() -> None:
    nvp = frozenset({"AZT", "3TC", "NVP"})

    def until(on: str):
        record = TreatmentRecord(dispenses=(given(on, 30, nvp),), results=(HBSAG,))
        return [flag.id for flag in flags(record, ON, T, include_unverified=False)]

    assert until("2026-01-16") == ["F20"]
    assert until("2026-01-17") == []


def test_kidney_and_blood_limits_are_read_with_their_unit() -> None:
    low = result("creatinine-clearance", "2026-01-01", value=45, unit="mL/min")
    assert "F17" in raised(TLD, results=(low,), unverified=True)
    assert "not-assessed low-creatinine-clearance" in raised(TLD, results=(low,))
    normal = result("creatinine-clearance", "2026-02-01", value=80, unit="mL/min")
    assert "F17" not in raised(TLD, results=(low, normal), unverified=True)
    grams_per_litre = result("haemoglobin", "2026-01-01", value=7, unit="mmol/L")
    assert "F21" not in raised(LPV, results=(grams_per_litre,), unverified=True)


def test_long_acting_and_unrecognised_medicines_ask_instead_of_counting() -> None:
    found = raised(frozenset({"CAB", "RPV"}), regimens=(taking(None, "2026-01-01", source=PARTNER),))
    assert (found["F23"].level, found["F23-other"].level) == ("ACT", "ACT")


def test_flags_look_at_every_regimen_a_source_tells() -> None:
    found = raised(TLD, other("simvastatina"), regimens=(taking(LPV, "2025-01-01", source=PARTNER),))
    assert found["F12"].level == "STOP"


def test_the_gravest_flag_comes_first() -> None:
    found = raised(LPV, other("rifampicina"), other("ribavirina"), hbsag=())
    levels = [flag.level for flag in found.values()]
    assert levels == sorted(levels, key=["STOP", "ACT", "WATCH", "not-assessed"].index)
