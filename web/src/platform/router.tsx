"use client";

import { useRouter } from "next/navigation";
import { type ComponentProps, type MouseEvent, useCallback, useMemo } from "react";

type LinkProps = Omit<ComponentProps<"a">, "href"> & { href: string };

/** A link within the app. What it leads to is fetched when a pointer or the keyboard comes near it: rows by the dozen would ask for too much. It is
 * a plain `a` that hands its click to the router: what Next's own link keeps for each of the forty on a screen is needed by none of them. */
export function Link({ href, onClick, onPointerEnter, onFocus, ...props }: LinkProps) {
  const router = useRouter();
  return (
    <a
      {...props}
      href={href}
      onClick={(event) => {
        onClick?.(event);
        if (event.defaultPrevented || isForBrowser(event)) return;
        event.preventDefault();
        router.push(href);
      }}
      onPointerEnter={(event) => {
        router.prefetch(href);
        onPointerEnter?.(event);
      }}
      onFocus={(event) => {
        router.prefetch(href);
        onFocus?.(event);
      }}
    />
  );
}

/** Another tab, another window, a file to keep: the browser knows how. */
const isForBrowser = ({ button, metaKey, ctrlKey, shiftKey, altKey, currentTarget }: MouseEvent<HTMLAnchorElement>) =>
  button !== 0 || metaKey || ctrlKey || shiftKey || altKey || (currentTarget.target !== "" && currentTarget.target !== "_self");

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
