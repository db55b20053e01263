"use client";

import { Command as Cmdk, useCommandState } from "cmdk";
import { Search } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import type { ReactNode } from "react";

/** A list over the screen that is narrowed by typing and chosen from by keyboard. `onBack` is called for Backspace in an empty line. */
export function CommandDialog({
  title,
  hint,
  typed,
  onType,
  onBack,
  onClose,
  isFiltered = true,
  empty,
  children,
}: {
  title: string;
  hint: string;
  typed: string;
  onType: (text: string) => void;
  onBack?: () => void;
  onClose: () => void;
  isFiltered?: boolean;
  /** What is said when nothing fits. */
  empty: ReactNode;
  children: ReactNode;
}) {
  return (
    <Radix.Root open onOpenChange={(open) => !open && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-black/45" />
        <Radix.Content
          aria-describedby={undefined}
          className="fixed top-[12dvh] left-1/2 z-50 w-[calc(100vw-1.5rem)] max-w-xl -translate-x-1/2 overflow-hidden rounded-xl border border-line bg-surface shadow-lift outline-none"
        >
          <Radix.Title className="sr-only">{title}</Radix.Title>
          <Cmdk
            label={title}
            loop
            shouldFilter={isFiltered}
            filter={within}
            onKeyDown={(event) => {
              if (event.key !== "Backspace" || typed !== "" || !onBack) return;
              event.preventDefault();
              onBack();
            }}
          >
            <div className="flex items-center gap-2.5 border-b border-line px-4">
              <Search aria-hidden className="size-4 shrink-0 text-muted" />
              <Cmdk.Input
                value={typed}
                onValueChange={onType}
                placeholder={hint}
                className="h-12 w-full bg-transparent text-sm outline-none placeholder:text-muted"
              />
            </div>
            <List empty={empty}>{children}</List>
          </Cmdk>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

/** What fits; where nothing does, a sentence in its place, for a list without a line is none (axe: aria-required-children). */
function List({ empty, children }: { empty: ReactNode; children: ReactNode }) {
  const isEmpty = useCommandState((state) => state.filtered.count === 0);
  return (
    <>
      <div role="status">{isEmpty && <p className="px-3 py-8 text-center text-sm text-muted">{empty}</p>}</div>
      <Cmdk.List hidden={isEmpty} className="max-h-[min(24rem,60dvh)] overflow-y-auto overscroll-contain p-1.5">
        {children}
      </Cmdk.List>
    </>
  );
}

// every word that was typed must begin a word of the line; cmdk's own measure finds "exp" in "ActivitiEs and comPlaints"
function within(value: string, typed: string, keywords?: string[]): number {
  const text = ` ${[value, ...(keywords ?? [])].join(" ").toLowerCase()}`;
  return typed
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(` ${word}`))
    ? 1
    : 0;
}

export function CommandGroup({ title, children }: { title?: string; children: ReactNode }) {
  return (
    <Cmdk.Group
      heading={title}
      className="[&_[cmdk-group-heading]]:px-2.5 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:text-muted"
    >
      {children}
    </Cmdk.Group>
  );
}

/** One line. `id` keeps two of the same name apart. */
export function CommandItem({
  id,
  name,
  icon,
  about,
  keys,
  keywords,
  onChoose,
}: {
  id: string;
  name: string;
  icon?: ReactNode;
  about?: ReactNode;
  keys?: string;
  keywords?: string[];
  onChoose: () => void;
}) {
  return (
    <Cmdk.Item
      value={`${name} ${id}`}
      keywords={keywords}
      onSelect={onChoose}
      className="flex min-h-9 cursor-pointer items-center gap-2.5 rounded-md px-2.5 text-sm select-none data-[selected=true]:bg-sunken [&_svg]:size-4 [&_svg]:shrink-0 [&_svg]:text-muted"
    >
      {icon}
      <span className="min-w-0 flex-1 truncate">{name}</span>
      {about && <span className="max-w-[45%] truncate text-xs text-muted">{about}</span>}
      {keys && <kbd className="font-sans text-xs text-muted">{keys}</kbd>}
    </Cmdk.Item>
  );
}
