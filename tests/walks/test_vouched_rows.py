"""The audit trail vouches for documents, names and transfers: a row changed past the node is found."""

from registry.usecases.access import trail
from registry.usecases.exchange import overdue
from registry.usecases.exchange.receiving import review
from tests.walks.nodes import Pair, WalkNode, exchanged


def verdict(node: WalkNode) -> trail.Verdict:
    while trail.chain(node.services):
        pass
    return trail.verify(node.services)


def test_what_the_node_itself_did_is_vouched_for(pair: Pair) -> None:
    who = exchanged(pair)
    (document,) = pair.pe.look(lambda unit: unit.documents.of(who.at_pe))
    review.mark_reviewed(pair.pe.services, pair.pe.caller(), document.id)
    yesterday = pair.co.services.today().replace(year=2020).isoformat()
    pair.co.run("UPDATE transfer SET covered_until = ? WHERE owner_id = ?", yesterday, who.at_co)
    assert overdue.mark(pair.co.services, 10) == 1
    assert (verdict(pair.pe).ok, verdict(pair.co).ok) == (True, True)


CHANGES = (
    ("received_document", "owner_id", "other", "kept-document/"),
    ("received_document", "digest", "x", "kept-document/"),
    ("alias", "minted_by", "them", "kept-alias/co/"),
    ("transfer", "state", "received", "kept-transfer/"),
    ("transfer", "state", "closed", "kept-transfer/"),
    ("transfer", "partner", "ec", "kept-transfer/"),
)


def test_a_row_that_was_changed_past_the_node_is_named(own_pair: Pair) -> None:
    node, who = own_pair.pe, exchanged(own_pair)
    for table, column, value, place in CHANGES:
        key = "alias" if table == "alias" else "id"
        ((name, before),) = node.run(f"SELECT {key}, {column} FROM {table} WHERE owner_id = ?", who.at_pe)
        node.run(f"UPDATE {table} SET {column} = ? WHERE {key} = ?", value, name)
        found = verdict(node)
        assert (found.ok, found.first_bad.startswith(place)) == (False, True), (table, column)
        assert who.at_pe not in found.first_bad + found.why
        node.run(f"UPDATE {table} SET {column} = ? WHERE {key} = ?", before, name)
        assert verdict(node).ok
    slip = "INSERT INTO alias (partner, alias, owner_id, minted_by, added) VALUES ('co', '+', ?, 'them', 1)"
    node.run(slip, who.at_pe)
    assert verdict(node).first_bad == "kept-alias/co/+"
    node.run("DELETE FROM alias WHERE alias = '+'")
    for table in ("transfer", "received_document", "alias"):
        node.run(f"DELETE FROM {table} WHERE owner_id = ?", who.at_pe)
        assert verdict(node).first_bad.startswith(f"kept-{table.removeprefix('received_')}/")
