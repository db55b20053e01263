import { cn } from "@/lib/cn";
import { Link } from "@/platform/router";

/** Parts of one thing, each with an address of its own, so that one can be linked and gone back to. */
export function TabLinks({
  label,
  tabs,
}: {
  label: string;
  tabs: readonly { href: string; name: string; isHere: boolean; count?: string }[];
}) {
  return (
    <nav aria-label={label} className="-mx-4 mb-5 overflow-x-auto border-b border-line px-4 sm:mx-0 sm:px-0">
      <ul className="flex gap-1">
        {tabs.map((tab) => (
          <li key={tab.href}>
            <Link
              href={tab.href}
              aria-current={tab.isHere ? "page" : undefined}
              className={cn(
                "-mb-px flex h-9 items-center gap-1.5 border-b-2 px-3 text-sm whitespace-nowrap",
                tab.isHere ? "border-accent font-medium text-ink" : "border-transparent text-muted hover:text-ink",
              )}
            >
              {tab.name}
              {tab.count && <span className="rounded-full bg-sunken px-1.5 text-xs tabular-nums">{tab.count}</span>}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
