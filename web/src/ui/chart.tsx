"use client";

import { scaleLinear, scaleTime } from "d3-scale";
import { area, curveMonotoneX, curveStepAfter, line } from "d3-shape";
import { type KeyboardEvent, type PointerEvent, useEffect, useId, useRef, useState } from "react";
import { moment } from "@/lib/format";
import { language, useT } from "@/lib/i18n";
import "@/messages/en/chart";
import { legible } from "@/ui/ticks";

export type Point = { at: number; value: number; about?: string };
type ChartProps = {
  points: readonly Point[];
  /** What is drawn, for those who do not see it and as the table's caption. */
  label: string;
  /** How a value is said. */
  say: (value: number) => string;
  /** How a value is said at the axis, in less space. */
  sayShort?: (value: number) => string;
  height?: number;
  /** Held until the next point, as what is stored is; else in between. */
  isStep?: boolean;
  tone?: "accent" | "good";
};

const LEFT = 48;
const BOTTOM = 22;
const TOP = 8;
const RIGHT = 10;
const LABEL = 64; // px from the middle of one label to the next

/** A figure over time; points are in order of time, two at least. The arrow keys go from point to point and each is said; the same figures stand in a table below. */
export function Chart({ points, label, say, sayShort = say, height = 180, isStep = false, tone = "accent" }: ChartProps) {
  const t = useT();
  const [box, width] = useWidth();
  const [at, setAt] = useState<number | null>(null);
  const id = useId();
  const last = points.length - 1;
  const from = Math.min(...points.map((point) => point.at));
  const to = Math.max(...points.map((point) => point.at));
  const most = Math.max(...points.map((point) => point.value), 1);
  const x = scaleTime([from, to === from ? from + 1 : to], [LEFT, Math.max(width - RIGHT, LEFT + 1)]);
  const y = scaleLinear([0, most], [height - BOTTOM, TOP]).nice(3);
  const curve = isStep ? curveStepAfter : curveMonotoneX;
  const stroke =
    line<Point>(
      (point) => x(point.at),
      (point) => y(point.value),
    ).curve(curve)([...points]) ?? "";
  const fill =
    area<Point>(
      (point) => x(point.at),
      y(0),
      (point) => y(point.value),
    ).curve(curve)([...points]) ?? "";
  const move = (event: KeyboardEvent) => {
    const now = at ?? last;
    const next = { ArrowLeft: now - 1, ArrowRight: now + 1, Home: 0, End: last }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    setAt(Math.max(0, Math.min(last, next)));
  };
  const point = (event: PointerEvent<SVGSVGElement>) => {
    const place = event.clientX - event.currentTarget.getBoundingClientRect().left;
    const near = points.map((one, index) => [Math.abs(x(one.at) - place), index] as const).sort((one, other) => one[0] - other[0])[0];
    setAt(near?.[1] ?? null);
  };
  const shown = at === null ? null : points[at];
  return (
    <figure className="min-w-0">
      <div
        ref={box}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys read the points one by one
        tabIndex={0}
        role="application"
        aria-label={label}
        aria-describedby={`${id}-said`}
        onKeyDown={move}
        onBlur={() => setAt(null)}
        className="relative"
        style={{ height }}
      >
        {width > 0 && (
          <svg
            aria-hidden
            width={width}
            height={height}
            className={tone === "good" ? "block text-good" : "block text-accent"}
            onPointerMove={point}
            onPointerLeave={() => setAt(null)}
          >
            {y.ticks(3).map((tick) => (
              <g key={tick} className="text-line">
                <line x1={LEFT} x2={width - RIGHT} y1={y(tick)} y2={y(tick)} stroke="currentColor" />
                <text x={LEFT - 8} y={y(tick)} dy="0.32em" textAnchor="end" className="fill-muted text-[11px] tabular-nums">
                  {sayShort(tick)}
                </text>
              </g>
            ))}
            <Times x={x} from={from} to={to} height={height} width={width} />
            <path d={fill} fill="currentColor" opacity="0.1" />
            <path d={stroke} fill="none" stroke="currentColor" strokeWidth="1.75" strokeLinejoin="round" />
            {shown && (
              <>
                <line x1={x(shown.at)} x2={x(shown.at)} y1={TOP} y2={height - BOTTOM} stroke="currentColor" strokeDasharray="2 3" />
                <circle cx={x(shown.at)} cy={y(shown.value)} r="4" fill="currentColor" />
              </>
            )}
          </svg>
        )}
        {shown && <Bubble left={x(shown.at)} width={width} point={shown} say={say} />}
      </div>
      <p id={`${id}-said`} aria-live="polite" className="sr-only">
        {shown ? `${moment(shown.at)}: ${say(shown.value)}. ${shown.about ?? ""}` : t("chart.keys")}
      </p>
      <Figures points={points} label={label} say={say} />
    </figure>
  );
}

function Times({ x, from, to, height, width }: { x: (at: Date) => number; from: number; to: number; height: number; width: number }) {
  const isShort = to - from < 2 * 86_400_000;
  const format = new Intl.DateTimeFormat(language(), isShort ? { hour: "2-digit", minute: "2-digit" } : { day: "numeric", month: "short" });
  const ticks = scaleTime([from, to], [0, 1])
    .ticks(Math.max(2, Math.floor(width / 110)))
    .filter((tick) => x(tick) > LEFT + 12 && x(tick) < width - 24);
  return legible(ticks, format.format, x, LABEL).map((tick) => (
    <text key={tick.at} x={x(new Date(tick.at))} y={height - 6} textAnchor="middle" className="fill-muted text-[11px] tabular-nums">
      {tick.text}
    </text>
  ));
}

function Bubble({ left, width, point, say }: { left: number; width: number; point: Point; say: (value: number) => string }) {
  const isRight = left > width / 2;
  return (
    <div
      aria-hidden
      className="pointer-events-none absolute top-1 rounded-md border border-line bg-surface px-2.5 py-1.5 text-[13px] whitespace-nowrap shadow-lift"
      style={isRight ? { right: width - left + 10 } : { left: left + 10 }}
    >
      <p className="font-medium tabular-nums">{say(point.value)}</p>
      {point.about && <p>{point.about}</p>}
      <p className="text-muted">{moment(point.at)}</p>
    </div>
  );
}

function Figures({ points, label, say }: { points: readonly Point[]; label: string; say: (value: number) => string }) {
  const t = useT();
  return (
    <details className="mt-1 text-[13px]" data-print="no">
      <summary className="inline-flex min-h-6 cursor-pointer items-center text-muted hover:text-ink">{t("chart.table")}</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section aria-label={label} tabIndex={0} className="mt-1 max-h-56 overflow-auto rounded-md border border-line">
        <table className="w-full text-left">
          <caption className="sr-only">{label}</caption>
          <tbody className="divide-y divide-line">
            {[...points].reverse().map((point) => (
              <tr key={point.at}>
                <th scope="row" className="px-3 py-1 font-normal text-muted">
                  {moment(point.at)}
                </th>
                <td className="px-3 py-1 text-right tabular-nums">{say(point.value)}</td>
                {point.about && <td className="px-3 py-1 text-muted">{point.about}</td>}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </details>
  );
}

/** How wide a box is now [px]; 0 before it is known. */
function useWidth() {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const found = box.current;
    if (!found) return;
    const watch = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)));
    watch.observe(found);
    return () => watch.disconnect();
  }, []);
  return [box, width] as const;
}
