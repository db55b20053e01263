// While a screen opens, answers come a few milliseconds apart, and each would be a render of its own.
const APART_MS = 40;

/** Does what is handed in a moment later, all that came meanwhile in one go: React then renders once for all of it. The first after a quiet time does
 * not wait; rounds are `apart` from each other [ms]. */
export function inRounds(apart = APART_MS): (act: () => void) => void {
  let waiting: (() => void)[] = [];
  let last = 0;
  const round = () => {
    last = Date.now();
    const all = waiting;
    waiting = [];
    for (const act of all) act();
  };
  return (act) => {
    waiting.push(act);
    if (waiting.length === 1) setTimeout(round, Math.max(0, Math.min(apart, last + apart - Date.now())));
  };
}
