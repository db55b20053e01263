import type { ReactNode } from "react";
import { MeShell } from "@/screens/me/me-shell";

export default function Layout({ children }: { children: ReactNode }) {
  return <MeShell>{children}</MeShell>;
}
