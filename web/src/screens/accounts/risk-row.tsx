"use client";

import { bytes, count } from "@/lib/format";
import { useT } from "@/lib/i18n";
import { Link } from "@/platform/router";
import { type Acts, ActsMenu, type Subject } from "@/screens/accounts/acts";
import type { Guarded } from "@/screens/accounts/queries";
import { reasons, TONES, WORDS } from "@/screens/accounts/risk";
import { Badge } from "@/ui/badge";
import { Td, Tr } from "@/ui/table";
import { Ago } from "@/ui/time";

type Props = { one: Guarded; below?: string; acts: Acts };

const subjectOf = (one: Guarded): Subject => ({ id: one.account, name: one.name, state: one.state, parent: one.parent });

/** One account of the list, as a row. */
export function RiskRow({ one, below, acts }: Props) {
  return (
    <Tr>
      <Td className="max-w-72 min-w-36">
        <Name one={one} below={below} />
      </Td>
      <Td>
        <Standing one={one} />
      </Td>
      <Td className="min-w-44">
        <Why one={one} />
      </Td>
      <Td className="whitespace-nowrap">
        <Last one={one} />
      </Td>
      <Td className="hidden text-right tabular-nums xl:table-cell">{one.records ? count(one.records) : "–"}</Td>
      <Td className="hidden text-right whitespace-nowrap tabular-nums xl:table-cell">{one.stored_bytes ? bytes(one.stored_bytes) : "–"}</Td>
      <Td className="w-0">
        <ActsMenu subject={subjectOf(one)} acts={acts} />
      </Td>
    </Tr>
  );
}

/** The same on a narrow screen. */
export function RiskCard({ one, below, acts }: Props) {
  const t = useT();
  return (
    <li className="grid grid-cols-[minmax(0,1fr)_auto] gap-x-3 gap-y-1.5 px-4 py-3 text-sm">
      <Name one={one} below={below} />
      <ActsMenu subject={subjectOf(one)} acts={acts} />
      <div className="col-span-2 grid justify-items-start gap-1">
        <Standing one={one} />
        <Why one={one} />
      </div>
      <div className="col-span-2 text-[13px]">
        <Last one={one} />
        {one.records !== null && one.stored_bytes !== null && one.stored_bytes > 0 && (
          <p className="text-muted">{t("accounts.held", { records: count(one.records), bytes: bytes(one.stored_bytes) })}</p>
        )}
      </div>
    </li>
  );
}

function Name({ one, below }: { one: Guarded; below?: string }) {
  const t = useT();
  return (
    <div className="min-w-0">
      <Link href={`/a/${one.account}`} className="inline-flex min-h-6 items-center font-medium hover:underline">
        {one.name}
      </Link>
      {below && <p className="text-[13px] text-muted">{t("accounts.below", { name: below })}</p>}
    </div>
  );
}

function Standing({ one }: { one: Guarded }) {
  const t = useT();
  return (
    <div className="flex flex-wrap gap-1.5">
      <Badge tone={TONES[one.verdict]}>{t(WORDS[one.verdict])}</Badge>
      {one.state === "suspended" && <Badge tone="warn">{t("accounts.state.suspended")}</Badge>}
    </div>
  );
}

function Why({ one }: { one: Guarded }) {
  const t = useT();
  const found = reasons(one);
  if (found.length === 0) return <p className="text-[13px] text-muted">{t("accounts.why.well", { count: one.sources })}</p>;
  return <p className="text-[13px] text-muted">{found.map((why) => t(why.key, why.values)).join(" · ")}</p>;
}

function Last({ one }: { one: Guarded }) {
  const t = useT();
  return (
    <div>
      {one.oldest_at ? (
        <Ago at={one.oldest_at} />
      ) : (
        <span className="text-muted">{t(one.sources ? "accounts.last.never" : "accounts.last.nothing")}</span>
      )}
      {one.late_since && (
        <p className="text-[13px] text-bad">
          {t("accounts.last.due")} <Ago at={one.late_since} />
        </p>
      )}
    </div>
  );
}
