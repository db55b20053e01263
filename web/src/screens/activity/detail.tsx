"use client";

import type { ReactNode } from "react";
import { actionWord, actorWord } from "@/lib/activity-words";
import { useT } from "@/lib/i18n";
import { useSetQuery } from "@/platform/router";
import type { Line } from "@/screens/activity/queries";
import { Button } from "@/ui/button";
import { CopyButton } from "@/ui/copy";
import { Dialog } from "@/ui/dialog";
import { Moment } from "@/ui/time";

/** Everything a line says, and the lines beside it that are of the same kind. */
export default function Detail({ line, names, onClose }: { line: Line; names: ReadonlyMap<string, string>; onClose: () => void }) {
  const t = useT();
  const set = useSetQuery();
  const only = (changes: Record<string, string>) => {
    set(changes);
    onClose();
  };
  const about = Object.entries(line.about).filter(([, value]) => value !== null);
  return (
    <Dialog
      isOpen
      onClose={onClose}
      side="right"
      title={actionWord(t, line.action)}
      about={t("activity.detail", { seq: line.seq })}
      actions={
        <>
          <Button size="sm" onClick={() => only({ actor: line.actor })}>
            {t("activity.detail.only.actor")}
          </Button>
          <Button size="sm" onClick={() => only({ subject: line.subject })}>
            {t("activity.detail.only.subject")}
          </Button>
          <Button size="sm" onClick={() => only({ action: line.action.replace(/^account:/, "") })}>
            {t("activity.detail.only.action")}
          </Button>
        </>
      }
    >
      <dl className="grid gap-3 text-sm">
        <Said name={t("activity.detail.at")}>
          <Moment at={line.at} />
        </Said>
        <Said name={t("activity.detail.actor")} copied={line.actor}>
          {actorWord(t, line.actor, names)} <Code>{line.actor}</Code>
        </Said>
        <Said name={t("activity.detail.action")}>
          <Code>{line.action}</Code>
        </Said>
        <Said name={t("activity.detail.subject")} copied={line.subject}>
          <Code>{line.subject}</Code>
        </Said>
        {line.origin?.address && (
          <Said name={t("activity.detail.from")}>
            <Code>{line.origin.address}</Code>
          </Said>
        )}
        {line.origin?.agent && (
          <Said name={t("activity.detail.agent")}>
            <span className="text-[13px]">{line.origin.agent}</span>
          </Said>
        )}
        {about.length > 0 && (
          <Said name={t("activity.detail.about")}>
            <ul className="grid gap-0.5">
              {about.map(([name, value]) => (
                <li key={name}>
                  <span className="text-muted">{name.replaceAll("_", " ")}:</span> {String(value)}
                </li>
              ))}
            </ul>
          </Said>
        )}
        <Said name={t("activity.detail.hash")} copied={line.hash}>
          <Code>{line.hash}</Code>
        </Said>
        <Said name={t("activity.detail.previous")} copied={line.previous}>
          <Code>{line.previous}</Code>
        </Said>
      </dl>
    </Dialog>
  );
}

const Code = ({ children }: { children: ReactNode }) => <code className="text-xs break-all text-muted">{children}</code>;

function Said({ name, copied, children }: { name: string; copied?: string; children: ReactNode }) {
  return (
    <div className="grid grid-cols-[6.5rem_minmax(0,1fr)_auto] items-start gap-2">
      <dt className="text-muted">{name}</dt>
      <dd className="min-w-0">{children}</dd>
      {copied && (
        <dd>
          <CopyButton text={copied} />
        </dd>
      )}
    </div>
  );
}
