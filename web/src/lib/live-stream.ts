/** One line of the account's trail as it is told, or a word about a run that goes on (`id` is null: it has no place in the trail). */
export type LiveEvent = { id: number | null; event: string; data: LiveData };

/** What a line says (the trail's fields), and what a `run.progress` says (see RunProgress). */
export type LiveData = {
  subject: string;
  action?: string;
  actor?: string;
  at?: string;
  about?: Record<string, string | number | boolean | null>;
} & Record<string, unknown>;

/** off: not listening (no permission, or signed out) · connecting: the first try · live · lost: the connection is gone and is tried again */
export type LiveState = "off" | "connecting" | "live" | "lost";

/** Opens the stream behind a line (null: from now on) and resolves when it ended; rejects with `{ status }` when it was refused, with anything
 * else when it broke. `onOpen` is called when the server has begun to answer, `onEvent` for each event, `onBeat` for every sign of life. */
export type Transport = (
  after: number | null,
  told: { onOpen: () => void; onEvent: (event: LiveEvent) => void; onBeat: () => void; onTurn?: (turn: Turn) => void },
  signal: AbortSignal,
) => Promise<void>;

/** A server that cannot hold an answer open tells in turns: each begins with its place in the trail and with how long to stay away after it. */
export type Turn = { place: number; retryMs: number };

export type Timers = { set: (act: () => void, ms: number) => unknown; clear: (timer: unknown) => void };
const REAL: Timers = { set: (act, ms) => setTimeout(act, ms), clear: (timer) => clearTimeout(timer as number) };

const SILENCE_MS = 40_000; // the server says something every 15 s
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;

/** The account's stream, for as long as it is wanted: comes back after every cut and goes on behind the last line it saw, so that nothing is
 * lost and nothing comes twice. */
export class LiveStream {
  private stopped = new AbortController();
  private failures = 0;
  private pause = 0;
  private timer: unknown = null;
  private current: AbortController | null = null;

  constructor(
    private readonly transport: Transport,
    /** The last line that was seen; null before the first. */
    public last: number | null,
    private readonly told: { onEvents: (event: LiveEvent) => void; onState: (state: LiveState) => void },
    private readonly timers: Timers = REAL,
  ) {}

  start() {
    this.told.onState("connecting");
    void this.listen();
  }

  stop() {
    this.stopped.abort();
    this.current?.abort();
    this.timers.clear(this.timer);
  }

  /** Tries at once instead of when it is due: the browser says that it is online again. */
  hurry() {
    if (this.stopped.signal.aborted || this.current) return;
    this.timers.clear(this.timer);
    this.failures = 0;
    void this.listen();
  }

  private async listen() {
    if (this.stopped.signal.aborted) return;
    const attempt = new AbortController();
    this.current = attempt;
    let silence: unknown = null;
    const beat = () => {
      this.timers.clear(silence);
      silence = this.timers.set(() => attempt.abort(), SILENCE_MS);
    };
    let wait = 0;
    try {
      beat();
      await this.transport(
        this.last,
        {
          onOpen: () => {
            this.failures = 0;
            this.told.onState("live");
          },
          onEvent: (event) => this.take(event),
          onBeat: beat,
          onTurn: ({ place, retryMs }) => {
            this.last = Math.max(this.last ?? place, place);
            this.pause = retryMs;
          },
        },
        attempt.signal,
      );
    } catch (error) {
      const status = (error as { status?: number } | null)?.status;
      if (status === 401 || status === 403 || status === 404) {
        this.current = null;
        this.timers.clear(silence);
        this.told.onState("off");
        return;
      }
      this.failures += 1;
      wait = waitBefore(this.failures);
    }
    this.timers.clear(silence);
    this.current = null;
    if (this.stopped.signal.aborted) return;
    if (wait > 0) this.told.onState("lost");
    this.timer = this.timers.set(() => void this.listen(), wait || this.pause);
  }

  private take(event: LiveEvent) {
    if (event.id !== null) {
      if (this.last !== null && event.id <= this.last) return;
      this.last = event.id;
    }
    this.told.onEvents(event);
  }
}

/** Half a second, doubled each time, with some chance in it so that a thousand browsers do not come back at once [ms]. */
export function waitBefore(failures: number, chance: () => number = Math.random): number {
  const most = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (failures - 1));
  return Math.round(most * (0.6 + 0.4 * chance()));
}

/** Server-sent events by `fetch`, which unlike EventSource can name the account and shows a refusal's status. */
export const sseOf =
  (account: string, fetching: typeof fetch = fetch): Transport =>
  async (after, told, signal) => {
    const headers: Record<string, string> = { Accept: "text/event-stream", "X-Account-Id": account };
    if (after !== null) headers["Last-Event-ID"] = String(after);
    // what a screen shows goes before what may happen to it
    const response = await fetching("/v2/events", { headers, signal, cache: "no-store", priority: "low" });
    if (!response.ok || !response.body) throw { status: response.status };
    told.onOpen();
    const read = parser(told.onEvent, told.onTurn);
    const reader = response.body.getReader();
    const text = new TextDecoder();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      told.onBeat();
      read(text.decode(value, { stream: true }));
    }
  };

/** Takes a stream of text piece by piece and tells each whole event (HTML Living Standard, "Server-sent events"; only `\n` ends a line here). */
export function parser(tell: (event: LiveEvent) => void, turn: (turn: Turn) => void = () => {}): (piece: string) => void {
  let rest = "";
  return (piece) => {
    rest += piece;
    for (let end = rest.indexOf("\n\n"); end >= 0; end = rest.indexOf("\n\n")) {
      const block = rest.slice(0, end);
      rest = rest.slice(end + 2);
      const found = eventOf(block);
      const [, retryMs, place] = TURN.exec(block) ?? [];
      if (found) tell(found);
      else if (retryMs && place) turn({ place: Number(place), retryMs: Number(retryMs) });
    }
  };
}

const TURN = /^retry: (\d+)\nid: (\d+)$/;

function eventOf(block: string): LiveEvent | null {
  let id: number | null = null;
  let event = "message";
  let data = "";
  for (const line of block.split("\n")) {
    if (line.startsWith("id: ")) id = Number(line.slice(4));
    else if (line.startsWith("event: ")) event = line.slice(7);
    else if (line.startsWith("data: ")) data += line.slice(6);
  }
  return data ? { id, event, data: JSON.parse(data) } : null;
}
