"use client";

import { FileUp } from "lucide-react";
import { type DragEvent, useRef } from "react";
import { cn } from "@/lib/cn";
import { useT } from "@/lib/i18n";
import type { Problem } from "@/lib/problem";
import { Button } from "@/ui/button";

const EXAMPLE = `platform: my-crm
label: My CRM
base_url: "{url}/v1"
config:                       # what a person is asked for; {url} and {token} stand for the answers
  - name: url
    label: Address
  - name: token
    label: API token
    secret: true
auth:
  kind: bearer                # Authorization: Bearer {token}
streams:
  - name: contacts
    path: /contacts
    records: data             # the list is under "data" in the answer
    paging:
      kind: page              # ?page=1&per_page=100 …
      pages: pages            # … until the number under "pages"
    total: total              # what the platform counts is compared with what came
    changed:                  # the next run asks for changes only
      field: updated_at
      params: {updated_since: "{since}"}
`;

/** A description of an API as YAML: pasted, dropped or chosen. A mistake names its line, and leads there. */
export default function Definition({ text, onText, problem }: { text: string; onText: (text: string) => void; problem: Problem | null }) {
  const t = useT();
  const box = useRef<HTMLTextAreaElement>(null);
  const gutter = useRef<HTMLPreElement>(null);
  const chosen = useRef<HTMLInputElement>(null);
  const wrong = problem && /definition/.test(problem.message) ? problem : null;
  const line = Number(/, \S+ (\d+)/.exec(wrong?.message ?? "")?.[1]) || null;
  const lines = text.split("\n");
  const take = async (file: File | undefined) => file && onText(await file.text());
  const drop = (event: DragEvent) => {
    event.preventDefault();
    void take(event.dataTransfer.files[0]);
  };
  return (
    <div className="grid gap-1.5">
      <div className="flex flex-wrap items-end justify-between gap-2">
        <label htmlFor="definition" className="text-sm font-medium">
          {t("connections.definition.label")}
        </label>
        <div className="flex flex-wrap gap-2">
          {text === "" && (
            <Button size="sm" kind="quiet" onClick={() => onText(EXAMPLE)}>
              {t("connections.definition.example")}
            </Button>
          )}
          <Button size="sm" onClick={() => chosen.current?.click()}>
            <FileUp aria-hidden />
            {t("connections.definition.choose")}
          </Button>
          <input ref={chosen} type="file" accept=".yaml,.yml,text/yaml" hidden onChange={(event) => void take(event.target.files?.[0])} />
        </div>
      </div>
      <div
        className={cn(
          "grid grid-cols-[auto_minmax(0,1fr)] overflow-hidden rounded-md border",
          wrong ? "border-bad" : "border-line-strong/60",
        )}
      >
        <pre
          ref={gutter}
          aria-hidden
          className="max-h-96 overflow-hidden bg-sunken px-2 py-2 text-right font-mono text-[13px] leading-5 text-muted select-none"
        >
          {lines.map((_, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a line's number is what it is
            <span key={at} className={cn("block", at + 1 === line && "bg-bad-soft font-semibold text-bad")}>
              {at + 1}
            </span>
          ))}
        </pre>
        <textarea
          ref={box}
          id="definition"
          rows={Math.min(18, Math.max(12, lines.length))}
          value={text}
          required
          wrap="off"
          spellCheck={false}
          autoComplete="off"
          aria-invalid={wrong ? true : undefined}
          aria-describedby={wrong ? "definition-hint definition-error" : "definition-hint"}
          className="max-h-96 w-full resize-none bg-surface px-3 py-2 font-mono text-[13px] leading-5 text-ink"
          onChange={(event) => onText(event.target.value)}
          onScroll={(event) => gutter.current?.scrollTo({ top: event.currentTarget.scrollTop })}
          onDrop={drop}
          onDragOver={(event) => event.preventDefault()}
        />
      </div>
      <p id="definition-hint" className="text-[13px] text-muted">
        {t("connections.definition.hint")}
      </p>
      {wrong && (
        <div
          id="definition-error"
          role="alert"
          className="grid justify-items-start gap-1 rounded-md bg-bad-soft px-3 py-2 text-[13px] text-bad"
        >
          <p className="font-medium">{wrong.message}</p>
          {wrong.hint && <p>{wrong.hint}</p>}
          {line !== null && (
            <Button size="sm" onClick={() => box.current && goTo(box.current, line)}>
              {t("connections.definition.line", { line })}
            </Button>
          )}
        </div>
      )}
    </div>
  );
}

/** Selects a line and brings it into sight. */
function goTo(box: HTMLTextAreaElement, line: number) {
  const lines = box.value.split("\n");
  const start = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
  box.focus();
  box.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0));
  box.scrollTo({ top: (line - 4) * 20, left: 0 });
}
