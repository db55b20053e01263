"use client";

import NextLink from "next/link";
import { useRouter } from "next/navigation";
import { type ComponentProps, useCallback, useMemo, useState } from "react";

type LinkProps = Omit<ComponentProps<typeof NextLink>, "href" | "prefetch"> & { href: string };

/** A link within the app. What it leads to is fetched when a pointer or the keyboard comes near it: rows by the dozen would ask for too much. */
export function Link({ onPointerEnter, onFocus, ...props }: LinkProps) {
  const [isNear, setNear] = useState(false);
  const near = () => setNear(true);
  return (
    <NextLink
      {...props}
      prefetch={isNear ? null : false}
      onPointerEnter={(event) => {
        near();
        onPointerEnter?.(event);
      }}
      onFocus={(event) => {
        near();
        onFocus?.(event);
      }}
    />
  );
}

export type Go = { to: (href: string) => void; instead: (href: string) => void; back: () => void };

/** Going elsewhere by program: `to` leaves a step in the history, `instead` does not. */
export function useGo(): Go {
  const router = useRouter();
  return useMemo(() => ({ to: (href) => router.push(href), instead: (href) => router.replace(href), back: () => router.back() }), [router]);
}

/** Sets (null: removes) parts of the address behind the question mark and keeps the others; leaves no step in the history. */
export function useSetQuery() {
  const router = useRouter();
  return useCallback(
    (changes: Record<string, string | null>) => {
      const query = new URLSearchParams(window.location.search);
      for (const [name, value] of Object.entries(changes)) {
        if (value === null || value === "") query.delete(name);
        else query.set(name, value);
      }
      const text = query.toString();
      router.replace(window.location.pathname + (text ? `?${text}` : ""), { scroll: false });
    },
    [router],
  );
}
