// Creates, reads, updates, searches and asks for everything with fhir-kit-client; prints what it saw as JSON.
import { Client } from "fhir-kit-client";

const [baseUrl, bearerToken] = process.argv.slice(2);
const client = new Client({ baseUrl, bearerToken });
const system = "urn:puente:test:clinic";
const saw = {};

const made = await client.create({
  resourceType: "Patient",
  body: { resourceType: "Patient", identifier: [{ system, value: "kit-1" }], name: [{ family: "Choque" }] },
});
saw.created = made.meta.versionId;
const read = await client.read({ resourceType: "Patient", id: made.id });
saw.family = read.name[0].family;
const updated = await client.update({ resourceType: "Patient", id: made.id, body: { ...read, gender: "female" } });
saw.updated = updated.meta.versionId;
const patched = await client.patch({
  resourceType: "Patient",
  id: made.id,
  jsonPatch: [{ op: "replace", path: "/gender", value: "other" }],
});
saw.patched = patched.gender;
saw.vread = (await client.vread({ resourceType: "Patient", id: made.id, version: "1" })).gender ?? null;
for (const value of [50, 60, 70]) {
  await client.create({
    resourceType: "Observation",
    body: {
      resourceType: "Observation",
      status: "final",
      code: { text: "weight" },
      subject: { reference: `Patient/${made.id}` },
      valueQuantity: { value, unit: "kg" },
    },
  });
}
const byNumber = await client.resourceSearch({
  resourceType: "Patient",
  searchParams: { identifier: `${system}|kit-1` },
});
saw.found = byNumber.entry.map((entry) => entry.resource.id === made.id);
let page = await client.resourceSearch({
  resourceType: "Observation",
  searchParams: { patient: made.id, _count: 2 },
});
saw.pages = [page.entry.length];
while ((page = await client.nextPage({ bundle: page }))) {
  saw.pages.push((page.entry ?? []).length);
}
const posted = await client.resourceSearch({
  resourceType: "Observation",
  searchParams: { patient: made.id },
  options: { postSearch: true },
});
saw.posted = posted.entry.length;
const answer = await client.transaction({
  body: {
    resourceType: "Bundle",
    type: "transaction",
    entry: [
      { request: { method: "POST", url: "Patient" }, resource: { resourceType: "Patient", name: [{ family: "Poma" }] } },
      { request: { method: "GET", url: `Patient/${made.id}` } },
    ],
  },
});
saw.transaction = answer.entry.map((entry) => entry.response.status.slice(0, 3));
const batch = await client.batch({
  body: {
    resourceType: "Bundle",
    type: "batch",
    entry: [
      { request: { method: "GET", url: "Patient/nobody-here" } },
      { request: { method: "GET", url: `Patient/${made.id}` } },
    ],
  },
});
saw.batch = batch.entry.map((entry) => entry.response.status.slice(0, 3));
saw.history = (await client.resourceHistory({ resourceType: "Patient", id: made.id })).entry.length;
const everything = await client.operation({
  resourceType: "Patient",
  id: made.id,
  name: "$everything",
  method: "GET",
});
saw.everything = everything.entry.map((entry) => entry.resource.resourceType).sort();
await client.delete({ resourceType: "Observation", id: page?.entry?.[0]?.resource.id ?? posted.entry[0].resource.id });
saw.capability = (await client.capabilityStatement()).fhirVersion;
console.log(JSON.stringify(saw));
