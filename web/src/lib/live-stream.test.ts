import { expect, test, vi } from "vitest";
import { type LiveEvent, type LiveState, LiveStream, parser, sseOf, type Timers, type Transport, waitBefore } from "@/lib/live-stream";

const line = (id: number): LiveEvent => ({ id, event: "run.queued", data: { subject: `run_${id}` } });

/** A server that remembers what it was asked, and does what the test says. */
class Server {
  asked: (number | null)[] = [];
  private now: { tell: (event: LiveEvent) => void; open: () => void; end: () => void; fail: (why: unknown) => void } | null = null;

  transport: Transport = (after, told, signal) => {
    this.asked.push(after);
    return new Promise((end, fail) => {
      signal.addEventListener("abort", () => fail(new DOMException("", "AbortError")));
      this.now = { tell: told.onEvent, open: told.onOpen, end, fail };
    });
  };
  open = () => this.now?.open();
  tell = (...ids: number[]) => {
    for (const id of ids) this.now?.tell(line(id));
  };
  end = async () => settle(this.now?.end());
  cut = async (why: unknown = new TypeError("network")) => settle(this.now?.fail(why));
}

/** Time that passes when the test says so. */
class Clock implements Timers {
  now = 0;
  private waiting: { at: number; act: () => void }[] = [];
  set = (act: () => void, ms: number) => {
    const one = { at: this.now + ms, act };
    this.waiting.push(one);
    return one;
  };
  clear = (timer: unknown) => {
    this.waiting = this.waiting.filter((one) => one !== timer);
  };
  pass = async (ms: number) => {
    this.now += ms;
    const due = this.waiting.filter((one) => one.at <= this.now);
    this.waiting = this.waiting.filter((one) => one.at > this.now);
    for (const one of due) one.act();
    await settle();
  };
}

const settle = async (_done?: unknown) => {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
};

function listening(last: number | null = null) {
  const [server, clock] = [new Server(), new Clock()];
  const [heard, states]: [number[], LiveState[]] = [[], []];
  const told = { onEvents: (event: LiveEvent) => heard.push(event.id as number), onState: (state: LiveState) => states.push(state) };
  const stream = new LiveStream(server.transport, last, told, clock);
  stream.start();
  return { server, clock, heard, states, stream };
}

test("after a cut it goes on behind the last line, and what is told again is heard once", async () => {
  const { server, clock, heard, states } = listening();
  server.open();
  server.tell(1, 2, 3);
  await server.cut();
  await clock.pass(600);
  expect(server.asked).toEqual([null, 3]);
  server.open();
  server.tell(2, 3, 4, 5);
  expect(heard).toEqual([1, 2, 3, 4, 5]);
  expect(states).toEqual(["connecting", "live", "lost", "live"]);
});

test("an end that the server wanted is no loss: it comes back at once", async () => {
  const { server, clock, states } = listening(7);
  server.open();
  await server.end();
  await clock.pass(0);
  expect(server.asked).toEqual([7, 7]);
  expect(states).toEqual(["connecting", "live"]);
});

test("tries come further and further apart, and begin anew after a success", async () => {
  const { server, clock } = listening();
  for (let time = 0; time < 3; time++) {
    await server.cut();
    await clock.pass(waitBefore(time + 1, () => 1));
  }
  expect(server.asked).toHaveLength(4);
  server.open();
  await server.cut();
  await clock.pass(500);
  expect(server.asked).toHaveLength(5);
  expect([1, 2, 3, 9].map((failures) => waitBefore(failures, () => 1))).toEqual([500, 1000, 2000, 15_000]);
});

test("a server that says nothing for forty seconds is taken for gone", async () => {
  const { server, clock, states } = listening();
  server.open();
  await clock.pass(40_000);
  expect(states.at(-1)).toBe("lost");
  await clock.pass(500);
  expect(server.asked).toHaveLength(2);
});

test("who is refused stops asking", async () => {
  const { server, clock, states } = listening();
  await server.cut({ status: 403 });
  await clock.pass(60_000);
  expect(states.at(-1)).toBe("off");
  expect(server.asked).toHaveLength(1);
});

test("a browser that is online again does not wait for its turn", async () => {
  const { server, stream } = listening();
  for (let time = 0; time < 6; time++) await server.cut();
  stream.hurry();
  expect(server.asked).toHaveLength(2);
  stream.hurry();
  expect(server.asked).toHaveLength(2);
});

test("after it was stopped nothing is asked and nothing heard", async () => {
  const { server, clock, heard, stream } = listening();
  server.open();
  stream.stop();
  await clock.pass(60_000);
  expect(server.asked).toHaveLength(1);
  expect(heard).toEqual([]);
});

test("events are read however their text is cut to pieces", () => {
  const text =
    ': listening\n\nid: 12\nevent: run.succeeded\ndata: {"subject":"run_1","note":"grüß\\n\\ndich"}\n\nevent: run.progress\ndata: {"subject":"run_2"}\n\n';
  for (let size = 1; size < text.length; size++) {
    const found: LiveEvent[] = [];
    const read = parser((event) => found.push(event));
    for (let at = 0; at < text.length; at += size) read(text.slice(at, at + size));
    expect(found.map(({ id, event }) => [id, event])).toEqual([
      [12, "run.succeeded"],
      [null, "run.progress"],
    ]);
  }
});

test("the account and the last line are named to the server, and a refusal's status is known", async () => {
  const seen: Headers[] = [];
  const body = new Blob(['id: 5\nevent: x\ndata: {"subject":"a"}\n\n']).stream();
  const answers = [new Response(body), new Response("", { status: 401 })];
  const fetching = (async (_: unknown, init?: RequestInit) => {
    seen.push(new Headers(init?.headers));
    return answers.shift();
  }) as typeof fetch;
  const heard: LiveEvent[] = [];
  const told = { onOpen: () => {}, onBeat: () => {}, onEvent: (event: LiveEvent) => heard.push(event) };
  const transport = sseOf("acc_1", fetching);
  await transport(4, told, new AbortController().signal);
  expect([seen[0]?.get("x-account-id"), seen[0]?.get("last-event-id"), heard[0]?.id]).toEqual(["acc_1", "4", 5]);
  await expect(transport(null, told, new AbortController().signal)).rejects.toEqual({ status: 401 });
  expect(seen[1]?.has("last-event-id")).toBe(false);
});

test("a server that tells in turns is come back to after the pause it asks for, behind the place it named", async () => {
  const turns: unknown[] = [];
  const events: unknown[] = [];
  const read = parser(
    (event) => events.push(event),
    (turn) => turns.push(turn),
  );
  read("retry: 700\nid: 41\n\nid: 42\nevent: run.queued\ndata: {}\n\n");
  expect(turns).toEqual([{ place: 41, retryMs: 700 }]);
  expect(events).toEqual([{ id: 42, event: "run.queued", data: {} }]);

  const asked: (number | null)[] = [];
  const waits: number[] = [];
  const transport: Transport = async (after, told) => {
    asked.push(after);
    told.onOpen();
    told.onTurn?.({ place: 41, retryMs: 700 });
  };
  const states: LiveState[] = [];
  const timers: Timers = {
    set: (act, ms) => {
      if (ms < 40_000) {
        waits.push(ms);
        if (waits.length < 2) act();
      }
      return 0;
    },
    clear: () => {},
  };
  const stream = new LiveStream(transport, null, { onEvents: () => {}, onState: (state) => states.push(state) }, timers);
  stream.start();
  await vi.waitFor(() => expect(waits).toEqual([700, 700]));
  stream.stop();
  expect(asked).toEqual([null, 41]);
  expect(states).not.toContain("lost");
});
