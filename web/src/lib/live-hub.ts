import { type LiveEvent, type LiveState, LiveStream, sseOf, type Timers, type Transport } from "@/lib/live-stream";

/** What tabs say to each other. `hello`: a tab came; `here`: the leader's answer; `want`: lines behind this one are missing. */
type Word =
  | { kind: "event"; event: LiveEvent }
  | { kind: "state"; state: LiveState }
  | { kind: "hello" }
  | { kind: "here"; state: LiveState; last: number | null; progress: LiveEvent[] }
  | { kind: "want"; after: number }
  | { kind: "gap"; to: number };

export type Channel = { post: (word: unknown) => void; close: () => void };
export type Surroundings = {
  /** Calls `lead` when this tab is the one that leads, and keeps it so until the signal. */
  lead: (name: string, lead: () => void, signal: AbortSignal) => void;
  channel: (name: string, hear: (word: unknown) => void) => Channel;
  transport: Transport;
  /** Calls back before the next frame is painted (soon, where nothing is painted). */
  frame: (act: () => void) => void;
  timers?: Timers;
};

/** The newest line of the trail that was there when something was first read, and when that was known [ms]. */
export type Begun = { last: number; at: number };

const KEPT_LINES = 500;

/** What happens in one account, for one tab. Of all tabs of a browser one leads: it holds the only connection and tells the others. When it is
 * closed, another one leads and goes on behind the last line that it heard itself. Listeners are called once a frame, with all that came. */
export class LiveHub {
  state: LiveState = "connecting";
  /** The newest word of each run that goes on. */
  readonly progress = new Map<string, LiveEvent>();
  private last: number | null = null;
  private stream: LiveStream | null = null;
  private kept: LiveEvent[] = [];
  private waiting: LiveEvent[] = [];
  private readonly listeners = new Set<(events: readonly LiveEvent[]) => void>();
  private readonly watchers = new Set<() => void>();
  private readonly ended = new AbortController();
  private readonly channel: Channel;

  constructor(
    account: string,
    private readonly around: Surroundings = surroundings(account),
    /** What happened behind it is told, whenever the connection stands; null: what happens from then on. */
    readonly begun: Begun | null = null,
  ) {
    this.last = begun?.last ?? null;
    const name = `listbackup.live.${account}`;
    this.channel = around.channel(name, (word) => this.hear(word as Word));
    this.channel.post({ kind: "hello" } satisfies Word);
    around.lead(name, () => this.lead(), this.ended.signal);
  }

  get isLeader() {
    return this.stream !== null;
  }

  /** Events of one frame, in their order. Gives what ends the listening. */
  listen(listener: (events: readonly LiveEvent[]) => void): () => void {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  }

  /** Told when the state, or a run's progress, has changed. */
  watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => {
      this.watchers.delete(watcher);
    };
  };

  hurry() {
    this.stream?.hurry();
  }

  close() {
    this.ended.abort();
    this.stream?.stop();
    this.channel.close();
  }

  private lead() {
    if (this.ended.signal.aborted) return;
    const stream = new LiveStream(
      this.around.transport,
      this.last,
      {
        onEvents: (event) => {
          this.take(event);
          this.channel.post({ kind: "event", event } satisfies Word);
        },
        onState: (state) => {
          this.channel.post({ kind: "state", state } satisfies Word);
          this.become(state);
        },
      },
      this.around.timers,
    );
    this.stream = stream;
    stream.start();
  }

  private hear(word: Word) {
    if (word.kind === "event" && !this.isLeader) this.follow(word.event);
    else if (word.kind === "state" && !this.isLeader) this.become(word.state);
    else if (word.kind === "hello" && this.isLeader) {
      this.channel.post({ kind: "here", state: this.state, last: this.last, progress: [...this.progress.values()] } satisfies Word);
    } else if (word.kind === "here" && !this.isLeader) {
      this.last ??= word.last;
      if (word.last !== null && this.last !== null && word.last > this.last)
        this.channel.post({ kind: "want", after: this.last } satisfies Word);
      for (const event of word.progress) this.take(event);
      this.become(word.state);
    } else if (word.kind === "want" && this.isLeader) this.tellAgain(word.after);
    else if (word.kind === "gap" && !this.isLeader && this.last !== null && this.last < word.to) {
      this.last = word.to;
      this.queue({ id: null, event: "live.gap", data: { subject: "" } });
    }
  }

  /** Lines are numbered without a gap: a tab that slept asks for what it has not heard. */
  private follow(event: LiveEvent) {
    if (event.id !== null && this.last !== null) {
      if (event.id <= this.last) return;
      if (event.id > this.last + 1) {
        this.channel.post({ kind: "want", after: this.last } satisfies Word);
        return;
      }
    }
    this.take(event);
  }

  private tellAgain(after: number) {
    const lines = this.kept.filter((event) => (event.id as number) > after);
    const first = lines[0]?.id ?? (this.last ?? after) + 1;
    if (first > after + 1) this.channel.post({ kind: "gap", to: first - 1 } satisfies Word);
    for (const event of lines) this.channel.post({ kind: "event", event } satisfies Word);
  }

  private take(event: LiveEvent) {
    if (event.id !== null) {
      this.last = event.id;
      this.kept.push(event);
      if (this.kept.length > KEPT_LINES) this.kept.shift();
    }
    this.queue(event);
  }

  private queue(event: LiveEvent) {
    this.waiting.push(event);
    if (this.waiting.length === 1) this.around.frame(() => this.flush());
  }

  private flush() {
    const events = this.waiting;
    this.waiting = [];
    let hasMoved = false;
    for (const event of events) hasMoved = this.note(event) || hasMoved;
    if (hasMoved) for (const tell of this.watchers) tell();
    for (const tell of this.listeners) tell(events);
  }

  private note(event: LiveEvent): boolean {
    if (event.event === "run.progress") {
      this.progress.set(event.data.subject, event);
      return true;
    }
    return /^run\.(succeeded|partial|failed|cancelled|interrupted)$/.test(event.event) && this.progress.delete(event.data.subject);
  }

  private become(state: LiveState) {
    if (state === this.state) return;
    this.state = state;
    for (const tell of this.watchers) tell();
  }
}

/** The browser itself. Where it has no locks (plain http on another machine), every tab leads for itself. */
function surroundings(account: string): Surroundings {
  const hasLocks = typeof navigator !== "undefined" && "locks" in navigator && "BroadcastChannel" in globalThis;
  return {
    transport: sseOf(account),
    frame: (act) => (document.hidden ? setTimeout(act, 50) : requestAnimationFrame(act)),
    lead: (name, lead, signal) => {
      if (!hasLocks) return lead();
      void navigator.locks
        .request(name, { signal }, () => {
          lead();
          return new Promise<void>((done) => signal.addEventListener("abort", () => done()));
        })
        .catch(() => {}); // the tab was closed, or left the account, before its turn
    },
    channel: (name, hear) => {
      if (!hasLocks) return { post: () => {}, close: () => {} };
      const channel = new BroadcastChannel(name);
      channel.onmessage = (message) => hear(message.data);
      return { post: (word) => channel.postMessage(word), close: () => channel.close() };
    },
  };
}
