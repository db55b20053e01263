"use client";

import { useApi } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { useHere } from "@/lib/session";
import { Link } from "@/platform/router";
import { FileLine } from "@/screens/files/file-line";
import type { Place } from "@/screens/record/record";
import { recordPath } from "@/screens/snapshots/moments";
import { Section } from "@/ui/card";
import { SkeletonRows } from "@/ui/skeleton";
import { Shown } from "@/ui/states";

/** What the record refers to, and the files that belonged to it, both as of that moment. */
export function Aside({ place }: { place: Place }) {
  const t = useT();
  const here = useHere();
  const { use } = useApi();
  const path = { snapshot: place.snapshot.id, stream: place.stream, key: place.key };
  const references = use.useQuery(
    "get",
    "/v2/snapshots/{snapshot}/streams/{stream}/records/{key}/references",
    { params: { path } },
    { staleTime: 300_000 },
  );
  const files = use.useQuery(
    "get",
    "/v2/snapshots/{snapshot}/streams/{stream}/records/{key}/attachments",
    { params: { path } },
    { staleTime: 300_000 },
  );
  return (
    <div className="grid content-start gap-4">
      <Section title={t("record.references")}>
        <Shown query={references} skeleton={<SkeletonRows rows={2} />}>
          {({ items }) =>
            items.length === 0 ? (
              <p className="text-[13px] text-muted">{t("record.references.none")}</p>
            ) : (
              <ul className="grid gap-2 text-sm">
                {items.map((one) => (
                  <li key={`${one.path} ${one.key}`}>
                    <p className="text-[13px] text-muted">{one.path}</p>
                    {one.kept ? (
                      <Link
                        className="inline-flex min-h-6.5 items-center text-accent hover:underline"
                        href={here.path(recordPath(place.source, place.snapshot.id, one.stream, one.key))}
                      >
                        {one.stream} {one.key}
                      </Link>
                    ) : (
                      <span>
                        {one.stream} {one.key} <span className="text-muted">{t("record.references.absent")}</span>
                      </span>
                    )}
                  </li>
                ))}
              </ul>
            )
          }
        </Shown>
      </Section>
      <Section title={t("record.files")}>
        <Shown query={files} skeleton={<SkeletonRows rows={2} />}>
          {({ items }) =>
            items.length === 0 ? (
              <p className="text-[13px] text-muted">{t("record.files.none")}</p>
            ) : (
              <ul className="grid gap-2">
                {items.map((file) => (
                  <FileLine key={file.id} file={file} />
                ))}
              </ul>
            )
          }
        </Shown>
      </Section>
    </div>
  );
}
