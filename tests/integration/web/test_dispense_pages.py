"""Record medicine handed over: the result is seen before it is saved, and nothing typed is lost."""

from datetime import timedelta

from tests.integration.web import people
from tests.integration.web.conftest import Browser, Clinic


def typed(clinic: Clinic, **more: str) -> dict[str, str]:
    """Give a filled-in form."""
    today = clinic.services.today().isoformat()
    form = {"product": "TDF/3TC/DTG", "quantity": "90", "dose": "1", "days": "90", "day": today}
    return form | {"facility": "lima-norte"} | more


def test_a_delivery_is_saved_and_adds_to_what_is_left(clinic: Clinic, rosa: Browser) -> None:
    person = people.well_known(clinic.services, "V32345678")
    pickup = (clinic.services.today() + timedelta(days=95)).isoformat()
    answer = rosa.post(f"/people/{person}/dispense", **typed(clinic, pickup=pickup))
    assert answer.status_code == 303, answer.text
    text = rosa.get(answer.headers["Location"]).text
    assert "La entrega de medicamento quedó registrada." in text
    assert 'data-days="99"' in text
    assert "se suma lo que quedaba" in text


def test_the_run_out_is_shown_before_saving_without_javascript(clinic: Clinic, rosa: Browser) -> None:
    page = f"/people/{clinic.maria}/dispense"
    answer = rosa.post(f"{page}/run-out", page, **typed(clinic))
    assert answer.status_code == 200
    assert "99 días" in answer.text
    assert 'value="90"' in answer.text
    assert 'data-days="9"' in rosa.get(f"/people/{clinic.maria}").text


def test_the_run_out_comes_as_a_part_of_the_page_for_htmx(clinic: Clinic, rosa: Browser) -> None:
    from tests.integration.web.conftest import TOKEN

    page = f"/people/{clinic.maria}/dispense"
    token = TOKEN.search(rosa.get(page).text)
    assert token
    data = {"csrf_token": token[1], **typed(clinic)}
    answer = rosa.client.post(f"{page}/run-out", data=data, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert "99 días" in answer.text
    empty = rosa.client.post(f"{page}/run-out", data={"csrf_token": token[1]}, headers={"HX-Request": "true"})
    assert "Complete medicamento, tabletas y días" in empty.text


def test_a_pick_up_after_the_run_out_is_pointed_out(clinic: Clinic, rosa: Browser) -> None:
    page = f"/people/{clinic.maria}/dispense"
    late = (clinic.services.today() + timedelta(days=150)).isoformat()
    answer = rosa.post(f"{page}/run-out", page, **typed(clinic, pickup=late))
    assert "La próxima entrega es después de que se acaban las tabletas." in answer.text


def test_what_the_person_takes_now_is_marked_in_the_list(clinic: Clinic, rosa: Browser) -> None:
    assert "TDF + 3TC + DTG (lo toma ahora)" in rosa.get(f"/people/{clinic.maria}/dispense").text


def test_mistakes_are_named_and_nothing_is_saved(clinic: Clinic, rosa: Browser) -> None:
    future = (clinic.services.today() + timedelta(days=3)).isoformat()
    wrong = typed(
        clinic, product="sugar", quantity="-4", days="9999", day=future, dose="viele", pickup="31/02/2027"
    )
    answer = rosa.post(f"/people/{clinic.maria}/dispense", **wrong)
    assert answer.status_code == 422
    for field in ("product", "quantity", "days", "day", "dose", "pickup"):
        assert f'href="#{field}"' in answer.text, field
    assert 'value="viele"' in answer.text
    assert 'data-days="9"' in rosa.get(f"/people/{clinic.maria}").text


def test_days_and_numbers_are_read_as_people_write_them(clinic: Clinic, rosa: Browser) -> None:
    today = clinic.services.today()
    page = f"/people/{clinic.maria}/dispense"
    form = typed(clinic, day=f"{today.day}/{today.month}/{today.year}", quantity="45,5", dose="0,5")
    assert rosa.post(f"{page}/run-out", page, **form).status_code == 200


def test_a_role_without_the_right_cannot_record(clinic: Clinic, signed_in) -> None:
    assert signed_in("community").get(f"/people/{clinic.maria}/dispense").status_code == 403
