export type Cell = { row: number; column: number };
type Press = { key: string; ctrlKey: boolean; metaKey: boolean };

/** Where a key leads to in a grid; null for keys that do not move. `page`: the rows of a screen. */
export function moved({ key, ctrlKey, metaKey }: Press, from: Cell, page: number, rows: number, columns: number): Cell | null {
  const whole = ctrlKey || metaKey;
  const row = (to: number) => ({ ...from, row: Math.max(0, Math.min(to, rows - 1)) });
  const column = (to: number) => ({ ...from, column: Math.max(0, Math.min(to, columns - 1)) });
  switch (key) {
    case "ArrowDown":
      return row(from.row + 1);
    case "ArrowUp":
      return row(from.row - 1);
    case "PageDown":
      return row(from.row + page);
    case "PageUp":
      return row(from.row - page);
    case "Home":
      return whole ? { row: 0, column: 0 } : row(0);
    case "End":
      return whole ? { row: rows - 1, column: columns - 1 } : row(rows - 1);
    case "ArrowRight":
      return column(from.column + 1);
    case "ArrowLeft":
      return column(from.column - 1);
    default:
      return null;
  }
}
