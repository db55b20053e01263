import type { NextConfig } from "next";

// The pages are files: `next build` writes them to `out/`, the Python process (or CloudFront) serves them, and no Node runs in production.
// Unknown ids in a path work by the placeholder `_` (docs/design/web.md). `next dev` keeps the server, for it would refuse unknown ids, and
// passes the API's addresses on.
const isBuild = process.env.NODE_ENV === "production";
const api = process.env.LISTBACKUP_API ?? "http://127.0.0.1:8400";

const config: NextConfig = {
  compress: false, // or events would be held back
  devIndicators: false,
  images: { unoptimized: true },
  poweredByHeader: false,
  reactStrictMode: true,
  typescript: { ignoreBuildErrors: true }, // `npm run check` reads the types once; reading them twice costs 8 s
  ...(isBuild
    ? { output: "export" as const }
    : {
        allowedDevOrigins: ["127.0.0.1"],
        rewrites: async () => ["/v2/:path*", "/.well-known/:path*"].map((source) => ({ source, destination: `${api}${source}` })),
      }),
};

export default config;
