import { defineConfig } from "@playwright/test";

// `make test-web`: the built app, served by the real command, in Debian's Chromium. Every worker has an installation of its own.
export default defineConfig({
  testDir: "tests",
  testMatch: "**/*.spec.ts",
  fullyParallel: false,
  workers: process.env.JOBS ? Number(process.env.JOBS) : 2,
  timeout: 120_000,
  expect: { timeout: 15_000 },
  retries: 0,
  reporter: [["list"]],
  // What a screen costs is measured when nothing else runs: another worker's browser makes it a fifth dearer.
  projects: [
    { name: "app", testIgnore: "**/quality.spec.ts" },
    { name: "quality", testMatch: "**/quality.spec.ts", dependencies: ["app"] },
  ],
  use: {
    browserName: "chromium",
    trace: "retain-on-failure",
    actionTimeout: 15_000,
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
});
