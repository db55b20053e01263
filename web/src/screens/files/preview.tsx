"use client";

import { useEffect, useState } from "react";
import { type Shape, useApi } from "@/lib/api";
import { bytes } from "@/lib/format";
import { useT } from "@/lib/i18n";
import { isText, pictureType } from "@/screens/files/previewable";
import { Dialog } from "@/ui/dialog";
import { Skeleton } from "@/ui/skeleton";
import { Failure } from "@/ui/states";
import "@/messages/en/files";

type Seen = { text: string } | { picture: string };

/** A look at a file: pictures as an address within this page (nothing in it can act), text as text. The download's ticket is used up by it. */
export default function Preview({ file, onClose }: { file: Shape["File"]; onClose: () => void }) {
  const t = useT();
  const { call } = useApi();
  const [seen, setSeen] = useState<Seen | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [isBroken, setBroken] = useState(false);
  useEffect(() => {
    let picture: string | null = null;
    let isOver = false;
    const read = async () => {
      const { data } = await call.POST("/v2/data/files/{file}/download-url", { params: { path: { file: file.id } } });
      const answer = await fetch(data?.url ?? "");
      if (!answer.ok) throw new Error(answer.statusText);
      const content = await answer.arrayBuffer();
      if (isOver) return;
      if (isText(file)) return setSeen({ text: new TextDecoder().decode(content) });
      picture = URL.createObjectURL(new Blob([content], { type: pictureType(file) }));
      setSeen({ picture });
    };
    read().catch(setError);
    return () => {
      isOver = true;
      if (picture) URL.revokeObjectURL(picture);
    };
  }, [call, file]);
  return (
    <Dialog isOpen onClose={onClose} width="lg" title={file.name} about={`${file.content_type ?? ""} · ${bytes(file.size_bytes)}`}>
      {error ? (
        <Failure error={error} />
      ) : seen === null ? (
        <div role="status" aria-label={t("files.preview.waiting")}>
          <Skeleton className="h-72 w-full" />
        </div>
      ) : isBroken ? (
        <p role="status" className="py-8 text-center text-sm text-muted">
          {t("files.preview.broken")}
        </p>
      ) : "text" in seen ? (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        <pre tabIndex={0} className="max-h-[65dvh] overflow-auto rounded-md bg-sunken p-3 font-mono text-[13px] whitespace-pre-wrap">
          {seen.text}
        </pre>
      ) : (
        // biome-ignore lint/performance/noImgElement: bytes that are only in this page
        <img
          onError={() => setBroken(true)}
          src={seen.picture}
          alt={t("files.preview.of", { name: file.name })}
          className="mx-auto max-h-[65dvh] max-w-full rounded-md"
        />
      )}
    </Dialog>
  );
}
