// A first call: a practice, a person, an emergency admission, and the person's timeline read back, with the generated client.
// Checks its own result, and may be run as often as you like. Wants a host in Development.
//   npm install && npm start [-- base address]
import { IntegratedCareClient, IntegratedCareException } from "../../openapi/clients/typescript/integrated-care-client.js";

declare const process: { argv: string[]; env: Record<string, string | undefined>; exitCode: number };

const base = process.argv[2] ?? process.env.INTEGRATED_CARE_URL ?? "http://localhost:5080";

/** A client of the API; with a token it is sent on every call. */
function clientWith(token?: string): IntegratedCareClient {
  const authorization: Record<string, string> = token ? { Authorization: `Bearer ${token}` } : {};
  return new IntegratedCareClient(base, { fetch: (url, init) => fetch(url, { ...init, headers: { ...init?.headers, ...authorization } }) });
}

async function signIn(client: string): Promise<IntegratedCareClient> {
  const answer = await clientWith().token({ grant_type: "client_credentials", client_id: client, client_secret: `${client}-secret` });
  return clientWith(answer.access_token);
}

const asOperator = await signIn("demo-operator");
const asTrust = await signIn("demo-acute-trust");

for (const organisation of [
  { code: "RZ1", name: "Demo Acute and Community Trust", kind: "acute-trust" },
  { code: "Y99001", name: "Demo Practice 1", kind: "general-practice" },
]) {
  try {
    await asOperator.registerOrganisation(organisation);
  } catch (e) {
    // 409: somebody has registered it before, differently. Good enough for us.
    if (!(e instanceof IntegratedCareException && e.status === 409)) throw e;
  }
}
console.log("trust RZ1 and practice Y99001 are registered");

const created = await asOperator.registerPersons({
  nhsNumber: "9434765919",
  familyName: "Example",
  givenName: "Pat",
  birthDate: "1941-03-05",
  sex: "2",
  practice: "Y99001",
  registeredFrom: "2015-01-01",
});
console.log(`person ${created.id} is registered`);

// Accepted the first time; a duplicate, and harmless, from then on.
const answer = await asTrust.postEvents({
  specversion: "1.0",
  id: "first-1",
  source: "urn:ods:RZ1:epr",
  type: "uk.integratedcare.inpatient-spell.v1",
  subject: "9434765919",
  data: {
    recordId: "spell-1",
    recordVersion: 1,
    provider: "RZ1",
    admissionMethod: "21",
    patientClass: "1",
    admitted: "2026-09-01T10:15:00Z",
    discharged: "2026-09-04T14:00:00Z",
    diagnoses: ["I500", "R268", "N390"],
  },
});
console.log(`event first-1: ${answer.status}`);

// The trust has given care, so it may look the person up; the NHS number goes in the body, never in the address.
const person = await asTrust.lookUpPerson({ nhsNumber: "9434765919" }, "direct-care");
// The latest care comes first, a page at a time.
let cursor: string | undefined;
let found = false;
do {
  const timeline = await asTrust.readTimeline(person.id, cursor, undefined, "direct-care");
  found = timeline.items.some((entry) => entry.recordId === "spell-1");
  cursor = timeline.next ?? undefined;
} while (!found && cursor);
if (found) {
  console.log(`ok: the admission is on the timeline of person ${person.id}`);
} else {
  console.error("FAILED: the admission is not on the timeline");
  process.exitCode = 1;
}
