import { defineConfig } from "vitest/config";

// Tests of what can be told without a browser, beside the code: src/**/*.test.ts. The journeys are in tests/ (Playwright).
export default defineConfig({
  resolve: { alias: { "@": new URL("./src", import.meta.url).pathname } },
  test: { include: ["src/**/*.test.ts"], environment: "node", restoreMocks: true },
});
