"use client";

import { useEffect } from "react";
import { useSession } from "@/lib/session";
import { useGo } from "@/platform/router";
import { SignedIn } from "@/screens/shell/signed-in";
import { SkeletonRows } from "@/ui/skeleton";

/** The front door: leads into the account that was used last. */
export default function Home() {
  return (
    <SignedIn skeleton={<SkeletonRows />}>
      <Lead />
    </SignedIn>
  );
}

function Lead() {
  const { accounts } = useSession();
  const go = useGo();
  const current = accounts.find((mine) => mine.is_current) ?? accounts[0];
  useEffect(() => {
    if (current) go.instead(`/a/${current.account.id}`);
  }, [current, go]);
  return <SkeletonRows />;
}
