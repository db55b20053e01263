/** The product's sign: a list, and the way back around it. */
export const Mark = ({ className }: { className?: string }) => (
  <svg viewBox="0 0 32 32" aria-hidden="true" className={className}>
    <rect width="32" height="32" rx="8" className="fill-accent" />
    <g fill="none" strokeWidth="2.5" strokeLinecap="round" strokeLinejoin="round" className="stroke-accent-ink">
      <path d="M7.6 13.2a9 9 0 1 1-.2 5" />
      <path d="M6.6 7.8v5.6h5.6" />
      <path d="M13 14.2h6.4M13 18.4h4" />
    </g>
  </svg>
);
