"use client";

import type { UseQueryResult } from "@tanstack/react-query";
import { CloudOff, Lock, SearchX, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { type Key, useT } from "@/lib/i18n";
import { asProblem, type Problem } from "@/lib/problem";
import { Button, ButtonLink } from "@/ui/button";
import { CopyButton } from "@/ui/copy";

function Notice({
  icon,
  title,
  children,
  actions,
  role,
}: {
  icon: ReactNode;
  title: ReactNode;
  children?: ReactNode;
  actions?: ReactNode;
  role?: "alert";
}) {
  return (
    <div role={role} className="mx-auto grid max-w-md justify-items-center gap-2 px-4 py-12 text-center">
      <div className="text-muted [&_svg]:size-7">{icon}</div>
      <div className="font-medium">{title}</div>
      {children && <div className="text-sm text-muted">{children}</div>}
      {actions && <div className="mt-2 flex flex-wrap justify-center gap-2">{actions}</div>}
    </div>
  );
}

/** There is nothing here yet: what would be here, and the one step that changes it. */
export function Empty({ icon, title, children, action }: { icon?: ReactNode; title: ReactNode; children?: ReactNode; action?: ReactNode }) {
  return (
    <Notice icon={icon ?? <SearchX aria-hidden />} title={title} actions={action}>
      {children}
    </Notice>
  );
}

const WORDS: Record<string, [Key, Key]> = {
  offline: ["common.offline.title", "common.offline.text"],
  not_allowed: ["common.denied.title", "common.denied.text"],
  mfa_required: ["common.mfa.title", "common.mfa.text"],
  not_found: ["common.absent.title", "common.absent.text"],
};

/** What went wrong, why, and the way out. Understands offline, no permission, a missing second factor and an absent thing. */
export function Failure({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const t = useT();
  const problem = asProblem(error);
  const words = WORDS[problem.code];
  return (
    <Notice
      role="alert"
      icon={iconOf(problem)}
      title={words ? t(words[0]) : problem.title || t("common.failed.title")}
      actions={
        <>
          {problem.code === "mfa_required" && (
            <ButtonLink kind="primary" href="/me/security">
              {t("common.mfa.go")}
            </ButtonLink>
          )}
          {onRetry && problem.code !== "not_allowed" && <Button onClick={onRetry}>{t("common.retry")}</Button>}
          {!words && <CopyButton text={diagnosis(problem)} label={t("common.failed.copy")} />}
        </>
      }
    >
      <p>{problem.message && problem.code !== "offline" ? problem.message : words ? t(words[1]) : t("common.failed.text")}</p>
      {problem.hint && <p>{problem.hint}</p>}
      {!words && <p className="mt-1 font-mono text-xs">{[problem.code, problem.requestId].filter(Boolean).join(" · ")}</p>}
    </Notice>
  );
}

function iconOf(problem: Problem) {
  if (problem.code === "offline") return <CloudOff aria-hidden />;
  if (problem.status === 403) return <Lock aria-hidden />;
  return problem.status === 404 ? <SearchX aria-hidden /> : <TriangleAlert aria-hidden />;
}

const diagnosis = (problem: Problem) =>
  JSON.stringify(
    { code: problem.code, status: problem.status, detail: problem.message, request: problem.requestId, page: window.location.pathname },
    null,
    2,
  );

/** What a query found, or what stands in its place: the skeleton while it is read, the failure with another try. Data that was read before stays
 * on the screen when a later reading fails, with a word that it is not fresh. */
export function Shown<T>({
  query,
  skeleton,
  children,
}: {
  query: UseQueryResult<T, unknown>;
  skeleton: ReactNode;
  children: (data: T) => ReactNode;
}) {
  const t = useT();
  if (query.data !== undefined)
    return (
      <>
        {query.isError && (
          <p role="status" className="mb-3 rounded-md bg-warn-soft px-3 py-2 text-sm text-warn">
            {t("common.stale")}
          </p>
        )}
        {children(query.data)}
      </>
    );
  if (query.isError) return <Failure error={query.error} onRetry={() => void query.refetch()} />;
  return (
    <div role="status" aria-label={t("common.loading")}>
      {skeleton}
    </div>
  );
}
