import { language, t } from "@/lib/i18n";

/** What the API said when it refused (RFC 9457), or that it could not be reached: `code` is then "offline". */
export class Problem extends Error {
  readonly code: string;
  readonly status: number;
  readonly title: string;
  /** What the API advises. */
  readonly hint: string | null;
  readonly fields: readonly { pointer: string; message: string }[];
  readonly requestId: string | null;
  /** [s] */
  readonly retryAfter: number | null;

  constructor(said: Partial<Omit<Problem, "message" | "name">> & { detail?: string }) {
    super(said.detail ?? said.title ?? "");
    this.name = "Problem";
    this.code = said.code ?? "unknown";
    this.status = said.status ?? 0;
    this.title = said.title ?? "";
    this.hint = said.hint ?? null;
    this.fields = said.fields ?? [];
    this.requestId = said.requestId ?? null;
    this.retryAfter = said.retryAfter ?? null;
  }

  /** What is said of one field of a form: `of("/email")`. */
  of(pointer: string): string | null {
    return this.fields.find((field) => field.pointer === pointer)?.message ?? null;
  }
}

export async function problemOf(response: Response): Promise<Problem> {
  let said: { code?: string; title?: string; detail?: string; hint?: string | null; errors?: { pointer: string; message: string }[] } = {};
  try {
    said = await response.json();
  } catch {
    // a proxy between us answered; the status is all there is
  }
  if (language() !== "en") said = await import("@/lib/server-words").then(({ translated }) => translated(said)).catch(() => said);
  return new Problem({
    code: said.code,
    title: said.title ?? response.statusText,
    detail: said.detail,
    hint: said.hint,
    fields: said.errors ?? [],
    status: response.status,
    requestId: response.headers.get("x-request-id"),
    retryAfter: Number(response.headers.get("retry-after")) || null,
  });
}

/** What a browser throws when nobody answers is a TypeError with words for programmers. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof TypeError) return new Problem({ code: "offline", title: t("common.offline.title") });
  return new Problem({ code: "unknown", title: String(error) });
}
