"""Record tablets handed over; the first one after a transfer closes it."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from config import Node
from fhir import codes
from fhir.treatment.model import Dispense, FhirDate, Source
from fhir.treatment.write import About, dispense, medicine_of
from registry.domain.access import rules
from registry.domain.care import continuity
from registry.domain.care.continuity import Supply
from registry.domain.model import Caller, Stored
from registry.errors import BadInput
from registry.ports import Services
from registry.usecases.care.chart.gather import gather
from registry.usecases.care.record import care_state, write
from registry.usecases.exchange import close_transfer

MOST_DAYS = 366
MOST_TABLETS = Decimal(2000)


@dataclass(frozen=True)
class NewDispense:
    """Tablets to record: `product` is a regimen of the formulary such as TDF/3TC/DTG; `daily_dose` tablets
    a day.
    """

    person_id: str
    product: str
    quantity: Decimal
    days: int
    handed_over: date
    next_pickup: date | None = None
    daily_dose: Decimal = Decimal(1)
    facility: str = ""


def products(node: Node) -> list[tuple[str, str]]:
    """Return (key, label) of every product of this node's formulary."""
    return [(product, codes.regimen_label(product.split("/"))) for product in node.formulary]


def record_dispense(services: Services, caller: Caller, new: NewDispense) -> Stored:
    """Store a MedicationDispense; raise BadInput naming the field that breaks a rule."""
    rules.check_can(caller, "dispense")
    _check(services, new)
    resource = _resource(services, new, new.facility or caller.facility)
    write.check(services, resource)
    with services.unit() as unit:
        stored = write.create(services, unit, caller, resource)
        close_transfer.by_first_dispense(services, unit, caller, stored)
        care_state.refresh(services, unit, stored.owner_id)
        unit.commit()
    return stored


def supply_after(services: Services, caller: Caller, new: NewDispense) -> Supply:
    """Return what the person's supply would be with this dispense, without storing anything."""
    rules.check_can(caller, "dispense")
    _check(services, new)
    with services.unit() as unit:
        record = gather(services, unit, new.person_id).record()
    planned = _dispense(services, new)
    return continuity.supply([*record.dispenses, planned], services.today(), services.node.thresholds)


def _check(services: Services, new: NewDispense) -> None:
    if new.product not in services.node.formulary:
        raise BadInput("Choose a product of the list.")
    if not 1 <= new.days <= MOST_DAYS:
        raise BadInput(f"Days supplied are from 1 to {MOST_DAYS}.")
    if not 0 < new.quantity <= MOST_TABLETS:
        raise BadInput(f"Tablets are from 1 to {MOST_TABLETS}.")
    if not 0 < new.daily_dose <= 20:
        raise BadInput("Tablets a day are from 1 to 20.")
    if new.handed_over > services.today():
        raise BadInput("The day of handing over cannot be in the future.")
    if new.next_pickup is not None and new.next_pickup < new.handed_over:
        raise BadInput("The next pick-up is after the day of handing over.")


def _dispense(services: Services, new: NewDispense) -> Dispense:
    return Dispense(
        handed_over=FhirDate(new.handed_over),
        medicine=medicine_of(new.product.split("/")),
        source=Source("own", services.node.name),
        identifier=f"{services.node.identifier_base}:dispense|{services.ids.new()}",
        quantity=new.quantity,
        days=new.days,
        daily_dose=new.daily_dose,
        next_pickup=new.next_pickup,
    )


def _resource(services: Services, new: NewDispense, place: str) -> dict[str, object]:
    facility = services.node.facility(place) or services.node.facilities[0]
    about = About(f"Patient/{new.person_id}", place=facility.id, place_name=facility.name)
    return dispense(_dispense(services, new), about)
