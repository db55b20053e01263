"use client";

import { type ReactNode, useEffect, useState } from "react";

let turns = Promise.resolve();

/** Resolves once the next frame is painted; one caller a frame. */
const nextTurn = () => {
  turns = turns.then(() => new Promise((go) => requestAnimationFrame(() => setTimeout(go))));
  return turns;
};

/** What lies further down a screen or brings scripts of its own: rendered in a task by itself, after what is read first has been painted. `place` of
 * the same height stands there until then. */
export function Later({ place, children }: { place: ReactNode; children: ReactNode }) {
  const [isTime, setTime] = useState(false);
  useEffect(() => {
    let isGone = false;
    void nextTurn().then(() => {
      if (!isGone) setTime(true);
    });
    return () => {
      isGone = true;
    };
  }, []);
  return isTime ? children : place;
}
