#!/usr/bin/env bash
# Regenerates the OpenAPI document, the JSON Schemas and the clients from the code. Run it after changing an endpoint; review; commit.
#   --no-build   take the host as it was last built
#   --document   no clients: needs no npm
set -euo pipefail
cd "$(dirname "$0")/.."
build=yes clients=yes
for argument in "$@"; do
  case "$argument" in
    --no-build) build=no ;;
    --document) clients=no ;;
    *) echo "unknown argument $argument" >&2; exit 2 ;;
  esac
done

configuration="${CONFIGURATION:-Debug}"
if [ "$build" = yes ]; then dotnet build src/Host -c "$configuration" -v quiet --nologo; fi
host="src/Host/bin/$configuration/net10.0/IntegratedCare.Host.dll"
dotnet "$host" export-openapi --output openapi/integrated-care.v1.json
dotnet "$host" export-openapi --openapi-version 3.0 --output openapi/integrated-care.v1-3.0.json
dotnet "$host" export-openapi --json-schemas openapi
if [ "$clients" = no ]; then exit 0; fi

cd openapi
if [ ! -x node_modules/.bin/nswag ]; then npm install --no-audit --no-fund --no-package-lock --silent; fi
# Responses are open in the document, since members may be added; clients are generated as if they were closed, so that a
# misspelt member is a compile error instead of an entry in a dictionary.
node -e '
  const fs = require("fs");
  const document = JSON.parse(fs.readFileSync("integrated-care.v1-3.0.json", "utf8"));
  for (const schema of Object.values(document.components.schemas)) {
    if (schema.properties && schema.additionalProperties === undefined) schema.additionalProperties = false;
    // The generator makes an empty class of a choice; any of the classes in it fits an untyped member.
    for (const member of Object.values(schema.properties ?? {})) delete member.anyOf;
  }
  fs.writeFileSync("node_modules/.closed.json", JSON.stringify(document));'
node_modules/.bin/nswag run nswag.json /runtime:Net100
# System.Text.Json takes an enum member's name from its own attribute; and one line ending everywhere.
sed -i.bak -E -e 's/\r$//' -e 's/[[:space:]]+$//' \
  -e 's/\[System\.Runtime\.Serialization\.EnumMember\(Value = @("[^"]*")\)\]$/&[System.Text.Json.Serialization.JsonStringEnumMemberName(\1)]/' \
  clients/csharp/IntegratedCareClient.cs
sed -i.bak -E -e 's/\r$//' -e 's/[[:space:]]+$//' clients/typescript/integrated-care-client.ts
rm -f clients/csharp/*.bak clients/typescript/*.bak
