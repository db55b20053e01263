"use client";

import { useEffect, useState } from "react";
import { ago, moment } from "@/lib/format";
import { useT } from "@/lib/i18n";

const TICK_MS = 30_000; // what happened since the last tick happened now, not in some seconds

/** A moment as people say it ("3 hours ago"), exactly when pointed at, kept fresh by the minute. */
export function Ago({ at }: { at: string }) {
  useT();
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <time dateTime={at} title={moment(at)}>
      {ago(at, Math.max(now, Math.min(new Date(at).getTime(), now + TICK_MS)))}
    </time>
  );
}

/** A moment exactly. */
export function Moment({ at }: { at: string }) {
  useT();
  return <time dateTime={at}>{moment(at)}</time>;
}
