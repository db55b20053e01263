import { expect, test } from "vitest";
import { type Begun, LiveHub, type Surroundings } from "@/lib/live-hub";
import type { LiveEvent, Transport } from "@/lib/live-stream";

const line = (id: number, event = "source.changed"): LiveEvent => ({ id, event, data: { subject: "src_1" } });
const word = (run: string, records: number): LiveEvent => ({ id: null, event: "run.progress", data: { subject: run, records } });

/** A browser: its tabs share a channel and a lock, and each connection to the server is counted. */
class Browser {
  connections: { after: number | null; tell: (event: LiveEvent) => void; isOpen: boolean }[] = [];
  private readonly waiting: { lead: () => void; signal: AbortSignal }[] = [];
  private leader: AbortSignal | null = null;
  private ears: { hear: (word: unknown) => void; isDeaf: boolean }[] = [];

  tab(begun: Begun | null = null) {
    const ear = { hear: (_: unknown) => {}, isDeaf: false };
    const frames: (() => void)[] = [];
    const around: Surroundings = {
      transport: this.transport,
      frame: (act) => frames.push(act),
      lead: (_, lead, signal) => {
        this.waiting.push({ lead, signal });
        signal.addEventListener("abort", () => this.elect());
        this.elect();
      },
      channel: (_, hear) => {
        ear.hear = hear;
        this.ears.push(ear);
        return {
          post: (said) => {
            for (const other of this.ears) if (other !== ear && !other.isDeaf) other.hear(structuredClone(said));
          },
          close: () => {
            this.ears = this.ears.filter((one) => one !== ear);
          },
        };
      },
    };
    const hub = new LiveHub("acc_1", around, begun);
    const heard: number[] = [];
    const rounds: number[] = [];
    hub.listen((events) => {
      rounds.push(events.length);
      for (const event of events) if (event.id !== null) heard.push(event.id);
    });
    const paint = () => {
      for (const act of frames.splice(0)) act();
    };
    return { hub, heard, rounds, paint, ear };
  }

  tell = (...events: LiveEvent[]) => {
    for (const event of events) this.connections.findLast((one) => one.isOpen)?.tell(event);
  };

  private elect() {
    if (this.leader && !this.leader.aborted) return;
    const next = this.waiting.find((one) => !one.signal.aborted);
    if (!next) return;
    this.waiting.splice(this.waiting.indexOf(next), 1);
    this.leader = next.signal;
    next.lead();
  }

  private readonly transport: Transport = (after, told, signal) => {
    const connection = { after, tell: told.onEvent, isOpen: true };
    this.connections.push(connection);
    told.onOpen();
    return new Promise((_, fail) =>
      signal.addEventListener("abort", () => {
        connection.isOpen = false;
        fail(new DOMException("", "AbortError"));
      }),
    );
  };
}

test("ten tabs hear everything over one connection", () => {
  const browser = new Browser();
  const tabs = Array.from({ length: 10 }, () => browser.tab());
  browser.tell(line(1), line(2), line(3));
  for (const tab of tabs) tab.paint();
  expect(browser.connections).toHaveLength(1);
  expect(tabs.map((tab) => tab.heard)).toEqual(tabs.map(() => [1, 2, 3]));
  expect(tabs.map((tab) => tab.hub.state)).toEqual(tabs.map(() => "live"));
});

test("a tab hears what happened behind the line that it begins with, whenever the connection comes", () => {
  const browser = new Browser();
  const first = browser.tab({ last: 4, at: 0 });
  expect(browser.connections.map(({ after }) => after)).toEqual([4]);
  browser.tell(line(4), line(5));
  const [later, earlier] = [browser.tab({ last: 5, at: 0 }), browser.tab({ last: 4, at: 0 })];
  browser.tell(line(6));
  for (const tab of [first, later, earlier]) tab.paint();
  expect([first, later, earlier].map((tab) => tab.heard)).toEqual([[5, 6], [6], [5, 6]]);
});

test("what the leader cannot tell any more is a gap, and everything is read again", () => {
  const browser = new Browser();
  browser.tab({ last: 9, at: 0 });
  const behind = browser.tab({ last: 7, at: 0 });
  const kinds: string[] = [];
  behind.hub.listen((events) => kinds.push(...events.map((event) => event.event)));
  behind.paint();
  expect(kinds).toEqual(["live.gap"]);
});

test("all that came between two frames is told at once", () => {
  const browser = new Browser();
  const tab = browser.tab();
  browser.tell(...Array.from({ length: 200 }, (_, at) => line(at + 1)));
  expect(tab.rounds).toEqual([]);
  tab.paint();
  expect(tab.rounds).toEqual([200]);
});

test("when the leading tab is closed another leads, behind the last line that it heard", () => {
  const browser = new Browser();
  const [first, second] = [browser.tab(), browser.tab()];
  browser.tell(line(1), line(2));
  first.hub.close();
  expect(browser.connections.map(({ after, isOpen }) => [after, isOpen])).toEqual([
    [null, false],
    [2, true],
  ]);
  browser.tell(line(2), line(3));
  second.paint();
  expect(second.heard).toEqual([1, 2, 3]);
});

test("a tab that slept asks the leader for what it missed", () => {
  const browser = new Browser();
  const [leader, sleeper] = [browser.tab(), browser.tab()];
  browser.tell(line(1));
  sleeper.ear.isDeaf = true;
  browser.tell(line(2), line(3));
  sleeper.ear.isDeaf = false;
  browser.tell(line(4), line(5));
  sleeper.paint();
  leader.paint();
  expect(sleeper.heard).toEqual([1, 2, 3, 4, 5]);
  expect(leader.heard).toEqual([1, 2, 3, 4, 5]);
});

test("a tab that slept longer than the leader remembers is told that there is a gap", () => {
  const browser = new Browser();
  browser.tab();
  const sleeper = browser.tab();
  browser.tell(line(1));
  sleeper.ear.isDeaf = true;
  browser.tell(...Array.from({ length: 700 }, (_, at) => line(at + 2)));
  sleeper.ear.isDeaf = false;
  const told: string[] = [];
  sleeper.hub.listen((events) => {
    for (const { event } of events) told.push(event);
  });
  browser.tell(line(702));
  sleeper.paint();
  expect(told[0] === "source.changed" && told.includes("live.gap")).toBe(true);
  expect(sleeper.heard.at(-1)).toBe(702);
  expect(new Set(sleeper.heard).size).toBe(sleeper.heard.length);
});

test("a new tab knows how far runs are, and forgets them when they end", () => {
  const browser = new Browser();
  const first = browser.tab();
  browser.tell(word("run_1", 10));
  first.paint();
  const second = browser.tab();
  second.paint();
  expect(second.hub.progress.get("run_1")?.data.records).toBe(10);
  browser.tell({ id: 9, event: "run.succeeded", data: { subject: "run_1" } });
  second.paint();
  expect(second.hub.progress.size).toBe(0);
});
