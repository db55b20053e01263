import { type ChildProcess, spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const BIN = new URL("../../.venv/bin/", import.meta.url).pathname;

export type Saas = { base_url: string; token: string; client_id: string; client_secret: string };

/** An installation of the real product with a simulated platform beside it, in a folder that goes away with it. */
export class Stage {
  private constructor(
    readonly url: string,
    readonly setupCode: string,
    readonly key: string,
    readonly saas: Saas,
    private readonly folder: string,
    private readonly processes: ChildProcess[],
    private factor: { secret: string; step: number } | null = null,
  ) {}

  /** `records`: how many the simulated platform holds, over all its streams. */
  static async open({ records = 2000, latency = 0 } = {}): Promise<Stage> {
    const folder = mkdtempSync(join(tmpdir(), "listbackup-web-"));
    const port = await freePort();
    const url = `http://localhost:${port}`;
    const saas = run("python", ["-m", "listbackup.testing.saas", "--records", String(records), "--latency", String(latency)], {});
    const [platform] = await lines(saas, 1);
    const server = run("listbackup", ["serve", "--json", "--port", String(port), "--workers", "2"], {
      LISTBACKUP_CONFIG: "/dev/null",
      LISTBACKUP_DATA: join(folder, "data"),
      LISTBACKUP_KEYS: join(folder, "keys"),
      LISTBACKUP_ALLOW_LOOPBACK: "1",
      LISTBACKUP_REGISTRATION: "open",
      LISTBACKUP_PUBLIC_URL: url,
    });
    const said = Object.assign({}, ...(await lines(server, 3)));
    return new Stage(url, said.setup_code, said.first_api_key, platform as Saas, folder, [server, saas]);
  }

  /** A call of the API with the owner's key: to prepare what a test is not about. */
  async ask<T = Record<string, unknown>>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<T> {
    const answer = await fetch(`${this.url}/v2${path}`, {
      method,
      headers: { authorization: `Bearer ${this.key}`, "content-type": "application/json", ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return (text ? JSON.parse(text) : null) as T;
  }

  /** The same of the simulated platform: what its users do there. */
  async edit(method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
    const answer = await fetch(this.saas.base_url + path, {
      method,
      headers: { authorization: `Bearer ${this.saas.token}`, "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    const text = await answer.text();
    return text ? JSON.parse(text) : {};
  }

  /** The first owner, by the API. */
  async makeOwner(email = OWNER.email, password = OWNER.password): Promise<void> {
    await this.ask("POST", "/auth/setup", { code: this.setupCode, email, password, name: OWNER.name });
  }

  /** Gives the owner a second factor, and a browser's cookie that was won with it: `name=value`. */
  async enrol(): Promise<string> {
    const post = async (path: string, body?: unknown, token?: string) => {
      const answer = await fetch(`${this.url}/v2${path}`, {
        method: "POST",
        headers: { ...(body ? { "content-type": "application/json" } : {}), ...(token ? { authorization: `Bearer ${token}` } : {}) },
        body: body ? JSON.stringify(body) : undefined,
      });
      if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
      return answer;
    };
    const { email, password } = OWNER;
    const program = await (await post("/auth/login", { email, password })).json();
    const token = program.tokens.access_token;
    const { secret } = await (await post("/auth/mfa/setup", undefined, token)).json();
    await post("/auth/mfa/verify", { code: oneTimeCode(secret, -1) }, token);
    const first = await (await post("/auth/login", { email, password, kind: "browser" })).json();
    const step = { ticket: first.second_step.ticket, factor: "totp", code: oneTimeCode(secret), kind: "browser" };
    const second = await post("/auth/login/second-step", step);
    this.factor = { secret, step: stepNow() };
    return (second.headers.get("set-cookie") ?? "").split(";")[0] as string;
  }

  /** A code of the owner's second factor that nobody has shown yet; the next one may have to be waited for. */
  async code(): Promise<string> {
    const { factor } = this;
    if (!factor) throw new Error("the owner has no second factor");
    factor.step = Math.max(stepNow(), factor.step + 1);
    while (factor.step > stepNow() + 1) await new Promise((wait) => setTimeout(wait, 500));
    return oneTimeCode(factor.secret, factor.step - stepNow());
  }

  /** The simulated platform connected, a source on it, and one finished run; gives the source's id. */
  async makeSource(name = "CRM"): Promise<string> {
    const connection = await this.ask<{ id: string }>("POST", "/connections", {
      platform: "demo-crm",
      name: `${name} site`,
      values: { url: this.saas.base_url },
      secrets: { token: this.saas.token },
    });
    const source = await this.ask<{ id: string }>("POST", "/sources", { connection: connection.id, name });
    await this.backUp(source.id);
    return source.id;
  }

  /** A run to its end; gives its id. */
  async backUp(source: string): Promise<string> {
    const run = await this.ask<{ id: string; state: string }>("POST", `/sources/${source}/sync`, {});
    for (let state = run.state; ["queued", "running"].includes(state); ) {
      await new Promise((wait) => setTimeout(wait, 200));
      state = (await this.ask<{ state: string }>("GET", `/runs/${run.id}`)).state;
      if (state === "failed") throw new Error("the run failed");
    }
    return run.id;
  }

  /** What the platform's people do in a day: some contacts are edited, some deleted. Gives their ids. */
  async passDay(): Promise<{ edited: string[]; deleted: string[] }> {
    const page = await this.edit("GET", "/v1/contacts?page=1&per_page=30");
    const rows = (Object.values(page).find(Array.isArray) ?? []) as Record<string, string>[];
    const [edited, deleted] = [rows.slice(0, 12), rows.slice(12, 15)];
    for (const { id, created_at, updated_at, ...row } of edited)
      await this.edit("PUT", `/v1/contacts/${id}`, { ...row, last_name: `${row.last_name} (edited)` });
    for (const { id } of deleted) await this.edit("DELETE", `/v1/contacts/${id}`);
    return { edited: edited.map((row) => String(row.id)), deleted: deleted.map((row) => String(row.id)) };
  }

  /** The newest letter to an address, as soon as one was sent. */
  async letter(to: string): Promise<string> {
    const folder = join(this.folder, "data", "mail");
    for (let tries = 0; tries < 100; tries++) {
      const newest = existsSync(folder)
        ? readdirSync(folder)
            .sort()
            .map((name) => unfolded(readFileSync(join(folder, name), "utf8")))
            .filter((text) => text.includes(to))
            .at(-1)
        : undefined;
      if (newest) return newest;
      await new Promise((wait) => setTimeout(wait, 200));
    }
    throw new Error(`no letter to ${to}`);
  }

  close() {
    // a busy machine takes its time to stop a server, which writes until then
    const ends = this.processes.map((one) => one.exitCode !== null || new Promise((done) => one.once("exit", done)));
    for (const process of this.processes) process.kill("SIGTERM");
    void Promise.all(ends).then(() => rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 }));
  }
}

export const OWNER = { name: "Ada", email: "ada@example.com", password: "seven brass kettles on a shelf" };

const stepNow = () => Math.floor(Date.now() / 30_000);

/** The one-time code of a base32 secret (RFC 6238, 30 s, six digits), `steps` away from now. */
export function oneTimeCode(secret: string, steps = 0): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...secret.replace(/=+$/, "")].map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(stepNow() + steps));
  const digest = createHmac("sha1", key).update(counter).digest();
  const at = (digest.at(-1) as number) & 15;
  return String((digest.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

/** Text as it was before it was made quoted-printable. */
const unfolded = (text: string) =>
  text.replace(/=\r?\n/g, "").replace(/=([0-9A-F]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));

function run(program: string, args: string[], environment: Record<string, string>): ChildProcess {
  const own = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("LISTBACKUP_"))) as NodeJS.ProcessEnv;
  return spawn(join(BIN, program), args, { env: { ...own, ...environment }, stdio: ["ignore", "pipe", "inherit"] });
}

/** The first JSON lines that a process says. */
async function lines(from: ChildProcess, wanted: number): Promise<Record<string, string>[]> {
  const heard: Record<string, string>[] = [];
  if (!from.stdout) throw new Error("it has no output");
  for await (const line of createInterface({ input: from.stdout })) {
    if (line.startsWith("{")) heard.push(JSON.parse(line));
    if (heard.length === wanted) break;
  }
  from.stdout.resume();
  if (heard.length < wanted) throw new Error(`it ended before it was ready (${heard.length} of ${wanted} lines)`);
  return heard;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => (address && typeof address === "object" ? resolve(address.port) : reject(new Error("no port"))));
    });
  });
}
