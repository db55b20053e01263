import type { Shape } from "@/lib/api";
import type { Problem } from "@/lib/problem";

export type ConfigField = Shape["ConfigField"];
export type Given = Record<string, string>;

/** What is sent: fields of a platform apart from its secrets, empty ones not at all. */
export function apart(fields: readonly ConfigField[], given: Given): { values: Given; secrets: Given } {
  const values: Given = {};
  const secrets: Given = {};
  for (const field of fields) {
    const said = field.name === "definition" ? (given[field.name] ?? "") : (given[field.name] ?? "").trim();
    if (said !== "") (field.secret ? secrets : values)[field.name] = said;
  }
  return { values, secrets };
}

/** What a refusal says of one field; what it says of no field goes to the one that it most likely means. */
export function saidOf(problem: Problem | null, field: ConfigField, fields: readonly ConfigField[], refused: string): string | null {
  if (!problem) return null;
  const direct = problem.of(`/values/${field.name}`) ?? problem.of(`/secrets/${field.name}`);
  if (direct) return direct;
  if (problem.code === "needs_reauth" && field === fields.find((one) => one.secret)) return refused;
  if (problem.code === "platform_unreachable" && field === fields.find((one) => one.name === "url")) return problem.message;
  return null;
}

/** Whether some field of the form already carries what was refused. */
export function isSaidAtField(problem: Problem, fields: readonly ConfigField[]): boolean {
  return problem.of("/name") !== null || fields.some((field) => saidOf(problem, field, fields, "x") !== null);
}

/** What a description of an API asks for: the entries of its `config:` list. Reads as much YAML as people write there; what it overlooks the API
 * asks for by name when the form is sent (`asked`). */
export function describedFields(definition: string): ConfigField[] {
  const lines = definition.split(/\r?\n/);
  const start = lines.findIndex((line) => /^config\s*:\s*(#.*)?$/.test(line));
  if (start < 0) return [];
  const fields: ConfigField[] = [];
  for (const line of lines.slice(start + 1)) {
    if (/^\S/.test(line) && !/^[-#]/.test(line)) break;
    const pair = /^\s*(-\s+)?(\w+)\s*:\s*(.*?)\s*(?:\s#.*)?$/.exec(line);
    if (!pair) continue;
    const [, opens, name = "", raw = ""] = pair;
    if (opens) fields.push({ name: "", label: "", secret: false, required: true, help: "" });
    const field = fields.at(-1);
    if (field) set(field, name, raw.replace(/^(["'])(.*)\1$/, "$2"));
  }
  return fields.filter((field) => field.name !== "").map((field) => ({ ...field, label: field.label || field.name }));
}

function set(field: ConfigField, name: string, value: string) {
  if (name === "name" || name === "label" || name === "help" || name === "default") field[name] = value;
  if (name === "secret" || name === "required") field[name] = value === "true";
}

/** Fields that the API asked for in a refusal and that the form does not have yet. */
export function asked(problem: Problem, known: readonly ConfigField[]): ConfigField[] {
  return problem.fields.flatMap(({ pointer }) => {
    const found = /^\/(values|secrets)\/([^/]+)$/.exec(pointer);
    const name = found?.[2];
    if (!name || known.some((field) => field.name === name)) return [];
    return [{ name, label: name, secret: found[1] === "secrets", required: true, help: "" }];
  });
}
