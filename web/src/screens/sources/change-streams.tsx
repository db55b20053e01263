"use client";

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { type Shape, useApi } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { asked, type Choice, StreamChoice } from "@/screens/sources/stream-choice";
import { useAct } from "@/ui/act";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Refused } from "@/ui/refused";
import { SkeletonRows } from "@/ui/skeleton";
import { Shown } from "@/ui/states";
import { tell } from "@/ui/toast";

type Props = { source: Shape["Source"]; onClose: () => void };

/** Other streams, or other records of them, from the next run on: asked of the platform itself, so that new streams are among them. */
export default function ChangeStreams({ source, onClose }: Props) {
  const t = useT();
  const api = useApi();
  const found = useQuery({
    queryKey: ["discover", source.id],
    queryFn: async () =>
      (await api.call.POST("/v2/sources/{source}/discover", { params: { path: { source: source.id } } })).data?.items ?? [],
    staleTime: 60_000,
  });
  return (
    <Dialog isOpen onClose={onClose} title={t("sources.streams.choose")} width="lg">
      <Shown query={found} skeleton={<SkeletonRows />}>
        {(data) => <Form source={source} offered={data} onClose={onClose} />}
      </Shown>
    </Dialog>
  );
}

function Form({ source, offered, onClose }: Props & { offered: readonly Shape["StreamInfo"][] }) {
  const t = useT();
  const api = useApi();
  const [choice, setChoice] = useState<Choice>({ streams: source.streams ?? null, filters: source.filters ?? {} });
  const { isBusy, problem, submit } = useAct();
  const save = submit(async () => {
    const { streams, filters } = asked(choice);
    const body = streams === null ? { all_streams: true, filters } : { streams, filters };
    await api.call.PATCH("/v2/sources/{source}", { params: { path: { source: source.id } }, body });
    await api.cache.invalidateQueries({ predicate: ({ queryKey }) => String(queryKey[1]).startsWith("/v2/sources") });
    void tell(t("sources.streams.saved"));
    onClose();
  });
  return (
    <form className="grid gap-4" onSubmit={save}>
      <StreamChoice offered={offered} choice={choice} onChoose={setChoice} />
      <Refused problem={problem} />
      <Button kind="primary" type="submit" isBusy={isBusy} className="justify-self-start">
        {t("common.save")}
      </Button>
    </form>
  );
}
