"use client";

import { useEffect, useState } from "react";
import { useLanguage } from "@/lib/i18n";

/** What the server said, in the reader's language where the sentence is known. The sentences are loaded by those who read another language than the
 * server's, when it has said something. */
export function ServerWords({ children: text }: { children: string | null | undefined }) {
  const language = useLanguage();
  const [inOurWords, setWords] = useState<((text: string) => string | null) | null>(null);
  useEffect(() => {
    if (language === "en" || !text) return;
    let isHere = true;
    const load = async () => {
      const words = await import("@/lib/server-words");
      await words.learn();
      if (isHere) setWords(() => words.inOurWords);
    };
    load().catch(() => {}); // it stays in the server's words
    return () => {
      isHere = false;
    };
  }, [language, text]);
  if (!text) return null;
  return language === "en" ? text : (inOurWords?.(text) ?? text);
}
