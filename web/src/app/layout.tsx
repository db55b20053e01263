import type { Metadata, Viewport } from "next";
import type { ReactNode } from "react";
import { App } from "@/screens/shell/app";
import "./globals.css";

export const metadata: Metadata = {
  title: { default: "ListBackup", template: "%s · ListBackup" },
  description: "Point-in-time copies of the data you hold in SaaS platforms, and the way back.",
  applicationName: "ListBackup",
  robots: { index: true },
  manifest: "/manifest.webmanifest",
  icons: { icon: { url: "/icon.svg", type: "image/svg+xml" }, apple: "/icon-180.png" },
};

export const viewport: Viewport = {
  width: "device-width",
  initialScale: 1,
  themeColor: [
    { media: "(prefers-color-scheme: light)", color: "#ffffff" },
    { media: "(prefers-color-scheme: dark)", color: "#16181d" },
  ],
};

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en" suppressHydrationWarning>
      <head>
        {/* what must not wait for the app: the theme, the first questions; scripts/postbuild.mjs writes it into each page itself */}
        {process.env.NODE_ENV === "development" && <script src="/start.js" />}
      </head>
      <body>
        <App>{children}</App>
      </body>
    </html>
  );
}
