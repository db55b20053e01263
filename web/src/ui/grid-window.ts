"use client";

import { type RefObject, useCallback, useLayoutEffect, useRef, useState } from "react";

export const ROW = 34;
export const HEAD = 36;
// Rows come and go by so many, so that a frame of scrolling mostly renders nothing at all.
const STEP = 4;
const SPARE = 6; // rows there are beyond each edge of the screen, at least
// Browsers draw no element higher than this (Firefox 17.8 million pixels, Chromium 33.5): a longer list is scrolled in proportion.
const HIGHEST = 12_000_000;

export type Window = { first: number; end: number; size: number; shift: number };

/** The rows there are elements for, of `count` rows seen through `view` pixels from `offset`: always as many, beginning at a whole step; but at the
 * top of a list, where nobody has scrolled yet, only those before `end`. */
export function windowAt(offset: number, view: number, count: number): Omit<Window, "shift"> {
  const size = Math.ceil((view / ROW + 2 * SPARE + STEP) / STEP) * STEP;
  const first = Math.max(0, Math.min(Math.floor((offset / ROW - SPARE) / STEP) * STEP, Math.ceil((count - size) / STEP) * STEP));
  const near = Math.ceil(((offset + view) / ROW + SPARE) / STEP) * STEP;
  return { first, end: Math.min(first === 0 ? near : first + size, first + size, count), size };
}

/** How high a list of rows is made, and how many of its pixels one pixel of the scroll bar is: one, until it is higher than an element can be. */
export function scaleOf(count: number, view: number): { height: number; ratio: number } {
  const whole = count * ROW;
  const height = Math.min(whole, HIGHEST);
  return { height, ratio: whole > height ? (whole - view) / (height - view) : 1 };
}

/** Follows the scroll bar of `box`. `shift` is what rows of a list in proportion stand higher than their place says [px]. */
export function useWindow(box: RefObject<HTMLDivElement | null>, count: number) {
  // no row before it is measured how many are seen: the second render comes before anything is painted
  const [seen, setSeen] = useState<Window>({ first: 0, end: 0, size: STEP, shift: 0 });
  const counted = useRef(count);
  const look = useCallback(() => {
    const element = box.current;
    if (!element) return;
    const view = viewOf(element);
    const { ratio } = scaleOf(counted.current, view);
    const top = element.scrollTop;
    const now = { ...windowAt(top * ratio, view, counted.current), shift: top * (ratio - 1) };
    setSeen((before) => (isSame(before, now) ? before : now));
  }, [box]);
  useLayoutEffect(() => {
    counted.current = count;
    look();
  }, [count, look]);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const resized = new ResizeObserver(look);
    resized.observe(element);
    element.addEventListener("scroll", look, { passive: true });
    return () => {
      resized.disconnect();
      element.removeEventListener("scroll", look);
    };
  }, [box, look]);

  const reveal = useCallback(
    (row: number, how: "top" | "near") => {
      const element = box.current;
      if (!element) return;
      const view = viewOf(element);
      const { ratio } = scaleOf(counted.current, view);
      const now = element.scrollTop * ratio;
      const top = row * ROW;
      if (how === "top") element.scrollTop = top / ratio;
      else if (top < now) element.scrollTop = Math.floor(top / ratio);
      else if (top + ROW > now + view) element.scrollTop = Math.ceil((top + ROW - view) / ratio);
    },
    [box],
  );
  return { ...seen, last: Math.min(seen.end, count) - 1, height: scaleOf(count, 0).height, reveal };
}

const isSame = (one: Window, other: Window) =>
  one.first === other.first && one.end === other.end && one.size === other.size && one.shift === other.shift;

const viewOf = (element: HTMLElement) => element.clientHeight - HEAD;
