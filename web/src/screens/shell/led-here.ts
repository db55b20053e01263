import { useEffect, useRef } from "react";
import { useQuery } from "@/platform/params";
import { useSetQuery } from "@/platform/router";

/** Does what an address asks for by `?name=1`, once, and takes that out of the address: the command palette leads to a screen so. */
export function useLedHere(name: string, act: () => void) {
  const isAsked = useQuery().has(name);
  const setQuery = useSetQuery();
  const latest = useRef(act);
  useEffect(() => {
    latest.current = act;
  });
  useEffect(() => {
    if (!isAsked) return;
    latest.current();
    setQuery({ [name]: null });
  }, [isAsked, name, setQuery]);
}
