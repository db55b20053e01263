/** How often what changes by itself is read again. */
export const PULSE = { refetchInterval: 10_000 };
