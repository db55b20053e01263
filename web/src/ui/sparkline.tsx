/** How a figure went, in the space of a word. What it says is said in words by `label`; the figures themselves stand where it leads. */
export function Sparkline({ values, label }: { values: readonly number[]; label: string }) {
  const [width, height] = [88, 24];
  if (values.length < 2) return <span className="text-muted">–</span>;
  const [lowest, highest] = [Math.min(...values), Math.max(...values)];
  // a change of less than a tenth is drawn as small as it is
  const room = Math.max(0, highest * 0.1 - (highest - lowest)) / 2;
  const [least, most] = [lowest - room, highest + room];
  const x = (at: number) => 2 + (at / (values.length - 1)) * (width - 4);
  const y = (value: number) => (most === least ? height / 2 : height - 3 - ((value - least) / (most - least)) * (height - 6));
  const last = values.at(-1) ?? 0;
  return (
    <svg role="img" aria-label={label} width={width} height={height} viewBox={`0 0 ${width} ${height}`} className="block text-accent">
      <polyline
        points={values.map((value, at) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`).join(" ")}
        fill="none"
        stroke="currentColor"
        strokeWidth="1.5"
        strokeLinejoin="round"
        strokeLinecap="round"
      />
      <circle cx={x(values.length - 1)} cy={y(last)} r="2" fill="currentColor" />
    </svg>
  );
}
