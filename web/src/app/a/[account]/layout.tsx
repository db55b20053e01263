import type { ReactNode } from "react";
import { AccountShell } from "@/screens/shell/account";

export const generateStaticParams = () => [{ account: "_" }];

export default function Layout({ children }: { children: ReactNode }) {
  return <AccountShell>{children}</AccountShell>;
}
