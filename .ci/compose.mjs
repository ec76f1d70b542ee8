// What of docker-compose.yml can be held against this repository without Docker: that it is YAML, that services name each other,
// declared volumes and files that are there, and that the host's settings and verbs are ones the code reads.
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const { parseWithPointers } = createRequire(join(process.cwd(), "openapi/package.json"))("@stoplight/yaml");
const faults = [];
const { data, diagnostics } = parseWithPointers(readFileSync("docker-compose.yml", "utf8"), { mergeKeys: true });
for (const d of diagnostics) faults.push(`line ${d.range.start.line + 1}: ${d.message}`);

const sources = (folder) => readdirSync(folder).flatMap((name) => {
  const path = join(folder, name);
  if (statSync(path).isDirectory()) return name === "bin" || name === "obj" ? [] : sources(path);
  return /\.(cs|json)$/.test(name) ? [readFileSync(path, "utf8")] : [];
});
const code = sources("src").join("\n");
const services = data?.services ?? {};
if (Object.keys(services).length === 0) faults.push("no services");

for (const [name, service] of Object.entries(services)) {
  const fault = (what) => faults.push(`${name}: ${what}`);
  if (!service.image === !service.build) fault("needs either an image or a build");
  if (service.image && !/^[a-z0-9./-]+:[A-Za-z0-9._-]+$/.test(service.image)) fault(`${service.image} has no tag`);
  for (const other of Object.keys(service.depends_on ?? {})) if (!services[other]) fault(`depends on ${other}, which is no service`);
  for (const volume of service.volumes ?? []) {
    const [from] = volume.split(":");
    if (from.startsWith(".") ? !existsSync(from) : !data.volumes || !(from in data.volumes)) fault(`${from} is not there`);
  }
  for (const [variable, value] of Object.entries(service.environment ?? {})) {
    if (value === null || value === "") fault(`${variable} is empty`);
    if (/\$\{?\w/.test(String(value))) fault(`${variable} takes ${value} from outside`);
  }
  if (!service.build) continue;
  const dockerfile = join(service.build.context ?? service.build, service.build.dockerfile ?? "Dockerfile");
  if (!existsSync(dockerfile)) { fault(`${dockerfile} is not there`); continue; }
  for (const [, files] of readFileSync(dockerfile, "utf8").matchAll(/^COPY (?!--from)(.+) \S+$/gm))
    for (const file of files.split(/\s+/)) if (!existsSync(join(service.build.context ?? service.build, file))) fault(`the Dockerfile copies ${file}, which is not there`);
  // Settings are read as Section:Key, or as a section with a property Key; a connection string by its section.
  for (const variable of Object.keys(service.environment ?? {}).filter((v) => v.includes("__"))) {
    const [section, key] = variable.split("__");
    if (!code.includes(`"${section}`) && !code.includes(`${section}:`) && section !== "ConnectionStrings") fault(`no code reads ${variable}`);
    else if (!new RegExp(`\\b${key}\\b`).test(code)) fault(`no code reads ${variable}`);
  }
  for (const verb of service.command ?? []) if (!code.includes(`new Command("${verb}"`) && !code.includes(`new("${verb}"`)) fault(`the host has no verb ${verb}`);
}

for (const fault of faults) console.log(fault);
console.log(`${Object.keys(services).length} services, ${faults.length} faults`);
process.exit(faults.length ? 1 : 0);
