"use client";

import { RunList } from "@/screens/runs/run-list";
import { Card } from "@/ui/card";

/** The runs of one source. */
export default function RunsTab({ source }: { source: string }) {
  return (
    <Card>
      <RunList source={source} isOfOne />
    </Card>
  );
}
