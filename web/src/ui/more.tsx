import type { ReactNode } from "react";
import { cn } from "@/lib/cn";
import { useT } from "@/lib/i18n";
import { Button } from "@/ui/button";

type Paged = { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => Promise<unknown> };

/** The way to the next page of a listing, below it; nothing where that was the last. */
export function More({ query, isLined = true, children }: { query: Paged; isLined?: boolean; children?: ReactNode }) {
  const t = useT();
  if (!query.hasNextPage) return null;
  return (
    <p className={cn("p-3 text-center", isLined && "border-t border-line")}>
      <Button size="sm" isBusy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
        {t("common.more")}
      </Button>
      {children}
    </p>
  );
}
