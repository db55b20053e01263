"use client";

import { Download, Eye, Paperclip } from "lucide-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import { type Shape, useApi } from "@/lib/api";
import { bytes } from "@/lib/format";
import { useT } from "@/lib/i18n";
import { canPreview } from "@/screens/files/previewable";
import { useAct } from "@/ui/act";
import { Button } from "@/ui/button";
import "@/messages/en/files";

const Preview = dynamic(() => import("@/screens/files/preview"), { ssr: false });

/** A file: its name and size, a look at it where that is safe, and its download. */
export function FileLine({ file }: { file: Shape["File"] }) {
  return (
    <li className="flex items-center gap-2 text-sm">
      <Paperclip aria-hidden className="size-4 shrink-0 text-muted" />
      <span className="min-w-0 flex-1">
        <span className="block truncate" title={file.name}>
          {file.name}
        </span>
        <span className="block text-xs text-muted">
          {bytes(file.size_bytes)}
          {file.content_type && ` · ${file.content_type}`}
        </span>
      </span>
      <FileActs file={file} />
    </li>
  );
}

/** A look at a file, where that is safe, and its download. */
export function FileActs({ file }: { file: Shape["File"] }) {
  const t = useT();
  const [isOpen, setOpen] = useState(false);
  return (
    <span className="flex shrink-0 justify-end">
      {canPreview(file) && (
        <Button kind="quiet" size="icon-sm" aria-label={t("files.preview.of", { name: file.name })} onClick={() => setOpen(true)}>
          <Eye aria-hidden />
        </Button>
      )}
      <DownloadButton file={file} />
      {isOpen && <Preview file={file} onClose={() => setOpen(false)} />}
    </span>
  );
}

function DownloadButton({ file }: { file: Shape["File"] }) {
  const t = useT();
  const { call } = useApi();
  const { isBusy, act } = useAct();
  const fetchIt = act(async () => {
    const { data } = await call.POST("/v2/data/files/{file}/download-url", { params: { path: { file: file.id } } });
    if (data) window.location.assign(data.url); // an attachment: the page stays
  });
  return (
    <Button kind="quiet" size="icon-sm" isBusy={isBusy} aria-label={t("files.download.of", { name: file.name })} onClick={fetchIt}>
      {!isBusy && <Download aria-hidden />}
    </Button>
  );
}
