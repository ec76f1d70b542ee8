#!/usr/bin/env bash
# Settles every pack of this folder again and writes its statement as JSON, CSV and a page. Run it after changing a pack or
# the rules; look at the differences; commit.
#   --no-build   take the host as it was last built
set -euo pipefail
cd "$(dirname "$0")/../.."
configuration="${CONFIGURATION:-Debug}"
if [ "${1:-}" != "--no-build" ]; then dotnet build src/Host -c "$configuration" -v quiet --nologo; fi
host="src/Host/bin/$configuration/net10.0/IntegratedCare.Host.dll"
log="$(mktemp)"
trap 'rm -f "$log"' EXIT
for pack in samples/settlements/*/pack.json; do
  folder="$(dirname "$pack")"
  for format in json csv html; do
    if ! dotnet "$host" settle "$pack" --format "$format" --output "$folder/statement.$format" 2>"$log"; then
      echo "$pack:" >&2; cat "$log" >&2; exit 1
    fi
  done
  echo "$(basename "$folder"): $(cat "$log")"
done
