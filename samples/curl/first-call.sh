#!/usr/bin/env bash
# A first call: a practice, a person, an emergency admission, and the person's timeline read back.
# Checks its own result, and may be run as often as you like. Wants a host in Development.
#   samples/curl/first-call.sh [base address]
set -euo pipefail
base="${1:-${INTEGRATED_CARE_URL:-http://localhost:5080}}"
body="$(mktemp)"
trap 'rm -f "$body"' EXIT

fail() { echo "FAILED: $*" >&2; cat "$body" >&2; exit 1; }

# call "STATUS..." curl-arguments...: one request; its answer is in $body, its status must be one of those named.
call() {
  local expected="$1" status
  shift
  status="$(curl -s -o "$body" -w '%{http_code}' "$@")" || fail "no answer from $base"
  [[ " $expected " == *" $status "* ]] || fail "expected $expected, got $status"
}

# member NAME: a text member of the last answer.
member() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" "$body"; }

token() {
  call 200 "$base/connect/token" -d grant_type=client_credentials -d "client_id=$1" -d "client_secret=$1-secret"
  member access_token
}

operator="Authorization: Bearer $(token demo-operator)"
trust="Authorization: Bearer $(token demo-acute-trust)"
json='Content-Type: application/json'

# 409: somebody has registered it before, differently. Good enough for us.
call '200 201 409' "$base/v1/population/organisations" -H "$operator" -H "$json" \
  -d '{"code":"RZ1","name":"Demo Acute and Community Trust","kind":"acute-trust"}'
call '200 201 409' "$base/v1/population/organisations" -H "$operator" -H "$json" \
  -d '{"code":"Y99001","name":"Demo Practice 1","kind":"general-practice"}'
echo "trust RZ1 and practice Y99001 are registered"

call '200 201' "$base/v1/population/persons" -H "$operator" -H "$json" \
  -d '{"nhsNumber":"9434765919","familyName":"Example","givenName":"Pat","birthDate":"1941-03-05","sex":"2","practice":"Y99001","registeredFrom":"2015-01-01"}'
echo "person $(member id) is registered"

# Accepted the first time; a duplicate, and harmless, from then on.
call '200 202' "$base/v1/population/events" -H "$trust" -H 'Content-Type: application/cloudevents+json' -d '{
  "specversion":"1.0", "id":"first-1", "source":"urn:ods:RZ1:epr", "type":"uk.integratedcare.inpatient-spell.v1", "subject":"9434765919",
  "data":{"recordId":"spell-1", "recordVersion":1, "provider":"RZ1", "admissionMethod":"21", "patientClass":"1",
          "admitted":"2026-09-01T10:15:00Z", "discharged":"2026-09-04T14:00:00Z", "diagnoses":["I500","R268","N390"]}}'
echo "event first-1: $(member status)"

# The trust has given care, so it may look the person up; the NHS number goes in the body, never in the address.
call 200 "$base/v1/population/persons/look-up" -H "$trust" -H "$json" -H 'X-Purpose-Of-Use: direct-care' -d '{"nhsNumber":"9434765919"}'
person="$(member id)"
# The latest care comes first, a page at a time.
cursor=''
until grep -q '"recordId":"spell-1"' "$body"; do
  call 200 -G "$base/v1/population/persons/$person/timeline" -H "$trust" -H 'X-Purpose-Of-Use: direct-care' \
    -d limit=1000 ${cursor:+--data-urlencode "cursor=$cursor"}
  cursor="$(member next)"
  [[ -n "$cursor" ]] || break
done
grep -q '"recordId":"spell-1"' "$body" || fail "the admission is not on the timeline"
echo "ok: the admission is on the timeline of person $person"
