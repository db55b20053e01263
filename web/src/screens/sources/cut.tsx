import { cn } from "@/lib/cn";
import { count } from "@/lib/format";
import { useT } from "@/lib/i18n";
import "@/messages/en/sources";

/** That there are more sources than are looked at; nothing where these are all. */
export function Cut({ isWhole = true, count: most, className }: { isWhole: boolean | undefined; count: number; className?: string }) {
  const t = useT();
  if (isWhole) return null;
  return <p className={cn("rounded-md bg-warn-soft px-3 py-2 text-sm text-warn", className)}>{t("sources.cut", { count: count(most) })}</p>;
}
