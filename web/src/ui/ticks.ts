type Tick = { at: number; text: string };

/** What to write at an axis of time: no label that says the same as the one before it, and none that would touch it. `place` and `gap` are in px. */
export function legible(ticks: readonly Date[], say: (tick: Date) => string, place: (tick: Date) => number, gap: number): Tick[] {
  const kept: (Tick & { x: number })[] = [];
  for (const tick of ticks) {
    const text = say(tick);
    const before = kept.at(-1);
    if (!before || (text !== before.text && place(tick) - before.x >= gap)) kept.push({ at: +tick, text, x: place(tick) });
  }
  return kept.map(({ at, text }) => ({ at, text }));
}
