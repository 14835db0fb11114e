"""Transfers of care of a synthetic person: away to a partner, or from the partner passed through."""

from datetime import UTC, date, datetime, time, timedelta

from config import PartnerPolicy
from fhir import transfer
from fhir.wire import JsonObject
from registry.synth.journey import Journey
from registry.synth.treatment import Setting

NOON = time(12, tzinfo=UTC)


def transfers(journey: Journey, setting: Setting, order_url: str) -> list[JsonObject]:
    """Return the order and the Task of a transfer, or nothing; `order_url` is where the order will stand."""
    partners = {one.country: one for one in setting.node.programmes}
    if journey.kind == "moving" and partners:
        partner = setting.rng.choice(list(partners.values()))
        new = _away(partner, journey, setting, order_url)
    elif journey.kind == "with-records" and journey.stopped_abroad and journey.through in partners:
        new = _here(partners[journey.through], journey.stopped_abroad, journey, setting, order_url)
    else:
        return []
    order, task = transfer.transfer_request(new)
    drawn = setting.table.draw("transfer" if journey.kind == "moving" else "transfer_in", setting.rng)
    state = next(state for state in transfer.STATES if state == drawn)
    return [order, transfer.task_with_state(task, state, new.asked + timedelta(hours=1))]


def _away(partner: PartnerPolicy, journey: Journey, setting: Setting, order_url: str) -> transfer.NewTransfer:
    return transfer.NewTransfer(
        patient_ref=setting.about.patient,
        origin=setting.node.code,
        destination=partner.id,
        asked=datetime.combine(journey.pickups[-1].day, NOON),
        identifier=setting.new_id(),
        origin_name=setting.node.name,
        destination_name=partner.name,
        covered_until=journey.run_out,
        request_ref=order_url,
    )


def _here(
    partner: PartnerPolicy, covered_until: date, journey: Journey, setting: Setting, order_url: str
) -> transfer.NewTransfer:
    return transfer.NewTransfer(
        patient_ref=setting.about.patient,
        origin=partner.id,
        destination=setting.node.code,
        asked=datetime.combine(journey.arrival, NOON),
        identifier=setting.new_id(),
        origin_name=partner.name,
        destination_name=setting.node.name,
        covered_until=covered_until,
        request_ref=order_url,
    )
